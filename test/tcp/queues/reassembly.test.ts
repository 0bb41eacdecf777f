import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PIECE_COST, Reassembly } from '../../../src/tcp/queues/reassembly.ts';
import { ReceiveQueue } from '../../../src/tcp/queues/receive-queue.ts';
import { seqAdd, seqDiff } from '../../../src/wire/seq.ts';
import { Slab } from '../../../src/wire/slab.ts';
import { firstDifference, stream } from '../../support/user.ts';
import { anySequence } from '../support/sequence-numbers.ts';

describe('reassembly', () => {
  it('holds each octet once, hands over what has no hole before it, as an array with gaps would', () => {
    const segment = fc.record({ at: fc.nat(400), length: fc.integer({ min: 1, max: 80 }), junk: fc.boolean() });
    fc.assert(
      fc.property(anySequence, fc.array(segment, { maxLength: 40 }), fc.nat(30), (origin, segments, every) => {
        const reassembly = new Reassembly();
        const queue = new ReceiveQueue();
        const here = new Set<number>();
        let next = 0;
        const total = new Uint8Array(600);
        let got = 0;
        segments.forEach(({ at, length }, i) => {
          const from = Math.max(at, next);
          const to = at + length;
          if (from >= to) return;
          if (from > next) {
            const slab = stream('peer', from, to - from);
            expect(reassembly.has(seqAdd(origin, from), seqAdd(origin, to))).toBe(
              Array.from({ length: to - from }, (_, k) => from + k).every((octet) => here.has(octet)),
            );
            expect(reassembly.insert(slab, seqAdd(origin, from), 0, to - from, 1 << 30)).toBe(true);
            slab.fill(0xdb);
            for (let octet = from; octet < to; octet++) here.add(octet);
          } else {
            queue.push(new Slab(stream('peer', from, to - from)), 0, to - from);
            next = to;
            while (here.has(next)) next++;
            for (const octet of [...here]) if (octet < next) here.delete(octet);
            const nxt = reassembly.drain(seqAdd(origin, to), queue);
            expect(seqDiff(nxt, origin)).toBe(next);
          }
          if (i % (every + 1) === 0) queue.copyBorrowed();
          got += queue.copyInto(total.subarray(got));
          expect(got).toBe(next);
          expect(reassembly.isEmpty).toBe(here.size === 0);
        });
        expect(firstDifference(total.subarray(0, got), 'peer', 0)).toBe(-1);
        reassembly.clear();
        expect([reassembly.isEmpty, reassembly.memory]).toEqual([true, 0]);
      }),
    );
  });

  it('refuses small pieces behind holes of their own when they cost more than two bytes an octet and some', () => {
    const reassembly = new Reassembly();
    const one = new Uint8Array(1);
    let kept = 0;
    for (let i = 0; i < 1000; i++) if (reassembly.insert(one, 10 + 2 * i, 0, 1, 1 << 30)) kept++;
    expect(kept).toBe(34);
    expect(reassembly.memory).toBe(34 * (64 + PIECE_COST));
    // Each of a few hundred octets pays for itself, and for more.
    for (let i = 0; i < 1000; i++)
      expect(reassembly.insert(new Uint8Array(400), 5000 + 500 * i, 0, 400, 1 << 30)).toBe(true);
    expect(reassembly.insert(one, 4000, 0, 1, 1 << 30)).toBe(true);
    expect(reassembly.insert(new Uint8Array(400), 4100, 0, 400, reassembly.memory)).toBe(false);
  });

  it('costs two bytes an octet at the most, and 16 KiB, whatever comes in whatever order', () => {
    const segment = fc.record({
      at: fc.nat(60_000),
      length: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3000 })),
    });
    fc.assert(
      fc.property(anySequence, fc.array(segment, { minLength: 50, maxLength: 400 }), (origin, segments) => {
        const reassembly = new Reassembly();
        for (const { at, length } of segments) {
          reassembly.insert(stream('peer', at, length), seqAdd(origin, at), 0, length, 1 << 30);
          expect(reassembly.memory).toBeLessThanOrEqual(16_384 + 2 * reassembly.octets);
        }
      }),
    );
  });

  it('joins neighbours, however they come: octet by octet, forwards, backwards, and covered by a long segment', () => {
    const rows: Record<string, number[]> = {
      forwards: Array.from({ length: 20_000 }, (_, i) => i),
      backwards: Array.from({ length: 20_000 }, (_, i) => 19_999 - i),
    };
    for (const order of Object.values(rows)) {
      const reassembly = new Reassembly();
      const refused = order.filter((i) => !reassembly.insert(stream('peer', i, 1), 10 + i, 0, 1, 1 << 30));
      expect(refused).toEqual([]);
      expect(reassembly.memory).toBeLessThan(2 * 20_000);
      expect(reassembly.pieces.length).toBeLessThan(50);
    }
    const reassembly = new Reassembly();
    for (let i = 0; i < 60; i += 2) reassembly.insert(stream('peer', 100 * i, 1), 100 * i, 0, 1, 1 << 30);
    expect(reassembly.insert(stream('peer', 0, 6000), 0, 0, 6000, 1 << 30)).toBe(true);
    expect([reassembly.octets, reassembly.pieces.length < 62]).toEqual([6000, true]);
  });
});
