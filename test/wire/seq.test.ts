import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seqAdd, seqDiff, seqGeq, seqGt, seqLeq, seqLt, seqMax, seqMin } from '../../src/wire/seq.ts';

/** Places on the circle where an arithmetic without wrap would go wrong. */
const PLACES = [0, 1, 0x7ffffffe, 0x7fffffff, -0x80000000, -0x7fffffff, -2, -1];

describe('sequence numbers (RFC 9293, section 3.4)', () => {
  it('compare rightly around every wrap, for every distance below 2^31', () => {
    for (const place of PLACES) {
      for (const distance of [1, 2, 1460, 65_535, 0x10000, 0x7ffffffe, 0x7fffffff]) {
        const later = seqAdd(place, distance);
        expect(seqDiff(later, place)).toBe(distance);
        expect(seqDiff(place, later)).toBe(-distance);
        expect([seqGt(later, place), seqGeq(later, place), seqLt(later, place), seqLeq(later, place)]).toEqual([
          true,
          true,
          false,
          false,
        ]);
        expect([seqMax(place, later), seqMin(place, later)]).toEqual([later, place]);
      }
      expect([seqLeq(place, place), seqGeq(place, place), seqLt(place, place), seqGt(place, place)]).toEqual([
        true,
        true,
        false,
        false,
      ]);
    }
  });

  it('are signed 32-bit integers, whatever is added', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), (seq, n) => {
        const sum = seqAdd(seq, n);
        expect(sum).toBe(sum | 0);
        expect(BigInt.asUintN(32, BigInt(seq) + BigInt(n))).toBe(BigInt(sum >>> 0));
      }),
    );
  });
});
