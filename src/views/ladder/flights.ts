import type { ImpairmentEntry, SegmentEntry } from '../../observe/log/schema.ts';
import { seqDiff } from '../../wire/seq.ts';
import type { Arrow } from './items.ts';

/** Numbers of one connection don't lie so far apart. */
const FAR = 1 << 20;

interface Flight {
  arrow: Arrow;
  entry: SegmentEntry;
}

/** So many segments are remembered until they arrive. */
const FLIGHTS_MAX = 4096;

/** The segments of one end that are under way, so that what is said of them elsewhere finds their arrows. */
export class Flights {
  private readonly flights: Flight[] = [];
  /** When the last one left of those that have arrived. */
  private latest = Number.NEGATIVE_INFINITY;

  leave(arrow: Arrow, entry: SegmentEntry): void {
    this.flights.push({ arrow, entry });
    if (this.flights.length > FLIGHTS_MAX) this.flights.shift();
  }

  /**
   * The arrow of a segment that arrives, or of the super-segment that it is a piece of; null: it left before the log began.
   *
   * @returns whole: nothing more of it is under way. overtaken: something that left later is here already
   */
  arrival(entry: SegmentEntry): { arrow: Arrow; whole: boolean; overtaken: boolean } | null {
    const find = (is: (left: SegmentEntry) => boolean): number =>
      this.flights.findIndex((flight) => flight.arrow.fate !== 'lost' && is(flight.entry));
    let at = find((left) => isSame(left, entry) && left.window === entry.window);
    // A host that has forgotten the connection doesn't know the window's scale any more.
    if (at < 0) at = find((left) => isSame(left, entry));
    if (at < 0) at = find((left) => isPiece(entry, left));
    if (at < 0) at = find((left) => isOfAnother(left, entry));
    if (at < 0) return null;
    const { arrow, entry: left } = this.flights[at]!;
    const whole = entry.length === 0 || endOf(entry) === endOf(left);
    // What the path made two of arrives a second time: as an arrow of its own, from nowhere.
    if (whole) this.flights.splice(at, 1);
    const overtaken = left.time < this.latest;
    this.latest = Math.max(this.latest, left.time);
    return { arrow, whole, overtaken };
  }

  /**
   * The arrow of the packet that the path did something to, if it is not drawn yet.
   *
   * @param seq in the numbers of the segments here
   */
  impaired({ flags, length, time }: ImpairmentEntry, seq: number | undefined): Arrow | null {
    const isIt = ({ arrow, entry }: Flight): boolean =>
      !arrow.drawn &&
      arrow.at <= time &&
      entry.flags === (flags ?? entry.flags) &&
      entry.length === (length ?? entry.length) &&
      (seq === undefined || entry.absolute === true || entry.seq === seq);
    // What is lost is lost, and what left before is held up already: it is the one that left last to which something is done now.
    const alive = this.flights.findLast((flight) => flight.arrow.fate !== 'lost' && isIt(flight));
    return (alive ?? this.flights.find(isIt))?.arrow ?? null;
  }

  /** What is drawn can't be changed any more: the first of them are. */
  forget(): void {
    while (this.flights[0]?.arrow.drawn) this.flights.shift();
  }
}

const endOf = ({ seq, length }: SegmentEntry): number => (seq + length) | 0;

const isSame = (a: SegmentEntry, b: SegmentEntry): boolean =>
  a.seq === b.seq && a.length === b.length && a.flags === b.flags && a.ack === b.ack;

/**
 * A host that was switched off and on again and its peer count from other numbers, for one connection each: what carries no data is then the
 * same by its flags alone.
 */
const isOfAnother = (a: SegmentEntry, b: SegmentEntry): boolean =>
  a.length === 0 && b.length === 0 && a.flags === b.flags && Math.abs(seqDiff(a.seq | 0, b.seq | 0)) > FAR;

/** Is it cut from a super-segment? */
function isPiece(piece: SegmentEntry, of: SegmentEntry): boolean {
  if (piece.length === 0) return false;
  const from = seqDiff(piece.seq | 0, of.seq | 0);
  return from >= 0 && from + piece.length <= of.length;
}
