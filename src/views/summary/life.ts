import type { LogEntry, SegmentEntry, StateEntry, TimeWaitLogEntry } from '../../observe/log/schema.ts';
import type { Cause } from '../../tcp/terms/causes.ts';
import type { HoldReason } from '../../tcp/terms/holds.ts';
import type { State } from '../../tcp/terms/state.ts';
import type { Micros } from '../../time/wheel.ts';
import { seqAdd, seqDiff } from '../../wire/seq.ts';

export type Party = 'here' | 'peer';

/** What a log tells of a connection, from its first entry to its last. */
export interface Life {
  local: string;
  localPort: number;
  remote: string;
  remotePort: number;
  /** In a log of several hosts: the name of the one whose end it is. */
  host: string | null;
  /** null: before the log began. */
  opened: Party | null;
  /** Who sent the first FIN, or the RST. null: the log doesn't say, or nobody has. */
  closed: Party | null;
  /** By a RST. */
  reset: boolean;
  begin: Micros;
  end: Micros;
  /** Octets that the peer has sent, and we have, each counted once; null: the log has no segments. */
  in: number | null;
  out: number | null;
  /** How many retransmissions there were, by reason. */
  retransmissions: Record<string, number>;
  drops: Record<string, number>;
  /** For how long each thing held it back. */
  holds: Partial<Record<HoldReason, Micros>>;
  /** Who waits 2MSL; null: the log doesn't say, or neither does. */
  timeWait: Party | null;
  state: State;
  /** Why it is in that state; null: the log doesn't say. */
  cause: Cause | null;
}

/** Gathers a connection's life while its entries come. */
export class LifeRecorder {
  readonly life: Life;
  private readonly next: { in: number | null; out: number | null } = { in: null, out: null };
  /** The last segment: it does not count if it was dropped. */
  private last: { id: number; forget(): void } | null = null;

  constructor(
    first: LogEntry & { local: string; localPort: number; remote: string; remotePort: number },
    host: string | null = null,
  ) {
    const { local, localPort, remote, remotePort, time } = first;
    this.life = {
      ...{
        local,
        localPort,
        remote,
        remotePort,
        host,
        opened: null,
        closed: null,
        reset: false,
        begin: time,
        end: time,
      },
      ...{
        in: null,
        out: null,
        retransmissions: {},
        drops: {},
        holds: {},
        timeWait: null,
        state: 'CLOSED',
        cause: null,
      },
    };
  }

  push(entry: LogEntry): void {
    const { life } = this;
    life.end = Math.max(life.end, entry.time);
    switch (entry.type) {
      case 'connection':
        life.opened = isNew(entry.state) ? (entry.opened === 'actively' ? 'here' : 'peer') : null;
        life.state = entry.state;
        return;
      case 'segment':
        this.segment(entry);
        return;
      case 'state':
        this.state(entry);
        return;
      case 'retransmit':
        life.retransmissions[entry.reason] = (life.retransmissions[entry.reason] ?? 0) + 1;
        return;
      case 'drop':
        if (entry.because !== undefined && entry.because === this.last?.id) this.last.forget();
        life.drops[entry.reason] = (life.drops[entry.reason] ?? 0) + 1;
        return;
      case 'hold':
        life.holds[entry.before] = (life.holds[entry.before] ?? 0) + entry.lasted;
        return;
      case 'timeWait':
        this.timeWait(entry);
        return;
      default:
    }
  }

  /** Nothing more comes: it is closed here, and waits for nothing. */
  get isOver(): boolean {
    return this.life.state === 'CLOSED' && this.life.cause !== null;
  }

  private segment({ id, direction, flags, seq, length }: SegmentEntry): void {
    const { life } = this;
    const from: Party = direction === 'out' ? 'here' : 'peer';
    if (flags.includes('F')) life.closed ??= from;
    if (flags.includes('R') && !life.reset) {
      life.reset = true;
      life.closed = from;
    }
    // Control bits take numbers, too, but are no octets.
    const begin = flags.includes('S') ? seqAdd(seq | 0, 1) : seq | 0;
    const next = this.next[direction] ?? begin;
    // What lies in a hole before it will come, and not be counted again.
    const beyond = length === 0 ? 0 : Math.max(0, seqDiff(seqAdd(begin, length), next));
    this.last = { id, forget: () => this.count(direction, next, -beyond) };
    this.count(direction, seqAdd(next, beyond), beyond);
  }

  private count(direction: 'in' | 'out', next: number, octets: number): void {
    this.life[direction] = (this.life[direction] ?? 0) + octets;
    this.next[direction] = next;
  }

  private state({ to, cause }: StateEntry): void {
    const { life } = this;
    if (to === 'FIN_WAIT_1') life.closed ??= 'here';
    if (to === 'CLOSE_WAIT' || to === 'CLOSING') life.closed ??= 'peer';
    // Of the two it is the one that closed first that waits; that is known of the peer when it has our FIN.
    if (to === 'CLOSED' && life.state === 'LAST_ACK' && !life.reset) life.timeWait = 'peer';
    life.state = to;
    life.cause = cause;
  }

  private timeWait({ action, state, cause }: TimeWaitLogEntry): void {
    const { life } = this;
    if (state === 'TIME_WAIT') life.timeWait = 'here';
    if (action !== 'leave') {
      life.state = state;
      return;
    }
    life.state = 'CLOSED';
    life.cause = cause;
  }
}

const isNew = (state: State): boolean =>
  state === 'CLOSED' || state === 'LISTEN' || state === 'SYN_SENT' || state === 'SYN_RECEIVED';
