import type { ServiceSocket } from '../terms/net-api.ts';
import { type Service, swallow } from '../terms/service.ts';
import { ACCESS_DENIED, COOKIE_LENGTH } from './protocol.ts';
import { Session } from './session.ts';

/** So many tests at once. (iperf3's own server has one at a time.) */
const SESSIONS_MOST = 32;
/** So long a connection may take to say whose it is, in milliseconds. */
const PATIENCE = 10_000;

/** iperf3's server, for TCP: `iperf3 -c ADDRESS`, with -R, --bidir, -P, -t, -n, -l, -O, -b, -C and -J. */
export const iperf3 = (): Service => {
  const sessions = new Map<string, Session>();

  const identified = (socket: ServiceSocket, cookie: string): void => {
    socket.setTimeout(0);
    const session = sessions.get(cookie);
    if (session !== undefined) {
      if (!session.add(socket)) socket.destroy();
    } else if (sessions.size >= SESSIONS_MOST) socket.end(Uint8Array.of(ACCESS_DENIED));
    else sessions.set(cookie, new Session(socket, () => sessions.delete(cookie)));
  };

  return {
    options: {},
    onConnection(socket) {
      socket.on('error', swallow);
      socket.setTimeout(PATIENCE, () => socket.destroy());
      const read = (): void => {
        const cookie = socket.read(COOKIE_LENGTH) as Buffer | null;
        if (cookie === null) return;
        socket.off('readable', read);
        socket.removeAllListeners('timeout');
        // (While something listens for 'readable', 'data' doesn't flow; without it the next reader says how it wants it.)
        identified(socket, cookie.toString('latin1'));
        socket.resume();
      };
      socket.on('readable', read);
    },
    close() {
      for (const session of [...sessions.values()]) session.end();
    },
  };
};
