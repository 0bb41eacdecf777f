import type { Host } from '../../host/host.ts';
import type { ImpairmentObserver } from '../../link/impairment/events.ts';
import type { TimeWaitEntry } from '../../tcp/tables/time-wait-table.ts';
import type { TcpEvent } from '../../tcp/tcb/events.ts';
import type { Tcb } from '../../tcp/tcb/tcb.ts';
import { seqDiff } from '../../wire/seq.ts';
import { EndedConnections, makeRelativeToEnded } from './ended.ts';
import { entryOf, headOf, type Of } from './entry-of.ts';
import { impairmentEntry } from './record-impairment.ts';
import { type Ends, ends, endsOf, segmentEntry, tcbFields } from './record-segment.ts';
import { type ConnectionEntry, LOG_VERSION, type LogEntry, type SegmentEntry } from './schema.ts';

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

const timeLeft = (entry: TimeWaitEntry, now: number): number => Math.max(0, entry.expires - now);
