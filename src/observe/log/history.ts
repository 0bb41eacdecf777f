import { DOUBLE } from '../../basics/double.ts';
import { IdTable } from '../../basics/id-table.ts';
import type { Host } from '../../host/host.ts';
import type { TcpEvent } from '../../tcp/tcb/events.ts';
import type { Tcb } from '../../tcp/tcb/tcb.ts';
import type { State } from '../../tcp/terms/state.ts';
import { WANTS } from '../../tcp/terms/wants.ts';
import { entryOf } from './entry-of.ts';
import { KeptSegment } from './kept-segment.ts';
import { Recorder } from './record.ts';
import { type Ends, ends, type Origins, segmentEntry, type Tuple } from './record-segment.ts';
import type { BulkEntry, ConnectionEntry, LogEntry } from './schema.ts';

type SegmentEvent = Extract<TcpEvent, { type: 'segment' }>;
type TimeWaitEvent = Extract<TcpEvent, { type: 'timeWait' }>;
type NotableEvent = Exclude<TcpEvent, { type: 'timeWait' }>;

/** What is worth remembering of a connection that no observer asked for beforehand: what changes it, and what goes wrong. */
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
  private readonly alive = new IdTable<History>();
  private readonly ended = new IdTable<History>();
  /** The numbers of those that have ended, the latest at the end. */
  private readonly endedIds: number[] = [];
  /** For what concerns the TIME_WAIT table, whose entries were connections. */
  private readonly recorder: Recorder;
  /** The last segment that came for no connection. */
  private stranger: SegmentEvent | null = null;
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
    return this.find(id)?.read() ?? null;
  }

  /** The connections that ended last, the latest at the end. */
  *endedOnes(): IterableIterator<ConnectionHistory> {
    for (const id of this.endedIds) yield this.ended.get(id)!.read();
  }

  /** Of how many connections something is remembered. */
  get kept(): { alive: number; ended: number } {
    return { alive: this.alive.size, ended: this.ended.size };
  }

  private find(id: number): History | undefined {
    return this.alive.get(id) ?? this.ended.get(id);
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
    const effect = stranger !== null && event.because === stranger.id ? stranger : null;
    if (event.type === 'timeWait') this.noteTimeWait(event, effect);
    else if ('connection' in event && event.connection !== null) this.noteOf(event.connection, event, effect);
  }

  private noteOf(c: Tcb, event: NotableEvent, effectOf: SegmentEvent | null): void {
    const history = this.find(c.id) ?? (isBehindItsEnd(c, event) ? null : this.begin(c, event));
    if (history === null) return;
    history.countUpTo(c);
    if (effectOf !== null && event.type === 'state') history.add(history.keptOf(effectOf, c));
    history.add(event.type === 'segment' ? history.keptOf(event, c) : entryOf(event));
    history.countFrom(c, event);
    if (event.type === 'state' && (event.to === 'CLOSED' || event.to === 'TIME_WAIT')) this.over(c);
  }

  private noteTimeWait(event: TimeWaitEvent, effectOf: SegmentEvent | null): void {
    if (effectOf !== null) this.recorder.note(effectOf);
    const c = event.connection;
    if (c !== null) (this.find(c.id) ?? this.begin(c, event)).countUpTo(c);
    this.recorder.note(event);
    if (c === null) return;
    this.alive.get(c.id)?.countFrom(c, event);
    // FIN_WAIT_2 without a user is an entry of the table, too, and no event tells that its connection is CLOSED.
    this.over(c);
  }

  private keep(entry: LogEntry): void {
    if (entry.type !== 'connection' && entry.connection !== undefined) this.find(entry.connection)?.add(entry);
  }

  private begin(c: Tcb, event: TcpEvent): History {
    const history = new History(c, event, this.size);
    this.alive.set(c.id, history);
    return history;
  }

  private over(c: Tcb): void {
    const history = this.alive.get(c.id);
    if (history === undefined) return;
    this.alive.delete(c.id);
    // A flood of SYNs must not push out what users know of.
    if (!history.wasEstablished && c.openedPassively) return;
    history.end(c);
    this.ended.set(c.id, history);
    this.endedIds.push(c.id);
    if (this.endedIds.length > ENDED_MOST) this.ended.delete(this.endedIds.shift()!);
  }
}

/**
 * Is it of a connection that has ended, as when its user closes what the peer has closed? Nothing would end what began with it:
 * where more than are remembered have ended since, it would be kept for ever.
 */
const isBehindItsEnd = (c: Tcb, event: NotableEvent): boolean =>
  c.state === 'CLOSED' && event.type !== 'state' && !(event.type === 'call' && event.call === 'connect');

/** One connection's. */
class History {
  ended = false;
  wasEstablished: boolean;
  private readonly size: number;
  private readonly ring: (LogEntry | KeptSegment)[] = [];
  private next = 0;
  private forgotten = 0;

  // Who talks to whom, and where it was when this began: what is written out when it is asked for
  private readonly tuple: Tuple;
  private readonly passively: boolean;
  private readonly began: number;
  private readonly state: State;
  private readonly peerWasKnown: boolean;
  private endsText: Ends | null = null;
  /** The connection while it is there, and after that its numbers. */
  private origins: Origins;

  /** What it had counted when the last entry was written, and when that was; null: nothing counts. */
  private of: Tcb | null = null;
  private since = DOUBLE;
  private segmentsIn = 0;
  private segmentsOut = 0;
  private octetsIn = 0;
  private octetsOut = 0;

  constructor(c: Tcb, event: TcpEvent, size: number) {
    const { local, localPort, remote, remotePort } = c;
    this.tuple = { local, localPort, remote, remotePort };
    this.origins = c;
    this.passively = c.openedPassively;
    this.began = event.now;
    // The state before the first change.
    this.state = event.type === 'state' ? event.from : c.state;
    this.peerWasKnown = c.peerIsKnown;
    this.wasEstablished = this.state !== 'CLOSED';
    this.size = size;
  }

  add(entry: LogEntry | KeptSegment): void {
    if (!(entry instanceof KeptSegment) && entry.type === 'state' && entry.to === 'ESTABLISHED') {
      this.wasEstablished = true;
    }
    if (this.ring.length < this.size) {
      this.ring.push(entry);
      return;
    }
    this.forgotten++;
    this.ring[this.next] = entry;
    this.next = (this.next + 1) % this.size;
  }

  keptOf(event: SegmentEvent, c: Tcb): KeptSegment | LogEntry {
    return KeptSegment.takes(event.segment)
      ? new KeptSegment(event)
      : segmentEntry({ ...event, connection: c }, this.ends);
  }

  private get ends(): Ends {
    this.endsText ??= ends(this.tuple);
    return this.endsText;
  }

  /** Ordinary segments that came and left since the last entry make one, before the next. */
  countUpTo(c: Tcb): void {
    if (this.of === null) return;
    const bulk = this.bulkOf(c);
    if (bulk !== null) this.add(bulk);
  }

  /** An entry has been written: ordinary segments count from here. What arrives is counted by its connection only after that. */
  countFrom(c: Tcb, event: TcpEvent): void {
    if (this.ended) return;
    this.of = c;
    this.since = event.now;
    const arriving = event.type === 'segment' && event.direction === 'in' ? event.segment : null;
    this.segmentsIn = c.segsIn + (arriving?.count ?? 0);
    this.segmentsOut = c.segsOut;
    this.octetsIn = c.bytesReceived + (arriving?.length ?? 0);
    this.octetsOut = c.bytesSent;
  }

  /** The connection is over: nothing more is counted, and nothing is held of it but numbers. */
  end({ id, peerIsKnown, snd, rcv }: Tcb): void {
    this.ended = true;
    this.of = null;
    const { iss, wscale } = snd;
    this.origins = { id, peerIsKnown, snd: { iss, wscale }, rcv: { irs: rcv.irs, wscale: rcv.wscale } };
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

  private get connection(): ConnectionEntry {
    const { origins, began: time, state, ends } = this;
    const entry: ConnectionEntry = {
      id: 0,
      time,
      type: 'connection',
      connection: origins.id,
      ...ends,
      opened: this.passively ? 'passively' : 'actively',
      state,
      iss: origins.snd.iss >>> 0,
    };
    return this.peerWasKnown ? { ...entry, irs: origins.rcv.irs >>> 0 } : entry;
  }

  read(): ConnectionHistory {
    const { ring, next, forgotten, ended, connection } = this;
    const entries = [...ring.slice(next), ...ring.slice(0, next)].map((kept) =>
      kept instanceof KeptSegment ? kept.entry(this.origins, this.ends) : { ...kept },
    );
    const bulk = this.of === null ? null : this.bulkOf(this.of);
    if (bulk !== null) entries.push(bulk);
    return { connection, entries, forgotten, ended };
  }
}
