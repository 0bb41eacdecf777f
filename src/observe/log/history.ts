import type { Host } from '../../host/host.ts';
import type { TcpEvent } from '../../tcp/tcb/events.ts';
import type { Tcb } from '../../tcp/tcb/tcb.ts';
import { type Cause, sendCauses } from '../../tcp/terms/causes.ts';
import { WANTS } from '../../tcp/terms/wants.ts';
import { FIN, RST, SYN, URG } from '../../wire/segment.ts';
import { Recorder } from './record.ts';
import type { BulkEntry, ConnectionEntry, LogEntry } from './schema.ts';

/** What is worth remembering of a connection when nobody asked for it beforehand: what changes it, and what goes wrong. */
const WANTED =
  WANTS.segment |
  WANTS.state |
  WANTS.retransmit |
  WANTS.loss |
  WANTS.drop |
  WANTS.fired |
  WANTS.window |
  WANTS.timeWait |
  WANTS.call |
  WANTS.icmp;

/** Connections that have ended are remembered too, so many of them. */
const ENDED_MOST = 32;

export interface HistoryOptions {
  /** Entries for each connection; default 16. */
  entries?: number;
}

/** The last that happened to one connection. */
export interface ConnectionHistory {
  connection: ConnectionEntry;
  /** The oldest first; what came before them is forgotten. */
  entries: LogEntry[];
  forgotten: number;
  ended: boolean;
}

/**
 * The last entries of each connection, kept at all times, so that it can be told how it got where it is. Ordinary segments,
 * data in order and their ACKs, are only counted: so a busy connection keeps what is notable, and costs little.
 */
export class Histories {
  private readonly size: number;
  private readonly alive = new Map<number, History>();
  private readonly ended = new Map<number, History>();
  private readonly recorder: Recorder;
  /** The last segment that came for no connection. */
  private stranger: TcpEvent | null = null;
  private readonly stop: () => void;

  constructor(host: Host, options: HistoryOptions = {}) {
    this.size = options.entries ?? 16;
    this.recorder = new Recorder((entry) => this.keep(entry));
    this.stop = host.observe((event) => this.note(event), WANTED);
  }

  /** No more is remembered from now on. */
  end(): void {
    this.stop();
  }

  /** Of a connection by its number, of which there may be nothing any more: null. */
  of(id: number): ConnectionHistory | null {
    return (this.alive.get(id) ?? this.ended.get(id))?.read() ?? null;
  }

  /** The connections that ended last, the latest at the end. */
  *endedOnes(): IterableIterator<ConnectionHistory> {
    for (const history of this.ended.values()) yield history.read();
  }

  /** Of how many connections something is remembered. */
  get kept(): { alive: number; ended: number } {
    return { alive: this.alive.size, ended: this.ended.size };
  }

  private note(event: TcpEvent): void {
    if (event.type === 'segment' && isOrdinary(event)) {
      const history = this.alive.get(event.connection.id);
      if (history !== undefined) {
        history.count(event);
        return;
      }
    }
    // Of each second ACK it would tell.
    if (event.type === 'timer' && event.timer === 'delayed ACK') return;
    const { stranger } = this;
    this.stranger = null;
    if (event.type === 'segment' && event.connection === null && event.direction === 'in') {
      this.stranger = event;
      return;
    }
    // What became of it: a connection, or something in the TIME_WAIT table. Of all else an entry would be made for nothing (a
    // flood of SYNs cost seven times as much, measured); it is borrowed still, for this is its effect.
    const wanted = event.type === 'state' || event.type === 'timeWait';
    if (stranger !== null && wanted && event.because === stranger.id) this.recorder.note(stranger);
    else if (isOfNone(event)) return;
    this.recorder.note(event);
    if (event.type === 'state' && (event.to === 'CLOSED' || event.to === 'TIME_WAIT')) this.over(event.connection);
    // FIN_WAIT_2 without a user is an entry of the table, too, and no event tells that its connection is CLOSED.
    if (event.type === 'timeWait' && event.connection !== null) this.over(event.connection);
  }

  private keep(entry: LogEntry): void {
    if (entry.type === 'connection') this.alive.set(entry.connection, new History(entry, this.size));
    else if (entry.connection !== undefined) {
      (this.alive.get(entry.connection) ?? this.ended.get(entry.connection))?.add(entry);
    }
  }

  private over(c: Tcb): void {
    const history = this.alive.get(c.id);
    if (history === undefined) return;
    this.alive.delete(c.id);
    // A flood of SYNs must not push out what users know of.
    if (!history.wasEstablished && c.openedPassively) return;
    history.ended = true;
    this.ended.set(c.id, history);
    if (this.ended.size > ENDED_MOST) this.ended.delete(this.ended.keys().next().value!);
  }
}

/** Why ordinary segments leave. */
const ORDINARY_CAUSES: ReadonlySet<Cause> = new Set([
  ...[sendCauses.newData, sendCauses.afterHandshake, sendCauses.roomInCwnd, sendCauses.roomInWindow],
  ...[sendCauses.nagleOver, sendCauses.uncorked, sendCauses.roomInBuffer, sendCauses.itsTurn],
  ...[sendCauses.ackSecondSegment, sendCauses.ackQuick, sendCauses.ackWindow, sendCauses.ackTimer],
]);

/** A drop, or the answer to a segment that was for no connection. */
const isOfNone = (event: TcpEvent): boolean =>
  (event.type === 'drop' || event.type === 'segment') && event.connection === null;

type SegmentEvent = Extract<TcpEvent, { type: 'segment' }>;

/** Data in order, or an ACK of it, of a connection: it tells nothing that its like didn't tell before. */
function isOrdinary(event: SegmentEvent): event is SegmentEvent & { connection: Tcb } {
  const { segment, connection, cause } = event;
  if (connection === null || segment.flags & (SYN | FIN | RST | URG) || segment.sackCount > 0) return false;
  // What leaves for a notable reason is an effect of a notable event: that one is written down already, so this one is, too.
  return cause === null || ORDINARY_CAUSES.has(cause);
}

/** One connection's. */
class History {
  ended = false;
  wasEstablished = false;
  private readonly connection: ConnectionEntry;
  private readonly ring: LogEntry[] = [];
  private readonly size: number;
  private next = 0;
  private forgotten = 0;
  /** The last entry, while more ordinary segments may join it. */
  private bulk: BulkEntry | null = null;

  constructor(connection: ConnectionEntry, size: number) {
    this.connection = connection;
    this.size = size;
    this.wasEstablished = connection.state !== 'CLOSED';
  }

  add(entry: LogEntry): void {
    this.bulk = null;
    if (entry.type === 'state' && entry.to === 'ESTABLISHED') this.wasEstablished = true;
    if (this.ring.length < this.size) {
      this.ring.push(entry);
      return;
    }
    this.forgotten++;
    this.ring[this.next] = entry;
    this.next = (this.next + 1) % this.size;
  }

  count({ now, direction, segment }: SegmentEvent): void {
    if (this.bulk === null) {
      const counts = { segmentsIn: 0, segmentsOut: 0, octetsIn: 0, octetsOut: 0 };
      const bulk: BulkEntry = {
        ...{ id: 0, time: now, connection: this.connection.connection, type: 'bulk', since: now },
        ...counts,
      };
      this.add(bulk);
      this.bulk = bulk;
    }
    const { bulk } = this;
    bulk.time = now;
    if (direction === 'in') {
      bulk.segmentsIn += segment.count;
      bulk.octetsIn += segment.length;
    } else {
      bulk.segmentsOut += segment.count;
      bulk.octetsOut += segment.length;
    }
  }

  read(): ConnectionHistory {
    const { ring, next, forgotten, ended, connection } = this;
    const entries = [...ring.slice(next), ...ring.slice(0, next)].map((entry) => ({ ...entry }));
    return { connection, entries, forgotten, ended };
  }
}
