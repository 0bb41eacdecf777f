import type { LogEntry, SegmentEntry } from '../observe/log/schema.ts';

/** A kind of segments, as rules have them. */
export type SegmentKind = 'SYN' | 'SYN-ACK' | 'FIN' | 'RST' | 'ACK' | 'DATA' | 'any';

const KINDS: Readonly<Record<SegmentKind, (flags: string, length: number) => boolean>> = {
  SYN: (flags) => flags.includes('S') && !flags.includes('.'),
  'SYN-ACK': (flags) => flags.includes('S') && flags.includes('.'),
  FIN: (flags) => flags.includes('F'),
  RST: (flags) => flags.includes('R'),
  ACK: (flags, length) => length === 0 && flags === '.',
  DATA: (_, length) => length > 0,
  any: () => true,
};

/** @throws TypeError that names the kinds */
function testOf(kind: SegmentKind): (flags: string, length: number) => boolean {
  const test = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (test === undefined) {
    throw new TypeError(`There is no kind of segments ${JSON.stringify(kind)}: ${Object.keys(KINDS).join(', ')}`);
  }
  return test;
}

/** Is it a segment of that kind that left its host? A super-segment is one. */
export function isSent(entry: LogEntry, kind: SegmentKind): entry is SegmentEntry {
  const test = testOf(kind);
  return entry.type === 'segment' && entry.direction === 'out' && test(entry.flags, entry.length);
}

/** Was it dropped on the way? */
export function isLost(entry: LogEntry, kind: SegmentKind): boolean {
  const test = testOf(kind);
  return entry.type === 'impairment' && entry.action === 'dropped' && test(entry.flags ?? '', entry.length ?? 0);
}
