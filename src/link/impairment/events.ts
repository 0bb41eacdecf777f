import { DropCounts } from '../../basics/drop-counts.ts';
import type { Micros } from '../../time/wheel.ts';
import type { Direction } from './language/terms.ts';
import type { SeenPacket } from './packets/seen-packet.ts';

/** Why an impairment dropped a packet. */
export type ImpairmentDrop =
  /** By chance: `loss`. */
  | 'Loss'
  /** A rule chose it: `drop`, or `rst`, whose RSTs go in its place. */
  | 'Rule'
  /** Its connection lies behind a `blackhole`. */
  | 'Blackhole'
  /** The bottleneck's queue had no room for it. */
  | 'QueueFull'
  /** It stood too long in the bottleneck's queue (RFC 8289). */
  | 'Codel'
  /** More is held back already than memory is given for. */
  | 'TooMuchHeld';

interface Common {
  readonly now: Micros;
  readonly direction: Direction;
  /** What did it, as it would be written: `loss 3% burst 4`, `drop FIN 2 out`. */
  readonly by: string;
  /** The packet as it is now. Borrowed, with all that is in it, until the observer returns. */
  readonly packet: SeenPacket;
}

/** Something that an impairment did to a packet. Packets to which nothing happens make none. */
export type ImpairmentEvent =
  | (Common & { readonly action: 'dropped'; readonly reason: ImpairmentDrop })
  /** It will arrive at `until`: late for the path's delay or its bottleneck, `since` when it came; or held by a rule. */
  | (Common & { readonly action: 'delayed' | 'held'; readonly since: Micros; readonly until: Micros })
  /** It will arrive out of order: after so many packets that follow it (or at `until`, where fewer do), or at `until`. */
  | (Common & { readonly action: 'reordered'; readonly behind: number | null; readonly until: Micros })
  /** A second one is made, which has events of its own. */
  | (Common & { readonly action: 'duplicated' })
  /** The bit at this place of the IP packet was flipped: octet, and bit from the highest (0) to the lowest (7). */
  | (Common & { readonly action: 'corrupted'; readonly octet: number; readonly bit: number })
  /** Cut to the length that it has now. */
  | (Common & { readonly action: 'truncated'; readonly from: number })
  /** Congestion Experienced was set (RFC 3168). */
  | (Common & { readonly action: 'marked' })
  /** A RST that no host has sent. */
  | (Common & { readonly action: 'injected' });

export type ImpairmentObserver = (event: ImpairmentEvent) => void;

/** What was done so far in one direction, in packets. */
export class ImpairmentCounters {
  /** Those that came in, injected ones not counted; those that went on, duplicates and injected ones included. */
  packets = 0;
  passed = 0;
  delayed = 0;
  held = 0;
  reordered = 0;
  duplicated = 0;
  corrupted = 0;
  truncated = 0;
  marked = 0;
  injected = 0;
  readonly drops = new DropCounts<ImpairmentDrop>();
}
