import type { State } from '../../tcp/terms/state.ts';
import type { Micros } from '../../time/wheel.ts';
import type { Style } from '../text/line.ts';

/** An end of the ladder. The end that opened the connection is on the left, as in the figures of RFC 9293. */
export type Side = 'left' | 'right';

export const otherSide = (side: Side): Side => (side === 'left' ? 'right' : 'left');

/** One word or more of what is written on an arrow. */
export interface Part {
  text: string;
  /** It may be left out where there is no room for it. */
  spare?: true;
}

/** What becomes of a packet on its way. `under way`: it isn't known yet. */
export type Fate = 'arrives' | 'lost' | 'held' | 'under way';

/** A segment on its way from one end to the other. */
export interface Arrow {
  kind: 'arrow';
  /** When it leaves; where only the receiver's log is known, when it arrives. */
  at: Micros;
  from: Side;
  parts: readonly Part[];
  style?: Style | undefined;
  fate: Fate;
  /** Who made it up, though it bears the address of `from`: he stands beside the path. null: it is `from`'s. */
  forgedBy: string | null;
  /** How long it takes, where the logs of both ends are known and it has arrived. */
  took: Micros | null;
  /** The path made two of it, or changed it. */
  doubled: boolean;
  /** What left later arrived before it. */
  overtaken: boolean;
  damaged: boolean;
  /** One of two rows, for its departure and its arrival (then `at` is that), since something happened in between. */
  half: 'departure' | 'arrival' | null;
  /** The how-manieth it was to arrive, where the logs of both ends are known; 0: it hasn't. */
  arrival: number;
  /** What state the two ends are in afterwards, where it changed. */
  states: Partial<Record<Side, State>>;
  /** One like many: it may be folded with others. */
  plain: boolean;
  segments: number;
  octets: number;
  /** It should have come, and did not. */
  missing?: true;
  /** Why it left. */
  why: string | null;
  /** Its row is drawn: what comes to be known now is too late for it. */
  drawn: boolean;
  /** The variables of the connection at either end after it. */
  tcb: Partial<Record<Side, string>>;
}

/** Something that happened at one end, or on the path between them. */
export interface Note {
  kind: 'note';
  at: Micros;
  side: Side | 'path';
  text: string;
  /** More of it, where there is room. */
  spare?: string;
  style?: Style | undefined;
  /** The state that this end is in from now on. */
  state: State | null;
  /** Of a user's call: its number in the log. */
  call?: number;
  /** It says that segments count as lost. */
  isLoss?: true;
}

/** What a scenario says about what stands above it, across the whole ladder. */
export interface Remark {
  kind: 'remark';
  at: Micros;
  text: string;
  /** Where it is written, in its brackets: it stays in one piece. */
  source?: string;
  style?: Style | undefined;
}

/** Many plain arrows in one row. */
export interface Fold {
  kind: 'fold';
  at: Micros;
  until: Micros;
  /** What went from each side. */
  sent: Readonly<Record<Side, FoldCount>>;
}

export interface FoldCount {
  segments: number;
  octets: number;
  acks: number;
  /** Rows for arrivals alone: their departures are told elsewhere. */
  arrivals: number;
}

export type Item = Arrow | Note | Remark | Fold;
