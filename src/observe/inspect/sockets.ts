import type { Host } from '../../host/host.ts';
import type { TimeWaitEntry } from '../../tcp/tables/time-wait-table.ts';
import type { HoldReason } from '../../tcp/terms/holds.ts';
import type { State } from '../../tcp/terms/state.ts';
import type { TcpInfo } from '../../tcp/terms/tcp-info.ts';
import type { Connection } from '../../tcp/user/connection.ts';
import type { Listener } from '../../tcp/user/listener.ts';
import type { Micros } from '../../time/wheel.ts';
import { type TimerSnapshot, timersOf } from './timers.ts';

export interface SocketSnapshot {
  /** Its number on this host, as long as it is there; null: of an entry of the TIME_WAIT table. */
  id: number | null;
  state: State;
  local: string;
  localPort: number;
  /** null: of a listener. */
  remote: string | null;
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
  /** How long it still will be, where that is certain: in the TIME_WAIT table. */
  left: Micros | null;
  /** Its user has closed it. */
  orphan: boolean;
  timers: TimerSnapshot[];
  /** Where they were asked for, of a connection. */
  details?: SocketDetails;
}

export interface SocketDetails {
  info: TcpInfo;
  /** The congestion control algorithm, by Linux's name. */
  congestion: string;
  /** What that algorithm remembers of the connection, by names of its own, which say the unit (`CongestionControl.watch`). */
  algorithm: Readonly<Record<string, number | string>>;
  memory: SocketMemory;
  /** What holds it back now, and for how long each thing has, in microseconds. */
  holds: { now: HoldReason; times: Partial<Record<HoldReason, Micros>> };
}

/** In octets. */
export interface SocketMemory {
  /** What waits to be read, in order or not; how much may. */
  received: number;
  receiveBuffer: number;
  /** What is sent and not acknowledged; what is queued and not sent; how much may be both. */
  sent: number;
  unsent: number;
  sendBuffer: number;
}

export interface SocketsAsked {
  /** Only those in these states. Default: all. */
  states?: readonly State[];
  /** With what takes longer to gather. Default: false. */
  details?: boolean;
}

/** So many sockets that are not wanted are passed over at a time. */
const PASSED_AT_ONCE = 256;

/** Those that are wanted; and null now and then where many are not, so that the host can go on in between. */
export function* socketSnapshots(
  { tcp }: Host,
  { states, details = false }: SocketsAsked,
): IterableIterator<SocketSnapshot | null> {
  let passed = 0;
  const wanted = states === undefined ? null : new Set(states);
  tcp.beginCall(); // ages count to now, however long ago the last batch was
  if (wanted === null || wanted.has('LISTEN')) {
    for (const listener of tcp.listeners) yield listenerSnapshot(listener);
  }
  for (const c of tcp.connections.scan()) {
    const isGone = c.state === 'CLOSED' || c.state === 'TIME_WAIT'; // it ended while this list is made
    if (isGone || (wanted !== null && !wanted.has(c.state))) {
      if (++passed % PASSED_AT_ONCE === 0) yield null;
      continue;
    }
    tcp.beginCall();
    yield snapshotOf(c, details);
  }
  const timeWaits = wanted === null || wanted.has('TIME_WAIT');
  const finWaits = wanted === null || wanted.has('FIN_WAIT_2');
  if (!timeWaits && !finWaits) return;
  const { tcp_timewait_len, tcp_fin_timeout } = tcp.sysctls;
  for (const index of tcp.timeWait.scan()) {
    const isFinWait2 = tcp.timeWait.isFinWait2(index);
    if (isFinWait2 ? finWaits : timeWaits) {
      const whole = isFinWait2 ? tcp_fin_timeout * 1e6 : tcp_timewait_len * 1000;
      yield waitingSnapshot(tcp.timeWait.read(index, tcp.now), tcp.now, whole);
    } else if (++passed % PASSED_AT_ONCE === 0) yield null;
  }
}

export function connectionSnapshot({ tcp }: Host, id: number): SocketSnapshot | null {
  tcp.beginCall();
  for (const c of tcp.connections) if (c.id === id) return snapshotOf(c, true);
  for (const listener of tcp.listeners) if (listener.id === id) return listenerSnapshot(listener);
  return null;
}

function listenerSnapshot(listener: Listener): SocketSnapshot {
  return {
    id: listener.id,
    state: 'LISTEN',
    local: listener.local.toString(),
    localPort: listener.port,
    remote: null,
    remotePort: 0,
    recvQueue: listener.acceptQueueLength,
    sendQueue: listener.backlog,
    synQueue: listener.synQueueLength,
    age: listener.tcp.now - listener.since,
    left: null,
    orphan: false,
    timers: [],
  };
}

function snapshotOf(c: Connection, details: boolean): SocketSnapshot {
  const snapshot: SocketSnapshot = {
    id: c.id,
    state: c.state,
    local: c.local.toString(),
    localPort: c.localPort,
    remote: c.remote.toString(),
    remotePort: c.remotePort,
    recvQueue: c.readableLength,
    sendQueue: c.sendQueueLength,
    synQueue: 0,
    age: c.tcp.now - c.stateSince,
    left: null,
    orphan: c.orphan,
    timers: timersOf(c),
  };
  if (details) snapshot.details = detailsOf(c);
  return snapshot;
}

function detailsOf(c: Connection): SocketDetails {
  const info = c.info();
  const unsent = info.tcpi_notsent_bytes;
  return {
    info,
    holds: c.holds(),
    congestion: c.congestionControl,
    algorithm: c.cc.algorithm.watch?.(c.cc) ?? {},
    memory: {
      received: c.readableLength + c.reassembly.octets,
      receiveBuffer: c.receiveBuffer,
      sent: c.sendQueueLength - unsent,
      unsent,
      sendBuffer: c.sendBufferSize,
    },
  };
}

/** @param whole how long such a wait is */
function waitingSnapshot(entry: TimeWaitEntry, now: Micros, whole: Micros): SocketSnapshot {
  const left = Math.max(0, entry.expires - now);
  return {
    id: null,
    state: entry.state,
    local: entry.local.toString(),
    localPort: entry.localPort,
    remote: entry.remote.toString(),
    remotePort: entry.remotePort,
    recvQueue: 0,
    sendQueue: 0,
    synQueue: 0,
    // When it began is not kept, only when it ends. (A FIN that came again made it begin anew.)
    age: Math.max(0, whole - left),
    left,
    orphan: true,
    timers: [{ name: 'timewait', left, retries: 0 }],
  };
}
