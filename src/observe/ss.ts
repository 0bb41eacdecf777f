import type { Host } from '../host/host.ts';
import type { State } from '../tcp/terms/state.ts';
import type { Micros } from '../time/wheel.ts';
import type { Address } from '../wire/address.ts';

/** What `ss -tan` shows of a socket, and how old its state is: a line of a table, typed. */
export interface SocketRow {
  state: State;
  local: Address;
  localPort: number;
  /** null: of a listener. */
  remote: Address | null;
  remotePort: number;
  /**
   * Octets that the user has not read, and that the peer has not acknowledged; of a listener the connections that wait for
   * accept, and how many may (its backlog).
   */
  recvQueue: number;
  sendQueue: number;
  /** Of a listener: handshakes under way. */
  synQueue: number;
  /** How long it has been in this state. CLOSE_WAIT that is old is an application that forgets to close. */
  age: Micros;
  /** How long it still will be, where that is certain: TIME_WAIT, and FIN_WAIT_2 after close. */
  left: Micros | null;
  /** Its user has closed it. */
  orphan: boolean;
}

/** All sockets of a host: listeners, connections, and what waits in the TIME_WAIT table, those that end first first. */
export function* socketRows(host: Host): IterableIterator<SocketRow> {
  host.tcp.beginCall(); // ages count to now, however long ago the last batch was
  yield* listenerRows(host);
  yield* connectionRows(host);
  yield* waitingRows(host);
}

function* listenerRows({ tcp }: Host): IterableIterator<SocketRow> {
  for (const listener of tcp.listeners) {
    yield {
      state: 'LISTEN',
      local: listener.local,
      localPort: listener.port,
      remote: null,
      remotePort: 0,
      recvQueue: listener.acceptQueueLength,
      sendQueue: listener.backlog,
      synQueue: listener.synQueueLength,
      age: tcp.now - listener.since,
      left: null,
      orphan: false,
    };
  }
}

function* connectionRows({ tcp }: Host): IterableIterator<SocketRow> {
  for (const c of tcp.connections) {
    yield {
      state: c.state,
      local: c.local,
      localPort: c.localPort,
      remote: c.remote,
      remotePort: c.remotePort,
      recvQueue: c.readableLength,
      sendQueue: c.sendQueueLength,
      synQueue: 0,
      age: tcp.now - c.stateSince,
      left: null,
      orphan: c.orphan,
    };
  }
}

function* waitingRows({ tcp }: Host): IterableIterator<SocketRow> {
  const { tcp_timewait_len, tcp_fin_timeout } = tcp.sysctls;
  for (const entry of tcp.timeWait.entries(tcp.now)) {
    const left = Math.max(0, entry.expires - tcp.now);
    const whole = entry.state === 'TIME_WAIT' ? tcp_timewait_len * 1000 : tcp_fin_timeout * 1e6;
    yield {
      state: entry.state,
      local: entry.local,
      localPort: entry.localPort,
      remote: entry.remote,
      remotePort: entry.remotePort,
      recvQueue: 0,
      sendQueue: 0,
      synQueue: 0,
      // When it began is not kept, only when it ends. (A FIN that came again made it begin anew.)
      age: Math.max(0, whole - left),
      left,
      orphan: true,
    };
  }
}
