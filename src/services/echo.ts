import type { Service } from './terms/service.ts';
import { swallow } from './terms/service.ts';

/** RFC 862: what comes in goes out. Half-open, so that what came before the peer's FIN is still sent back. */
export const echo = (): Service => ({
  options: { allowHalfOpen: true, noDelay: true },
  onConnection(socket) {
    socket.on('error', swallow);
    socket.pipe(socket);
  },
});
