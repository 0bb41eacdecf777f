import { describe, expect, it } from 'vitest';
import { FastOpenCache } from '../../../src/tcp/tables/fast-open-cache.ts';
import { Address, address } from '../../../src/wire/address.ts';

const LOCAL = address('10.0.0.1');
const server = (i: number): Address => new Address(0, 0, 0xffff, 0x0b000000 + i);
const SECOND = 1_000_000;

describe('the cache of Fast Open', () => {
  it('remembers 4096 servers, and forgets the one that was not used for longest', () => {
    const cache = new FastOpenCache();
    for (let i = 0; i < 4096; i++) cache.entry(LOCAL, server(i)).mss = 1000 + i;
    cache.entry(LOCAL, server(0)); // used again
    cache.entry(LOCAL, server(9999));
    expect(cache.size).toBe(4096);
    expect(cache.find(LOCAL, server(0))?.mss).toBe(1000);
    expect(cache.find(LOCAL, server(1))).toBeNull();
    expect(cache.find(LOCAL, server(2))?.mss).toBe(1002);
  });

  it('knows a server by both addresses: a cookie is good for one of ours', () => {
    const cache = new FastOpenCache();
    cache.entry(LOCAL, server(1));
    expect(cache.find(address('10.0.0.9'), server(1))).toBeNull();
    cache.clear();
    expect(cache.find(LOCAL, server(1))).toBeNull();
  });

  it('avoids a server after two drops in a row, for four minutes, and ever longer', () => {
    const entry = new FastOpenCache().entry(LOCAL, server(1));
    entry.drops = 1;
    expect(entry.isAvoided(0)).toBe(false);
    for (const [drops, minutes] of [
      [2, 4],
      [3, 8],
      [6, 64],
      [60, 64],
    ] as const) {
      entry.drops = drops;
      entry.droppedAt = 5 * SECOND;
      expect(entry.isAvoided((5 + minutes * 60) * SECOND - 1)).toBe(true);
      expect(entry.isAvoided((5 + minutes * 60) * SECOND)).toBe(false);
    }
  });

  it('pauses after a black hole, twice as long after the next, 64 times at the most, and not at all where the knob is 0', () => {
    const cache = new FastOpenCache();
    expect(cache.pauses(0, SECOND)).toBe(false);
    for (let holes = 1; holes <= 9; holes++) {
      cache.noteBlackHole(0);
      const wait = SECOND * 2 ** Math.min(holes - 1, 6);
      expect([cache.pauses(wait - 1, SECOND), cache.pauses(wait, SECOND), cache.pauses(0, 0)]).toEqual([
        true,
        false,
        false,
      ]);
    }
    cache.blackHoleIsGone();
    expect([cache.hadBlackHoles, cache.pauses(0, SECOND)]).toEqual([false, false]);
  });
});
