import type { BulkEntry, SegmentEntry } from '../../observe/log/schema.ts';
import type { Micros } from '../../time/wheel.ts';
import type { Arrow, Fold, FoldCount, Side } from './items.ts';
import { segmentParts } from './label.ts';

/** One that arrives, and of which nothing else is known. */
export const arrowOf = (at: Micros, from: Side, parts: Arrow['parts']): Arrow => ({
  ...{
    kind: 'arrow',
    at,
    from,
    parts,
    fate: 'arrives',
    took: null,
    half: null,
    arrival: 0,
    drawn: false,
    states: {},
    tcb: {},
  },
  ...{ doubled: false, overtaken: false, damaged: false, forgedBy: null, plain: false },
  ...{ segments: 1, octets: 0, why: null },
});

/** Of a segment that an attacker made up, not the end that it names. */
export function forgedArrow(entry: SegmentEntry, from: Side, forgedBy: string, whole: boolean): Arrow {
  const arrow = arrowOf(entry.time, from, segmentParts(entry, whole, null));
  return { ...arrow, style: 'bad', forgedBy, octets: entry.length };
}

/** The far end of one whose row is drawn already, as that of one under way. */
export const arrivalOf = (arrow: Arrow): Arrow => ({ ...arrow, at: arrow.at + arrow.took!, half: 'arrival' });

/** Segments that the log has only counted. ACKs are among them, but for those of an end that has sent no octets. */
export function bulkOf(entry: BulkEntry, here: Side): Fold {
  const { since, time, segmentsIn, segmentsOut, octetsIn, octetsOut } = entry;
  const count = (segments: number, octets: number): FoldCount =>
    octets > 0 ? { segments, octets, acks: 0, arrivals: 0 } : { segments: 0, octets, acks: segments, arrivals: 0 };
  const [ours, theirs] = [count(segmentsOut, octetsOut), count(segmentsIn, octetsIn)];
  const sent = here === 'left' ? { left: ours, right: theirs } : { left: theirs, right: ours };
  return { kind: 'fold', at: since, until: time, sent };
}
