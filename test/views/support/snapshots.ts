import type { SocketSnapshot } from '../../../src/observe/inspect/sockets.ts';

/** A connection in ESTABLISHED between 10.9.0.2:80 and 10.9.0.1:40000, but for what is said. */
export const socket = (differs: Partial<SocketSnapshot> = {}): SocketSnapshot => ({
  id: 7,
  state: 'ESTABLISHED',
  local: '10.9.0.2',
  localPort: 80,
  remote: '10.9.0.1',
  remotePort: 40_000,
  recvQueue: 0,
  sendQueue: 0,
  synQueue: 0,
  age: 1_500_000,
  left: null,
  orphan: false,
  timers: [],
  ...differs,
});

export const listener = (differs: Partial<SocketSnapshot> = {}): SocketSnapshot =>
  socket({ id: 1, state: 'LISTEN', remote: null, remotePort: 0, sendQueue: 4096, ...differs });

export const waiting = (differs: Partial<SocketSnapshot> = {}): SocketSnapshot =>
  socket({
    ...{ id: null, state: 'TIME_WAIT', left: 54_300_000, age: 5_700_000, orphan: true },
    timers: [{ name: 'timewait', left: 54_300_000, retries: 0 }],
    ...differs,
  });
