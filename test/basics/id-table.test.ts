import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IdTable, placeFor } from '../../src/basics/id-table.ts';

describe('A table by number', () => {
  const steps = fc.array(fc.record({ id: fc.nat(300), add: fc.boolean() }), { maxLength: 400 });

  test('is a Map', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(1, 16, 1024), (choices, apart) => {
        const table = new IdTable<string>();
        const map = new Map<number, string>();
        for (const { id: n, add } of choices) {
          // In a row, or far apart.
          const id = n * apart;
          if (add) {
            table.set(id, `${id}`);
            map.set(id, `${id}`);
          } else expect(table.delete(id)).toBe(map.delete(id));
          expect(table.size).toBe(map.size);
          expect(table.places).toBeLessThanOrEqual(Math.max(16, 8 * map.size));
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

  test('gives back the memory of a peak, and moves all seldom', () => {
    const table = new IdTable<number>();
    let last = table.places;
    let changes = 0;
    const noteChange = (): void => {
      if (table.places !== last) changes++;
      last = table.places;
    };
    for (let id = 0; id < 100_000; id++) {
      table.set(id, id);
      noteChange();
    }
    expect(table.places).toBe(2 ** 18);
    for (let id = 0; id < 99_900; id++) {
      table.delete(id);
      noteChange();
    }
    expect(table.places).toBeLessThanOrEqual(1024);
    expect(changes).toBeLessThanOrEqual(14 + 9);
    for (let id = 99_900; id < 100_000; id++) expect(table.get(id)).toBe(id);
    // Where one more or one less would change it, it is not changed for each.
    while (table.places === last) table.delete(100_000 - table.size);
    changes = 0;
    last = table.places;
    for (let id = 200_000; id < 210_000; id++) {
      table.set(id, id);
      noteChange();
      table.delete(id);
      noteChange();
    }
    expect(changes).toBe(0);
  });

  test.each([0, 100_000, 2 ** 31 - 50_000])('has numbers in a row, from %d on, apart from each other', (first) => {
    // With more that stay in one row of places, each new number that falls into it would have to pass them all.
    const places = 2 ** 18;
    const taken = new Uint8Array(places);
    for (let id = first; id < first + 100_000; id++) taken[placeFor(id, places)]!++;
    let longest = 0;
    let row = 0;
    for (const count of taken) {
      row = count > 0 ? row + count : 0;
      longest = Math.max(longest, row);
    }
    expect(longest).toBeLessThanOrEqual(4);
  });
});
