import type {
  CallEntry,
  ImpairmentEntry,
  LogEntry,
  RetransmitEntry,
  SegmentEntry,
} from '../../../src/observe/log/schema.ts';
import type { State } from '../../../src/tcp/terms/state.ts';

const MS = 1000;

/** A log that is written by hand, as the host at one end of a connection would write it. Times in milliseconds. */
export class HandMadeLog {
  readonly entries: LogEntry[] = [];
  private readonly ends;
  private at = 0;
  private states: State;
  private since = 0;

  /** @param us, them `10.9.0.2:80` */
  constructor(us: string, them: string, state: State = 'CLOSED') {
    const [local, localPort] = us.split(':');
    const [remote, remotePort] = them.split(':');
    this.ends = { local: local!, localPort: Number(localPort), remote: remote!, remotePort: Number(remotePort) };
    this.states = state;
  }

  /** What follows happens at this time. */
  after(milliseconds: number): this {
    this.at = milliseconds * MS;
    return this;
  }

  connection(opened: 'actively' | 'passively', more: { iss?: number; irs?: number } = {}): this {
    return this.put({ type: 'connection', ...this.ends, opened, state: this.states, iss: 0, ...more });
  }

  /** @param text flags, `seq` or `seq:end`, `ack N`, `win N`: as `P. 1:78 ack 1 win 64240` */
  in(text: string, more: Partial<SegmentEntry> = {}): this {
    return this.segment('in', text, more);
  }

  out(text: string, more: Partial<SegmentEntry> = {}): this {
    return this.segment('out', text, more);
  }

  /** The state changes because of the last segment or call. */
  state(to: State, text: string, source: string): this {
    const [from, lasted] = [this.states, this.at - this.since];
    this.states = to;
    this.since = this.at;
    const because = this.entries.findLast(({ type }) => type === 'segment' || type === 'call')?.id;
    return this.put({ type: 'state', from, to, lasted, cause: { text, source }, ...(because && { because }) });
  }

  retransmit(reason: string, more: Partial<RetransmitEntry> = {}): this {
    const cause = { text: reason, source: 'RFC 6298, 5.5' };
    return this.put({ type: 'retransmit', seq: 0, length: 0, reason, cause, ...more });
  }

  call(call: CallEntry['call'], more: Partial<CallEntry> = {}): this {
    return this.put({ type: 'call', call, cause: { text: call, source: 'RFC 9293, 3.10' }, ...more });
  }

  path(direction: 'in' | 'out', action: string, rule: string, more: Partial<ImpairmentEntry> = {}): this {
    return this.put({ type: 'impairment', direction, action, rule, ...this.ends, ...more });
  }

  /** Any other entry: without its number, time and connection. */
  put(entry: Record<string, unknown>): this {
    const head = { id: this.entries.length + 1, time: this.at, connection: 1 };
    this.entries.push({ ...head, ...entry } as unknown as LogEntry);
    return this;
  }

  private segment(direction: 'in' | 'out', text: string, more: Partial<SegmentEntry>): this {
    const [, flags, from, end, ack, window] = /^(\S+) (\d+)(?::(\d+))?(?: ack (\d+))?(?: win (\d+))?$/.exec(text)!;
    return this.put({
      ...{ type: 'segment', direction, ...this.ends, flags, seq: Number(from) },
      ...(ack !== undefined && { ack: Number(ack) }),
      ...{ window: Number(window ?? 64240), length: end === undefined ? 0 : Number(end) - Number(from) },
      ...more,
    });
  }
}
