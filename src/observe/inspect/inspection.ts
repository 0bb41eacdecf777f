import type { Host } from '../../host/host.ts';
import type { ConnectionHistory, Histories } from '../log/history.ts';
import { type CountersSnapshot, countersOf } from './counters.ts';
import { connectionSnapshot, type SocketSnapshot, type SocketsAsked, socketSnapshots } from './sockets.ts';
import { type SummarySnapshot, summaryOf } from './summary.ts';
import { type TimeWaitSnapshot, timeWaitSnapshots } from './time-wait.ts';

/** The shape of all snapshots: another number where a field goes or changes its meaning, not where one is added. */
export const SNAPSHOT_VERSION = 1;

/**
 * Snapshots of a host's state: plain objects that JSON can say, copied out, so they stay as they were. Times that pass are in
 * microseconds, what `tcp_info` has in its own units.
 *
 * Lists are made one by one as they are taken, and the host may go on in between: what comes or goes meanwhile may be
 * among them or not; what is there throughout is, once.
 */
export class Inspection {
  readonly #host: Host;
  readonly #histories: Histories | null;

  /** @param histories the last entries of each connection, where they are kept */
  constructor(host: Host, histories: Histories | null = null) {
    this.#host = host;
    this.#histories = histories;
  }

  /** Listeners, connections, and what waits in the TIME_WAIT table; in no order. */
  *sockets(asked: SocketsAsked = {}): IterableIterator<SocketSnapshot> {
    for (const socket of this.socketSteps(asked)) if (socket !== null) yield socket;
  }

  /** The same with null among them where many are passed over: who takes them bit by bit is never kept for long. */
  socketSteps(asked: SocketsAsked = {}): IterableIterator<SocketSnapshot | null> {
    return socketSnapshots(this.#host, asked);
  }

  /** One connection or listener, with its details; null: there is none with this number (any more). */
  connection(id: number): SocketSnapshot | null {
    return connectionSnapshot(this.#host, id);
  }

  /** What happened to a connection last, alive or just ended; null: nothing is kept of it. */
  history(id: number): ConnectionHistory | null {
    return this.#histories?.of(id) ?? null;
  }

  /** The connections that ended last, the latest at the end, with what happened to them. */
  *ended(): IterableIterator<ConnectionHistory> {
    if (this.#histories !== null) yield* this.#histories.endedOnes();
  }

  /** The TIME_WAIT table, in no order. */
  timeWait(): IterableIterator<TimeWaitSnapshot> {
    return timeWaitSnapshots(this.#host);
  }

  /** How often what happened, since the host began. */
  counters(): CountersSnapshot {
    return countersOf(this.#host);
  }

  /** How many sockets there are, by state. */
  summary(): SummarySnapshot {
    return summaryOf(this.#host);
  }
}
