import type { Service } from './terms/service.ts';
import { swallow } from './terms/service.ts';

/** RFC 863: what comes in is thrown away. */
export const discard = (): Service => ({
  options: {},
  onConnection(socket) {
    socket.on('error', swallow);
    socket.resume();
  },
});
