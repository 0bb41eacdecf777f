import type { Host } from '../../host/host.ts';
import type { TcpEvent } from '../../tcp/tcb/events.ts';
import type { Tcb } from '../../tcp/tcb/tcb.ts';
import { WANTS } from '../../tcp/terms/wants.ts';
import { Recorder } from './record.ts';
import type { BulkEntry, ConnectionEntry, LogEntry } from './schema.ts';

/** What is worth remembering of a connection when nobody asked for it beforehand: what changes it, and what goes wrong. */
const WANTED =
  WANTS.notableSegment |
  WANTS.state |
  WANTS.retransmit |
  WANTS.loss |
  WANTS.ecn |
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
    const c = 'connection' in event ? event.connection : null;
    if (c !== null) this.alive.get(c.id)?.countUpTo(c);
    this.recorder.note(event);
    if (c !== null) this.alive.get(c.id)?.countFrom(c, event);
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
    history.end();
    this.ended.set(c.id, history);
    if (this.ended.size > ENDED_MOST) this.ended.delete(this.ended.keys().next().value!);
  }
}

/** A drop, or the answer to a segment that was for no connection. */
const isOfNone = (event: TcpEvent): boolean =>
  (event.type === 'drop' || event.type === 'segment') && event.connection === null;

/** One connection's. */
class History {
  ended = false;
  wasEstablished = false;
  private readonly connection: ConnectionEntry;
  private readonly ring: LogEntry[] = [];
  private readonly size: number;
  private next = 0;
  private forgotten = 0;
  /** Whose it is, while that is there; and what it had counted when the last entry was written. */
  private of: Tcb | null = null;
  private since = 0;
  private segmentsIn = 0;
  private segmentsOut = 0;
  private octetsIn = 0;
  private octetsOut = 0;

  constructor(connection: ConnectionEntry, size: number) {
    this.connection = connection;
    this.size = size;
    this.wasEstablished = connection.state !== 'CLOSED';
  }

  add(entry: LogEntry): void {
    if (entry.type === 'state' && entry.to === 'ESTABLISHED') this.wasEstablished = true;
    if (this.ring.length < this.size) {
      this.ring.push(entry);
      return;
    }
    this.forgotten++;
    this.ring[this.next] = entry;
    this.next = (this.next + 1) % this.size;
  }

  /** Ordinary segments that came and left since the last entry make one, before the next. */
  countUpTo(c: Tcb): void {
    if (this.of === null) return;
    const bulk = this.bulkOf(c);
    if (bulk !== null) this.add(bulk);
  }

  /** An entry has been written: ordinary segments count from here. What arrives is counted by its connection only after that. */
  countFrom(c: Tcb, event: TcpEvent): void {
    this.of = c;
    this.since = event.now;
    const arriving = event.type === 'segment' && event.direction === 'in' ? event.segment : null;
    this.segmentsIn = c.segsIn + (arriving?.count ?? 0);
    this.segmentsOut = c.segsOut;
    this.octetsIn = c.bytesReceived + (arriving?.length ?? 0);
    this.octetsOut = c.bytesSent;
  }

  /** The connection is over: nothing more is counted. */
  end(): void {
    this.ended = true;
    this.of = null;
  }

  private bulkOf(c: Tcb): BulkEntry | null {
    const segmentsIn = Math.max(0, c.segsIn - this.segmentsIn);
    const segmentsOut = Math.max(0, c.segsOut - this.segmentsOut);
    if (segmentsIn + segmentsOut === 0) return null;
    return {
      id: 0,
      time: Math.max(this.since, c.lastDataSentAt, c.lastDataReceivedAt, c.lastAckReceivedAt),
      connection: c.id,
      type: 'bulk',
      since: this.since,
      segmentsIn,
      segmentsOut,
      octetsIn: Math.max(0, c.bytesReceived - this.octetsIn),
      octetsOut: Math.max(0, c.bytesSent - this.octetsOut),
    };
  }

  read(): ConnectionHistory {
    const { ring, next, forgotten, ended, connection } = this;
    const entries = [...ring.slice(next), ...ring.slice(0, next)].map((entry) => ({ ...entry }));
    const bulk = this.of === null ? null : this.bulkOf(this.of);
    if (bulk !== null) entries.push(bulk);
    return { connection, entries, forgotten, ended };
  }
}
