import type { ExpectedEntry, LogEntry, SegmentEntry, TimeWaitLogEntry } from '../../observe/log/schema.ts';
import { causes } from '../../tcp/terms/causes.ts';
import type { TcpDrop } from '../../tcp/terms/drops.ts';
import type { State } from '../../tcp/terms/state.ts';
import type { Text } from '../terms/text.ts';
import type { LabHost } from '../world/lab-host.ts';
import type { LabEntry } from '../world/notes.ts';
import type { LabSocket } from '../world/socket.ts';

/** Something that may happen, and can be recognized in the log. */
export interface Pattern {
  /** What happens, in a few words, with its actor: `client sends FIN`. */
  readonly text: Text;
  readonly matches: (entry: LabEntry) => boolean;
  /** What a ladder draws in its place when it doesn't come, where that can be drawn; and the host that would have told of it. */
  readonly drawn?: { readonly host: number; readonly expected: ExpectedEntry };
  /** Only this host knows: a kernel in its place would keep it to itself. */
  readonly inside?: LabHost;
}

/** Segments as one speaks of them. ACK: that and nothing else. FIN, RST, DATA: whatever else they carry. */
export type SegmentKind = 'SYN' | 'SYN-ACK' | 'ACK' | 'DATA' | 'FIN' | 'RST' | 'any';

/** More about a segment. Numbers are relative to both initial sequence numbers; `socket`: it belongs to that one. */
export interface SegmentTraits {
  readonly seq?: number;
  readonly ack?: number;
  readonly length?: number;
  readonly window?: number;
  readonly socket?: LabSocket;
  /** The other end is that host. */
  readonly peer?: LabHost;
  /** It has a SACK option. */
  readonly sack?: boolean;
  /** Why it leaves, as the log has it (`src/tcp/terms/causes.ts`): a part of that. */
  readonly cause?: string;
}

const KINDS: Readonly<Record<SegmentKind, (segment: SegmentEntry) => boolean>> = {
  SYN: ({ flags }) => /S/.test(flags) && !/\./.test(flags),
  'SYN-ACK': ({ flags }) => /S/.test(flags) && /\./.test(flags),
  ACK: ({ flags, length }) => flags === '.' && length === 0,
  DATA: ({ length }) => length > 0,
  FIN: ({ flags }) => /F/.test(flags),
  RST: ({ flags }) => /R/.test(flags),
  any: () => true,
};

function isSegment(entry: LogEntry, kind: SegmentKind, traits: SegmentTraits): boolean {
  if (entry.type !== 'segment' || !KINDS[kind](entry)) return false;
  const { seq, ack, length, window, socket, peer, sack, cause } = traits;
  return (
    (seq === undefined || entry.seq === seq) &&
    (ack === undefined || entry.ack === ack) &&
    (length === undefined || entry.length === length) &&
    (window === undefined || entry.window === window) &&
    (socket === undefined || entry.connection === socket.connection.id) &&
    (peer === undefined || entry.remote === `${peer.address}`) &&
    (sack === undefined || (entry.options?.sack !== undefined) === sack) &&
    (cause === undefined || entry.cause?.text.includes(cause) === true)
  );
}

/** A segment leaves a host; what the path then does to it is another matter. */
export const sends = (host: LabHost, kind: SegmentKind, traits: SegmentTraits = {}): Pattern => ({
  text: { en: `${host.name} sends ${kind}`, zh: `${host.name} 发出 ${kind}` },
  matches: (entry) =>
    entry.host === host.index &&
    entry.type === 'segment' &&
    entry.direction === 'out' &&
    isSegment(entry, kind, traits),
  drawn: { host: host.index, expected: { direction: 'out', segment: segmentText(kind, traits) } },
});

/** As on an arrow: `DATA seq 1 (1000)`. */
function segmentText(kind: SegmentKind, { seq, ack, length }: SegmentTraits): string {
  const parts = [seq === undefined ? '' : `seq ${seq}`, ack === undefined ? '' : `ack ${ack}`];
  return [kind, ...parts, length === undefined ? '' : `(${length})`].filter((part) => part !== '').join(' ');
}

/** A segment arrives at a host. */
export const gets = (host: LabHost, kind: SegmentKind, traits: SegmentTraits = {}): Pattern => ({
  text: { en: `${host.name} gets ${kind}`, zh: `${host.name} 收到 ${kind}` },
  matches: (entry) =>
    entry.host === host.index && entry.type === 'segment' && entry.direction === 'in' && isSegment(entry, kind, traits),
  drawn: { host: host.index, expected: { direction: 'in', segment: segmentText(kind, traits) } },
});

/** What waits in TIME_WAIT, or in FIN_WAIT_2 without a user, is no connection any more: the table tells of it. */
function stateEntered(entry: LogEntry): State | null {
  if (entry.type === 'state') return entry.to;
  if (entry.type !== 'timeWait' || isRestart(entry)) return null;
  return entry.action === 'leave' ? 'CLOSED' : entry.state;
}

/** A wait that begins anew in the table is the same wait; but one that began there as FIN_WAIT_2 gets the peer's FIN first. */
const isRestart = ({ action, cause }: TimeWaitLogEntry): boolean =>
  action === 'restart' && cause.text !== causes.finReceived.text;

/** A connection of a host comes into a state. TIME_WAIT and an orphan's FIN_WAIT_2 are states, too. */
export const enters = (host: LabHost, state: State, socket?: LabSocket): Pattern => ({
  text: { en: `${host.name} enters ${state}`, zh: `${host.name} 进入 ${state}` },
  matches: (entry) =>
    entry.host === host.index &&
    stateEntered(entry) === state &&
    (socket === undefined || entry.connection === socket.connection.id),
  drawn: { host: host.index, expected: { state } },
});

/** A host drops a segment. */
export const drops = (host: LabHost, reason: TcpDrop): Pattern => ({
  inside: host,
  text: { en: `${host.name} drops a segment (${reason})`, zh: `${host.name} 丢弃一个报文段（${reason}）` },
  matches: (entry) => entry.host === host.index && entry.type === 'drop' && entry.reason === reason,
});

/** The path loses a packet, or somebody on it does. */
export const isLost = (kind: SegmentKind = 'any'): Pattern => ({
  text: { en: `${kind} is lost on the path`, zh: `${kind} 在路上丢失` },
  matches: (entry) => entry.type === 'impairment' && entry.action === 'dropped' && isKind(entry, kind),
});

function isKind({ flags = '', length = 0 }: { flags?: string; length?: number }, kind: SegmentKind): boolean {
  return KINDS[kind]({ flags, length } as SegmentEntry);
}

/** The reason of a kernel, which keeps it to itself. */
const UNKNOWN = 'unknown';

/** A host sends something again. */
export const retransmits = (host: LabHost, reason?: string): Pattern => ({
  text: { en: `${host.name} retransmits`, zh: `${host.name} 重传` },
  matches: (entry) =>
    entry.host === host.index &&
    entry.type === 'retransmit' &&
    (reason === undefined || entry.reason === reason || entry.reason === UNKNOWN),
});

/** A call of an application fails with that code. */
export const fails = (host: LabHost, code: string): Pattern => ({
  text: { en: `an application on ${host.name} gets ${code}`, zh: `${host.name} 上的应用程序得到 ${code}` },
  matches: (entry) =>
    entry.host === host.index && entry.type === 'note' && entry.kind === 'application' && entry.text.en.endsWith(code),
});

const actionOf = (entry: TimeWaitLogEntry): TimeWaitLogEntry['action'] =>
  entry.action === 'restart' && !isRestart(entry) ? 'enter' : entry.action;

/** TIME_WAIT of a host begins, begins anew or ends. */
export const timeWait = (host: LabHost, action: 'enter' | 'restart' | 'leave'): Pattern => ({
  text: {
    en: `TIME_WAIT of ${host.name}: ${action}`,
    zh: `${host.name} 的 TIME_WAIT：${{ enter: '开始', restart: '重新计时', leave: '结束' }[action]}`,
  },
  matches: (entry) =>
    entry.host === host.index && entry.type === 'timeWait' && entry.state === 'TIME_WAIT' && actionOf(entry) === action,
});

/** An application's call. */
export const calls = (host: LabHost, call: Extract<LogEntry, { type: 'call' }>['call']): Pattern => ({
  text: { en: `an application on ${host.name} calls ${call}`, zh: `${host.name} 上的应用程序调用 ${call}` },
  matches: (entry) => entry.host === host.index && entry.type === 'call' && entry.call === call,
});

/** Any entry of the log, for what has no word here. */
export const happens = (text: Text, matches: (entry: LabEntry) => boolean): Pattern => ({ text, matches });
