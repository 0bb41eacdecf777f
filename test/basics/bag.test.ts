import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Bag, type Place } from '../../src/basics/bag.ts';
import { IdTable } from '../../src/basics/id-table.ts';

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

describe('A table by number', () => {
  const steps = fc.array(fc.record({ id: fc.nat(300), add: fc.boolean() }), { maxLength: 400 });

  test('is a Map', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(1, 16, 1024), (choices, apart) => {
        const table = new IdTable<string>();
        const map = new Map<number, string>();
        for (const { id: n, add } of choices) {
          // Numbers that are a multiple of the size apart all want the same place.
          const id = n * apart;
          if (add) {
            table.set(id, `${id}`);
            map.set(id, `${id}`);
          } else expect(table.delete(id)).toBe(map.delete(id));
          expect(table.size).toBe(map.size);
        }
        for (let n = 0; n <= 300; n++) expect(table.get(n * apart)).toBe(map.get(n * apart));
      }),
    );
  });

  test('keeps up with numbers that grow for ever', () => {
    const table = new IdTable<number>();
    for (let id = 0; id < 100_000; id++) {
      table.set(id, id);
      if (id >= 32) expect(table.delete(id - 32)).toBe(true);
      expect(table.get(Math.max(0, id - 5))).toBe(Math.max(0, id - 5));
    }
    expect(table.size).toBe(32);
  });
});
