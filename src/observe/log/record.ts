import type { Host } from '../../host/host.ts';
import type { ImpairmentObserver } from '../../link/impairment/events.ts';
import type { TimeWaitEntry } from '../../tcp/tables/time-wait-table.ts';
import type { TcpEvent } from '../../tcp/tcb/events.ts';
import type { Tcb } from '../../tcp/tcb/tcb.ts';
import { callCauses, icmpCause } from '../../tcp/terms/causes.ts';
import { dropCauses } from '../../tcp/terms/drops.ts';
import { holdCauses } from '../../tcp/terms/holds.ts';
import { seqDiff } from '../../wire/seq.ts';
import { EndedConnections, makeRelativeToEnded } from './ended.ts';
import { impairmentEntry } from './record-impairment.ts';
import { type Ends, ends, endsOf, relativeTo, segmentEntry, tcbFields } from './record-segment.ts';
import { type ConnectionEntry, type EntryHead, LOG_VERSION, type LogEntry, type SegmentEntry } from './schema.ts';

export interface RecordOptions {
  /** The kinds of events, from `WANTS`; default: all. */
  wants?: number;
  /** With each segment of a connection, some of its TCB as it is then. */
  tcb?: boolean;
  /** Wall-clock time of the first entry, ISO 8601. */
  date?: string;
  /** What is done to packets on their way is written down, too: a stack's `impairment`, or what else lets itself be observed. */
  impairment?: { observe(observer: ImpairmentObserver): () => void };
  /** Whether the reader has no room now: then no entry is made of what happens. Asked once for each entry that is left out. */
  leavesOut?: () => boolean;
}

/** Gets each entry; it may keep it. false, where entries may be left out (`leavesOut`): it had no room for this one. */
export type WriteEntry = (entry: LogEntry) => unknown;

type Of<T extends TcpEvent['type']> = Extract<TcpEvent, { type: T }>;

/**
 * Writes down what a host does from now on: its events as entries of a log, plain and copied out, each connection introduced
 * before its first.
 *
 * @returns a function that ends it
 *
 * @example
 * const stop = record(host, (entry) => lines.push(JSON.stringify(entry)));
 */
export function record(host: Host, write: WriteEntry, options: RecordOptions = {}): () => void {
  const recorder = new Recorder(write, options);
  write(headerOf(host, options.date));
  const stop = host.observe((event) => recorder.note(event), options.wants);
  const stopPath = options.impairment?.observe((event) => {
    recorder.release();
    write(impairmentEntry(host, event));
  });
  return () => {
    recorder.release();
    stop();
    stopPath?.();
  };
}

function headerOf(host: Host, date: string | undefined): LogEntry {
  const head = { id: 0, time: host.tcp.now, type: 'log', version: LOG_VERSION, program: 'tcpglass' } as const;
  const addresses = host.addresses.map(String);
  return date === undefined ? { ...head, addresses } : { ...head, date, addresses };
}

/** Makes entries of events. */
export class Recorder {
  private readonly write: WriteEntry;
  private readonly withTcb: boolean;
  private readonly leavesOut: (() => boolean) | null;
  /** The ends of those that have been introduced. */
  private readonly known = new WeakMap<Tcb, Ends>();
  private readonly ended = new EndedConnections();
  /** A segment that belongs to no connection yet, but may begin one: the next event tells. */
  private held: SegmentEntry | null = null;

  constructor(write: WriteEntry, { tcb = false, leavesOut }: Pick<RecordOptions, 'tcb' | 'leavesOut'> = {}) {
    this.write = write;
    this.withTcb = tcb;
    this.leavesOut = leavesOut ?? null;
  }

  note(event: TcpEvent): void {
    this.settleHeld(event);
    const { type } = event;
    // Which connection an entry of the TIME_WAIT table was must be known later, whether this is written down or not.
    if (this.leavesOut !== null && type !== 'timeWait' && this.leavesOut()) return;
    if ('connection' in event && event.connection !== null) this.introduce(event.connection, event);
    if (type === 'segment') this.segment(event);
    else this.write(type === 'timeWait' ? this.timeWaitEntry(event) : entryOf(event));
  }

  /** What is held goes out as it is. */
  release(): void {
    const { held } = this;
    if (held === null) return;
    this.held = null;
    this.write(held);
  }

  /** Is `event` the birth of a connection, by the segment that is held? Then it belongs to that. */
  private settleHeld(event: TcpEvent): void {
    const { held } = this;
    if (held === null) return;
    if (event.type === 'state' && event.from === 'CLOSED' && event.because === held.id) {
      const c = event.connection;
      this.introduce(c, event);
      held.connection = c.id;
      held.seq = seqDiff(held.seq | 0, c.rcv.irs) >>> 0;
      if (held.ack !== undefined) held.ack = seqDiff(held.ack | 0, c.snd.iss) >>> 0;
      delete held.absolute;
    }
    this.release();
  }

  private introduce(c: Tcb, event: TcpEvent): void {
    if (this.known.has(c)) return;
    const tuple = ends(c);
    const entry: ConnectionEntry = {
      id: 0,
      time: event.now,
      type: 'connection',
      connection: c.id,
      ...tuple,
      opened: c.openedPassively ? 'passively' : 'actively',
      // The state before the first change.
      state: event.type === 'state' ? event.from : c.state,
      iss: c.snd.iss >>> 0,
    };
    if (c.peerIsKnown) entry.irs = c.rcv.irs >>> 0;
    // One that was left out comes before the next entry of this connection.
    const taken = this.write(entry) !== false || this.leavesOut === null;
    if (taken) this.known.set(c, tuple);
  }

  private segment(event: Of<'segment'>): void {
    const { connection: c } = event;
    const known = c === null ? undefined : this.known.get(c);
    const entry = segmentEntry(event, known ?? endsOf(event.segment, event.direction));
    if (c !== null && this.withTcb) entry.tcb = tcbFields(c);
    if (c === null) {
      const ended = this.ended.find(entry);
      if (ended !== undefined) makeRelativeToEnded(entry, event.segment, ended);
      else if (event.direction === 'in') {
        this.held = entry;
        return;
      }
    }
    this.write(entry);
  }

  private timeWaitEntry(event: Of<'timeWait'>): LogEntry {
    const { type, action, entry, connection, cause } = event;
    const tuple = ends(entry);
    if (action === 'enter' && connection !== null) this.ended.add(tuple, connection);
    const id = this.ended.find(tuple)?.id;
    if (action === 'leave') this.ended.remove(tuple);
    const left = action === 'leave' ? 0 : timeLeft(entry, event.now);
    const body = { ...headOf(event), type, action, ...tuple, state: entry.state, left, cause };
    return id === undefined ? body : { ...body, connection: id };
  }
}

/** The entry of an event that needs to know of no other. */
export function entryOf(event: Exclude<TcpEvent, { type: 'segment' | 'timeWait' }>): LogEntry {
  // These two are most of what is kept of short connections: written out, they cost a tenth (measured).
  if (event.type === 'state') return stateEntry(event);
  if (event.type === 'call') return callEntry(event);
  const head = headOf(event);
  switch (event.type) {
    case 'retransmit':
      return retransmitEntry(head, event);
    case 'loss': {
      const { type, connection: c, action, cause } = event;
      return { ...head, connection: c.id, type, action, lost: c.sent.lost - c.sent.retransmitted, cause };
    }
    case 'drop':
      return dropEntry(head, event);
    case 'timer': {
      const { type, connection: c, timer, action, deadline, cause } = event;
      return { ...head, connection: c.id, type, timer, action, deadline, cause };
    }
    case 'cwnd': {
      const { type, connection: c, cwnd, ssthresh, cause } = event;
      return { ...head, connection: c.id, type, cwnd, ssthresh, inFlight: c.inFlight, cause };
    }
    case 'window': {
      const { type, connection: c, side, before, window, cause } = event;
      return { ...head, connection: c.id, type, side, before, window, cause };
    }
    case 'ecn':
      return { ...head, connection: event.connection.id, type: 'ecn', cause: event.cause };
    case 'rtt': {
      const { type, connection: c, sample, cause } = event;
      const { srtt, rttvar, rto } = c.rtt;
      return {
        ...head,
        connection: c.id,
        type,
        sample,
        srtt: Math.round(srtt),
        rttvar: Math.round(rttvar),
        rto,
        cause,
      };
    }
    case 'hold': {
      const { type, connection: c, hold, before, lasted } = event;
      const unsent = Math.max(0, seqDiff(c.sendQueue.end, c.snd.nxt));
      return { ...head, connection: c.id, type, hold, before, lasted, unsent, cause: holdCauses[hold] };
    }
    case 'queue': {
      const { type, listener: l, cause } = event;
      const { synQueueLength: synQueue, acceptQueueLength: acceptQueue, backlog } = l;
      return { ...head, type, local: `${l.local}`, localPort: l.port, synQueue, acceptQueue, backlog, cause };
    }
    case 'icmp': {
      const { type, connection: c, error } = event;
      const entry = { ...head, connection: c.id, type, message: error.kind, cause: icmpCause };
      return error.kind === 'too big' ? { ...entry, mtu: error.mtu } : entry;
    }
    default:
      return event satisfies never;
  }
}

const timeLeft = (entry: TimeWaitEntry, now: number): number => Math.max(0, entry.expires - now);

const headOf = ({ id, because, now }: TcpEvent): EntryHead =>
  because === 0 ? { id, time: now } : { id, because, time: now };

function retransmitEntry(head: EntryHead, event: Of<'retransmit'>): LogEntry {
  const { type, connection: c, length, reason, attempt, limit, cause } = event;
  const entry = { ...head, connection: c.id, type, seq: relativeTo(c.snd.iss, event.seq), length, reason, cause };
  return {
    ...entry,
    ...(attempt > 0 && { attempt }),
    ...(limit > 0 && { limit }),
  };
}

function dropEntry(head: EntryHead, event: Of<'drop'>): LogEntry {
  const { text, source, counter } = dropCauses[event.reason];
  return {
    ...head,
    ...(event.connection !== null && { connection: event.connection.id }),
    type: 'drop',
    reason: event.reason,
    ...(counter !== undefined && { counter }),
    cause: { text, source },
  };
}

function stateEntry(event: Of<'state'>): LogEntry {
  const { id, now: time, connection: c, from, to, lasted, cause } = event;
  const because = event.because || undefined;
  return { id, because, time, connection: c.id, type: 'state', from, to, lasted, cause };
}

function callEntry(event: Of<'call'>): LogEntry {
  const { id, now: time, call, connection: c, listener, octets } = event;
  const because = event.because || undefined;
  const cause = callCauses[call];
  if (c === null) {
    return { id, because, time, type: 'call', call, local: `${listener!.local}`, localPort: listener!.port, cause };
  }
  if (call !== 'write' && call !== 'read') return { id, because, time, connection: c.id, type: 'call', call, cause };
  const queued = call === 'write' ? c.sendQueue.length : c.receiveQueue.length;
  return { id, because, time, connection: c.id, type: 'call', call, octets, queued, cause };
}
