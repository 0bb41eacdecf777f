import type { Cause } from '../../tcp/terms/causes.ts';
import type { TcpDrop } from '../../tcp/terms/drops.ts';
import type { HoldReason } from '../../tcp/terms/holds.ts';
import type { State } from '../../tcp/terms/state.ts';

/**
 * The event log: what a host's TCP did, in order, each entry with its cause and with the number of the entry that brought it
 * about. An entry is plain JSON; a log is one entry a line, the first of them the header. `LOG.md` beside this file is the
 * page about it.
 */

/** A reader takes every log with its own first number; the second one grows when something is added. */
export const LOG_VERSION = '1.2';

/** What all entries have. */
export interface EntryHead {
  /**
   * From 1, growing. A number that is missing belongs to an event that this log was not asked for. 0: the entry tells of no
   * event (`log`, `connection`, `gap`).
   */
  id: number;
  /** The entry that this one is an effect of; absent: what caused it is not in the log (a call by the user, a packet). */
  because?: number | undefined;
  /** Microseconds on the host's clock, which begins anywhere and never goes back. */
  time: number;
  /** The connection, as a `connection` entry before this one introduced it; absent: none is concerned. */
  connection?: number;
  /**
   * In a log of several hosts: which one this happened at, as its place in the header's `hosts`. Each host has numbers of its
   * own for its entries and connections.
   */
  host?: number;
}

/** The first line of a log. */
export interface LogHeader extends EntryHead {
  type: 'log';
  version: string;
  /** Wall-clock time of `time`, ISO 8601, where there is such a thing: a host in virtual time has none. */
  date?: string;
  /** What made the log, and whose it is. */
  program: string;
  addresses: string[];
  /** In a log of several hosts: all of them. */
  hosts?: { name: string; addresses: string[] }[];
}

/** Comes before the first entry of a connection: who talks to whom, and where it is when the log begins. */
export interface ConnectionEntry extends EntryHead {
  type: 'connection';
  connection: number;
  local: string;
  localPort: number;
  remote: string;
  remotePort: number;
  opened: 'actively' | 'passively';
  state: State;
  /** Initial sequence numbers, unsigned: ours, and the peer's where it is known. */
  iss: number;
  irs?: number;
}

/** The options of a segment, those that it has. */
export interface OptionsEntry {
  mss?: number;
  wscale?: number;
  sackPermitted?: true;
  /** Fast Open: the cookie in hexadecimal, empty: a request for one; and whether the option has the form of the experiment that it was. */
  fastOpen?: string;
  fastOpenExperimental?: true;
  /** TSval and TSecr, unsigned. */
  ts?: [number, number];
  /** SACK blocks: left and right edges, relative as `seq` of the other side's segments is. */
  sack?: [number, number][];
  /** AccECN's counters of octets as they stand in it, of ECT(1), CE and ECT(0): those that it has (RFC 9768, section 3.2.3). */
  accEcn?: { e1b?: number; ceb?: number; e0b?: number };
}

export interface SegmentEntry extends EntryHead {
  type: 'segment';
  direction: 'in' | 'out';
  local: string;
  localPort: number;
  remote: string;
  remotePort: number;
  /** In tcpdump's letters: S, S., P., F., R. */
  flags: string;
  /** Relative to the sender's ISN where it is known (its SYN is 0, its first octet 1), unsigned. */
  seq: number;
  /** Relative to the other side's ISN; absent without ACK. */
  ack?: number;
  /** The numbers are absolute, since the ISNs aren't known: the segment belongs to no connection. */
  absolute?: true;
  /** The window in octets, scaled up where its scale is known. */
  window: number;
  /** Octets of data. */
  length: number;
  /** Of a super-segment: how many segments it stands for, when more than one. */
  count?: number;
  urgent?: number;
  /** The ECN field of its packet (RFC 3168, section 5); absent: Not-ECT. */
  ecn?: 'ect0' | 'ect1' | 'ce';
  options?: OptionsEntry;
  /** Of those that leave: why. */
  cause?: Cause;
  /** What the connection's variables are after it, for a reader that asked for them. */
  tcb?: TcbFields;
}

/** Some of a TCB, sequence numbers relative as `seq` and `ack` of segments that leave. */
export interface TcbFields {
  sndUna: number;
  sndNxt: number;
  /** In octets. */
  sndWnd: number;
  /** Absent before the peer's SYN. */
  rcvNxt?: number;
  rcvWnd: number;
  /** In segments. */
  cwnd: number;
  ssthresh: number;
  inFlight: number;
  /** Microseconds. */
  rto: number;
}

export interface StateEntry extends EntryHead {
  type: 'state';
  connection: number;
  from: State;
  to: State;
  /** How long it was in `from`, in microseconds. */
  lasted: number;
  cause: Cause;
}

export interface RetransmitEntry extends EntryHead {
  type: 'retransmit';
  connection: number;
  seq: number;
  length: number;
  /** RTO, fast retransmit, ... (`RetransmitReason`). */
  reason: string;
  /** Which retransmission of this data it is, from 1, and how many there may be (R2); absent where no limit applies. */
  attempt?: number;
  limit?: number;
  cause: Cause;
}

/** Octets are believed lost, or no longer so. */
export interface LossEntry extends EntryHead {
  type: 'loss';
  connection: number;
  action: 'marked' | 'undone';
  /** Segments believed lost and not sent again yet, after this. */
  lost: number;
  cause: Cause;
}

export interface DropEntry extends EntryHead {
  type: 'drop';
  reason: TcpDrop;
  /** The SNMP or netstat counter that counts it as Linux does, where there is one. */
  counter?: string;
  cause: Cause;
}

export type TimerKind =
  | 'retransmit'
  | 'tail loss probe'
  | 'reordering'
  | 'window probe'
  | 'delayed ACK'
  | 'keep-alive'
  | 'FIN_WAIT_2'
  | 'pacing';

export interface TimerEntry extends EntryHead {
  type: 'timer';
  connection: number;
  timer: TimerKind;
  /** moved: it ran already, and has another deadline now. */
  action: 'set' | 'moved' | 'fired' | 'cancelled';
  /** When it fires, on the clock of `time`; of one that is cancelled: when it would have. */
  deadline: number;
  cause: Cause;
}

export interface CwndEntry extends EntryHead {
  type: 'cwnd';
  connection: number;
  /** In segments. */
  cwnd: number;
  ssthresh: number;
  inFlight: number;
  cause: Cause;
}

/** The peer's window (`snd.wnd`) or ours (`rcv.wnd`) shut, or opened again. */
export interface WindowEntry extends EntryHead {
  type: 'window';
  connection: number;
  side: 'peer' | 'own';
  /** In octets. */
  before: number;
  window: number;
  cause: Cause;
}

/** What became of Explicit Congestion Notification, or what it told: the cause says it. */
export interface EcnEntry extends EntryHead {
  type: 'ecn';
  connection: number;
  cause: Cause;
}

export interface RttEntry extends EntryHead {
  type: 'rtt';
  connection: number;
  /** All in microseconds. */
  sample: number;
  srtt: number;
  rttvar: number;
  rto: number;
  cause: Cause;
}

/** What holds the connection back from now on, and what did until now. */
export interface HoldEntry extends EntryHead {
  type: 'hold';
  connection: number;
  hold: HoldReason;
  before: HoldReason;
  /** How long `before` held it, in microseconds. */
  lasted: number;
  /** Octets that wait to be sent for the first time. */
  unsent: number;
  cause: Cause;
}

/** The queues of a listener changed. */
export interface QueueEntry extends EntryHead {
  type: 'queue';
  local: string;
  localPort: number;
  synQueue: number;
  acceptQueue: number;
  backlog: number;
  cause: Cause;
}

export interface TimeWaitLogEntry extends EntryHead {
  type: 'timeWait';
  action: 'enter' | 'restart' | 'leave';
  local: string;
  localPort: number;
  remote: string;
  remotePort: number;
  state: 'TIME_WAIT' | 'FIN_WAIT_2';
  /** Microseconds until it ends by itself. */
  left: number;
  cause: Cause;
}

export interface CallEntry extends EntryHead {
  type: 'call';
  call: 'connect' | 'listen' | 'accept' | 'write' | 'read' | 'shutdown' | 'close' | 'abort';
  /** Of a write or read: how many octets; and how many then wait in that queue. */
  octets?: number;
  queued?: number;
  /** Of `listen` and of a listener's `accept` and `close`. */
  local?: string;
  localPort?: number;
  cause: Cause;
}

export interface IcmpEntry extends EntryHead {
  type: 'icmp';
  /** What the message says ("fragmentation needed", "port unreachable"), and who sent it. */
  message: string;
  /** The next-hop MTU of a "too big". */
  mtu?: number;
  cause: Cause;
}

/** A path that misbehaves on request did so to a packet (`src/link/impairment`). */
export interface ImpairmentEntry extends EntryHead {
  type: 'impairment';
  direction: 'in' | 'out';
  /** dropped, delayed, held, reordered, duplicated, corrupted, truncated, marked (CE), injected (a RST). */
  action: string;
  /** Of a drop, where the rule doesn't say it: QueueFull, Codel, TooMuchHeld. */
  reason?: string;
  /** The rule that asked for it, in its own words. */
  rule: string;
  /** Of a segment that an attacker in the lab injects: his name. */
  by?: string;
  /** Microseconds that the packet is held for, where it is. */
  delay?: number;
  /** The packet's ends as its header has them, from our side. */
  local?: string;
  localPort?: number;
  remote?: string;
  remotePort?: number;
  flags?: string;
  /** Unsigned, absolute. */
  seq?: number;
  length?: number;
}

/** Ordinary segments that were counted instead of written down: data in order, and their ACKs. */
export interface BulkEntry extends EntryHead {
  type: 'bulk';
  connection: number;
  /** When the first of them came or left; `time` is the last one's. */
  since: number;
  segmentsIn: number;
  segmentsOut: number;
  /** Octets of data. */
  octetsIn: number;
  octetsOut: number;
}

/** Something that a scenario of the lab says, in each of its languages. */
export interface NoteEntry extends EntryHead {
  type: 'note';
  /**
   * explanation: what the entry before it means. application: what a call of an application returned. missing: what was
   * expected behind the entry before it, and did not come.
   */
  kind: 'explanation' | 'application' | 'missing';
  text: { readonly en: string; readonly zh: string };
  /** Where it is written. */
  source?: string;
  /** Where what it speaks of belongs to no connection: the ends of the segment, from the side of `host`. */
  local?: string;
  localPort?: number;
  remote?: string;
  remotePort?: number;
  /** Of what is missing: the segment, or the state. */
  expected?: ExpectedEntry;
}

/** As the host of its entry would have told of it. */
export type ExpectedEntry =
  | { direction: 'in' | 'out' /** As it is written on an arrow: `FIN`. */; segment: string }
  | { state: State };

/** This reader was too slow: so many entries were not kept for it. */
export interface GapEntry extends EntryHead {
  type: 'gap';
  entries: number;
}

export type LogEntry =
  | LogHeader
  | ConnectionEntry
  | SegmentEntry
  | StateEntry
  | RetransmitEntry
  | LossEntry
  | DropEntry
  | TimerEntry
  | CwndEntry
  | WindowEntry
  | EcnEntry
  | RttEntry
  | HoldEntry
  | QueueEntry
  | TimeWaitLogEntry
  | CallEntry
  | IcmpEntry
  | ImpairmentEntry
  | BulkEntry
  | NoteEntry
  | GapEntry;

export type LogEntryType = LogEntry['type'];
