import { describe, expect, it } from 'vitest';
import { editDistance } from '../../src/basics/edit-distance.ts';
import { nearest } from '../../src/basics/nearest.ts';

describe('names that are near', () => {
  it.each([
    ['close', 'close', 0],
    ['clse', 'close', 1],
    ['colse', 'close', 1],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
  ])('%s and %s differ in %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });

  it('come with the nearest first, and none that is further away than it may be', () => {
    expect(nearest('clos', ['closed', 'cloze', 'close', 'open'], 2)).toEqual(['close', 'closed', 'cloze']);
    expect(nearest('x', ['y', 'ab'], 5)).toEqual([]);
  });
});
