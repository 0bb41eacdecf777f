import type { Service } from './terms/service.ts';
import { swallow } from './terms/service.ts';

/** A client that neither reads nor closes is dropped after this long. */
const PATIENCE_MS = 30_000;

/** RFC 867: the date and time as a line of text, then FIN: here the server closes first, and owns the TIME_WAIT. */
export const daytime = (): Service => ({
  options: {},
  onConnection(socket) {
    socket.on('error', swallow);
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    // Input is ignored, but read: closing with unread data would be a reset (RFC 2525, section 2.17).
    socket.resume();
    socket.end(`${new Date().toUTCString()}\r\n`);
  },
});
