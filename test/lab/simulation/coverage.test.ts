import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Coverage } from '../../../src/lab/simulation/coverage.ts';

it('counts which octets were there already, as a set of octets does', () => {
  const range = fc.tuple(fc.nat(60), fc.nat(12));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 40 }), range, (ranges, [at, length]) => {
      const coverage = new Coverage();
      const octets = new Set<number>();
      const count = (from: number, to: number): number => [...octets].filter((n) => n >= from && n < to).length;
      for (const [from, size] of ranges) {
        expect(coverage.add(from, from + size)).toBe(count(from, from + size));
        for (let n = from; n < from + size; n++) octets.add(n);
      }
      expect(coverage.count(at, at + length)).toBe(count(at, at + length));
    }),
  );
});
