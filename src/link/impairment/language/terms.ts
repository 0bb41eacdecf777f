import type { Micros } from '../../../time/wheel.ts';

/** `out`: what our host sends. `in`: what it gets. */
export type Direction = 'out' | 'in';

/** A part of all packets, 0 to 1. */
export type Chance = number;

/** What a path does to packets: the parsed form of the text that IMPAIR.md describes. */
export interface Impairments {
  readonly out: Faults;
  readonly in: Faults;
  /** In the order of the text. */
  readonly rules: readonly Rule[];
}

/** What happens to any packet of one direction; null: that doesn't. */
export interface Faults {
  readonly delay: Delay | null;
  readonly loss: Loss | null;
  readonly duplicate: Chance | null;
  readonly reorder: Reorder | null;
  readonly corrupt: Chance | null;
  readonly truncate: Truncate | null;
  readonly rate: Rate | null;
}

/** Each packet takes `time`, and up to `jitter` more or less. None overtakes another. */
export interface Delay {
  readonly time: Micros;
  readonly jitter: Micros;
}

/**
 * The model of Gilbert and Elliott: a path is in a good or in a bad state, changes between them with each packet by chance,
 * and loses packets by the chance of its state. Independent losses are a path that is always good.
 */
export interface Loss {
  /** How it was asked for: by the mean alone, with the mean length of a burst, or by the four chances. */
  readonly form: 'random' | 'burst' | 'gemodel';
  /** The share of all packets that is lost, and how many in a row on average, where `form` names them. */
  readonly mean: Chance;
  readonly burst: number;
  readonly toBad: Chance;
  readonly toGood: Chance;
  readonly whenBad: Chance;
  readonly whenGood: Chance;
  /** A packet of an ECN-capable transport is marked instead (RFC 3168, section 5). */
  readonly ecn: boolean;
}

/** A chosen packet comes after `behind` packets that followed it, or after `time`. One of the two is null. */
export interface Reorder {
  readonly chance: Chance;
  readonly behind: number | null;
  readonly time: Micros | null;
}

export interface Truncate {
  readonly chance: Chance;
  /** The length that is left of the IP packet, in bytes; null: a random one. */
  readonly to: number | null;
}

/** How much may wait: packets, octets, time at the rate; null: that is no limit. All of them hold. */
export interface Limits {
  readonly packets: number | null;
  readonly bytes: number | null;
  readonly time: Micros | null;
}

/** A bottleneck: one packet after the other, at this speed, and a queue before it. */
export interface Rate extends Limits {
  readonly bitsPerSecond: number;
  /** The queue's limits. All null: 100 ms at this rate, and room for ten long packets at least. */
  readonly packets: number | null;
  readonly bytes: number | null;
  readonly time: Micros | null;
  /** ECN-capable packets that find so much in the queue are marked; null: none are. */
  readonly mark: Limits | null;
  readonly codel: CodelSettings | null;
}

/** RFC 8289: what standing delay is acceptable, and for how long it may be exceeded. */
export interface CodelSettings {
  readonly target: Micros;
  readonly interval: Micros;
  readonly ecn: boolean;
}

/** What kinds of packets a rule can name. They overlap: a FIN with data is DATA too. */
export const KINDS = ['any', 'TCP', 'UDP', 'ICMP', 'SYN', 'SYN-ACK', 'ACK', 'DATA', 'FIN', 'RST'] as const;

export type Kind = (typeof KINDS)[number] | 'ACK of SYN-ACK' | 'ACK of FIN';

/** Which of the packets that match: all, from the first number to the second, each so many'th, or by chance. */
export type Which =
  | { readonly type: 'all' }
  | { readonly type: 'range'; readonly from: number; readonly to: number }
  | { readonly type: 'every'; readonly n: number }
  | { readonly type: 'chance'; readonly chance: Chance };

/** Which packets a rule is about. */
export interface Selection {
  readonly kind: Kind;
  readonly which: Which;
  /** Source or destination port; null: any. */
  readonly port: number | null;
  /** Relative sequence numbers, the SYN being 0 and the first octet of data 1: a segment that has one of them. */
  readonly seq: { readonly from: number; readonly to: number } | null;
  /** All connections are counted together; else each for itself. */
  readonly overall: boolean;
}

/** Where a bit is flipped. `header` and `checksum` are the transport's. */
export type Where = 'anywhere' | 'header' | 'checksum' | 'payload';

export type Deed =
  | { readonly verb: 'drop' }
  | { readonly verb: 'hold'; readonly time: Micros | null; readonly behind: number | null }
  | { readonly verb: 'duplicate'; readonly after: Micros }
  | { readonly verb: 'corrupt'; readonly where: Where }
  | { readonly verb: 'truncate'; readonly to: number }
  | { readonly verb: 'mark' }
  /** Both ends get a RST, as from a middlebox; with `after`, once a connection has sent more than so many octets. */
  | { readonly verb: 'rst'; readonly after: number | null }
  /** What was chosen passes, or so many octets do; then nothing of the connection does, either way. */
  | { readonly verb: 'blackhole'; readonly after: number | null };

export type Verb = Deed['verb'];

export interface Rule {
  readonly deed: Deed;
  readonly selection: Selection;
  /** Null: each direction, and each with a count of its own. */
  readonly direction: Direction | null;
}

export const NO_FAULTS: Faults = {
  delay: null,
  loss: null,
  duplicate: null,
  reorder: null,
  corrupt: null,
  truncate: null,
  rate: null,
};
