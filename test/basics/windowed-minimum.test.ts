import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WindowedMinimum } from '../../src/basics/windowed-minimum.ts';

const WINDOW = 10;

describe('the least of a window (Kathleen Nichols)', () => {
  it('is infinity before the first value, and that value then', () => {
    const least = new WindowedMinimum();
    expect(least.value).toBe(Number.POSITIVE_INFINITY);
    expect(least.add(7, 100, WINDOW)).toBe(7);
  });

  it('falls at once, and rises when the least has grown too old', () => {
    const least = new WindowedMinimum();
    const values = [9, 5, 8, 7, 6, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9];
    const seen = values.map((value, at) => least.add(value, at, WINDOW));
    // 5 came at 1: at 12 it is older than the window; of those after it 6, at 4, was least, until 15.
    expect(seen).toEqual([9, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 6, 6, 6, 9, 9]);
  });

  it('begins anew after a pause longer than the window', () => {
    const least = new WindowedMinimum();
    least.add(1, 0, WINDOW);
    expect(least.add(50, 11, WINDOW)).toBe(50);
  });

  it('is a value of the window, never less than its least, and right while the least is young', () => {
    const steps = fc.array(
      fc.record({ value: fc.integer({ min: 1, max: 1000 }), after: fc.integer({ min: 0, max: 4 }) }),
    );
    fc.assert(
      fc.property(steps, (all) => {
        const least = new WindowedMinimum();
        const kept: { value: number; at: number }[] = [];
        let at = 0;
        for (const { value, after } of all) {
          at += after;
          kept.push({ value, at });
          const answer = least.add(value, at, WINDOW);
          const inWindow = kept.filter((one) => at - one.at <= WINDOW).map((one) => one.value);
          expect(inWindow).toContain(answer);
          const young = Math.min(...kept.filter((one) => at - one.at <= WINDOW / 4).map((one) => one.value));
          expect(answer).toBeLessThanOrEqual(young);
        }
      }),
    );
  });
});
