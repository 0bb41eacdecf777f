import type { SocketDetails, SocketSnapshot } from '../../../src/observe/inspect/sockets.ts';
import type { TcpInfo } from '../../../src/tcp/terms/tcp-info.ts';

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

/** A connection that is well, with its details. */
export const healthy = (differs: Partial<SocketSnapshot> = {}): SocketSnapshot =>
  socket({ id: 3, age: 12_300_000, details: details({}), ...differs });

export function details(
  info: Partial<TcpInfo>,
  memory: Partial<SocketDetails['memory']> = {},
  holds: Partial<SocketDetails['holds']> = {},
): SocketDetails {
  const usual = {
    ...{ tcpi_snd_mss: 1448, tcpi_snd_cwnd: 10, tcpi_snd_wnd: 64512, tcpi_rcv_wnd: 65536, tcpi_rtt: 10_200 },
    ...{ tcpi_min_rtt: 10_100, tcpi_rto: 210_000, tcpi_unacked: 0, tcpi_total_retrans: 0, tcpi_data_segs_out: 100 },
    ...{ tcpi_dsack_dups: 0, tcpi_last_ack_recv: 3, tcpi_bytes_received: 77 },
  };
  return {
    info: { ...usual, ...info } as TcpInfo,
    congestion: 'reno',
    algorithm: {},
    holds: { now: 'idle', times: { idle: 12_000_000 }, ...holds },
    memory: { received: 0, receiveBuffer: 131072, sent: 0, unsent: 0, sendBuffer: 87040, ...memory },
  };
}
