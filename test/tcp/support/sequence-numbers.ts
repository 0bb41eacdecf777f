import fc from 'fast-check';

/** Sequence numbers to begin at, those around the two wraps more often than chance has them. */
export const anySequence = fc.oneof(fc.integer(), fc.constantFrom(0, -1, -100, 0x7fffffff, 0x7fffff00, -0x80000000));
