import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Bag, type Place } from '../../src/basics/bag.ts';

describe('A Bag', () => {
  test('has what was added and not taken out, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40)), (choices) => {
        const bag = new Bag<number>();
        const places = new Map<number, Place>();
        choices.forEach((choice, i) => {
          const place = places.get(choice);
          if (place === undefined) places.set(i, bag.add(i));
          else {
            places.delete(choice);
            expect(bag.remove(place)).toBe(true);
            expect(bag.remove(place)).toBe(false);
          }
          expect(bag.size).toBe(places.size);
          expect(bag.items().sort((a, b) => a - b)).toEqual([...places.keys()].sort((a, b) => a - b));
        });
      }),
    );
  });

  test('may lose items while a list of them is gone through', () => {
    const bag = new Bag<string>();
    const places = ['a', 'b', 'c'].map((item) => bag.add(item));
    const seen = bag.items().map((item) => {
      for (const place of places) bag.remove(place);
      return item;
    });
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(bag.size).toBe(0);
  });
});
