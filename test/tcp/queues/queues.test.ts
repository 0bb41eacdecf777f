import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PIECE_COST, Reassembly } from '../../../src/tcp/queues/reassembly.ts';
import { COPY_BELOW, ReceiveQueue } from '../../../src/tcp/queues/receive-queue.ts';
import { SendQueue } from '../../../src/tcp/queues/send-queue.ts';
import { Frame } from '../../../src/wire/frame.ts';
import { seqAdd, seqDiff } from '../../../src/wire/seq.ts';
import { Slab } from '../../../src/wire/slab.ts';
import { firstDifference, stream } from '../../support/user.ts';

/** Places to begin at, the wraps among them. */
const anywhere = fc.oneof(fc.integer(), fc.constantFrom(0, -1, -100, 0x7fffffff, 0x7fffff00, -0x80000000));

const payloadOf = (frame: Frame): Uint8Array =>
  Uint8Array.from(
    Array.from({ length: frame.sliceCount }, (_, i) => [
      ...frame.slices[i]!.subarray(frame.sliceFrom[i]!, frame.sliceTo[i]!),
    ]).flat(),
  );

describe('the send queue', () => {
  it('gives any range of what was written, whatever was acknowledged, and ends of writes, as a flat array would', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('write' as const), a: fc.nat(50), b: fc.nat(3) }),
      fc.record({ kind: fc.constant('ack' as const), a: fc.nat(1000), b: fc.nat(1000) }),
      fc.record({ kind: fc.constant('read' as const), a: fc.nat(1000), b: fc.nat(1000) }),
      fc.record({ kind: fc.constant('detach' as const), a: fc.constant(0), b: fc.constant(0) }),
    );
    fc.assert(
      fc.property(anywhere, fc.array(step, { maxLength: 120 }), (iss, steps) => {
        const queue = new SendQueue();
        queue.reset(iss);
        const all = stream('host', 0, 6000);
        let [written, acked] = [0, 0];
        for (const { kind, a, b } of steps) {
          const length = written - acked;
          if (kind === 'write') {
            // A slice of a larger piece, or the very next one of the same memory.
            queue.push(b === 0 ? all.slice() : all, written, written + a);
            written += a;
          } else if (kind === 'ack') {
            acked += a % (length + 1);
            queue.acknowledge(seqAdd(iss, acked));
          } else if (kind === 'detach') {
            queue.detach();
          } else if (length > 0) {
            const from = acked + (a % length);
            const count = 1 + (b % (written - from));
            const frame = new Frame();
            frame.reset(20);
            queue.addTo(frame, seqAdd(iss, from), count);
            expect(firstDifference(payloadOf(frame), 'host', from)).toBe(-1);
            expect(frame.payloadLength).toBe(count);
          }
          expect([queue.length, seqDiff(queue.start, iss), seqDiff(queue.end, iss)]).toEqual([
            written - acked,
            acked,
            written,
          ]);
        }
      }),
    );
  });

  it('knows where a write ends: there goes the PSH bit', () => {
    const queue = new SendQueue();
    queue.reset(100);
    queue.push(new Uint8Array(10), 0, 10);
    queue.push(new Uint8Array(10), 0, 10);
    expect([105, 110, 115, 120].map((seq) => queue.endsAt(seq))).toEqual([false, true, false, true]);
  });

  it('copies short writes together when there are many, and looks at their memory no more', () => {
    const queue = new SendQueue();
    queue.reset(-500);
    const all = stream('host', 0, 12_000);
    for (let i = 0; i < 10_000; i++) {
      const one = all.slice(i, i + 1);
      queue.push(one, 0, 1);
      if (i >= 100) one.fill(0xdb);
    }
    expect(queue.chunks).toBeLessThan(35);
    queue.push(all, 10_000, 12_000);
    const read = (from: number, length: number): void => {
      const frame = new Frame();
      frame.reset(20);
      queue.addTo(frame, seqAdd(-500, from), length);
      expect([frame.payloadLength, firstDifference(payloadOf(frame), 'host', from)]).toEqual([length, -1]);
    };
    read(0, 12_000);
    read(3000, 5);
    queue.acknowledge(seqAdd(-500, 3002));
    read(3002, 8000);
    queue.detach();
    read(3002, 8998);
    queue.acknowledge(seqAdd(-500, 12_000));
    expect([queue.length, queue.chunks]).toEqual([0, 0]);
  });

  it('detached, no longer looks at the memory of the user', () => {
    const queue = new SendQueue();
    queue.reset(0);
    const bytes = Uint8Array.of(9, 1, 2, 3, 9);
    queue.push(bytes, 1, 4);
    queue.acknowledge(1);
    queue.detach();
    bytes.fill(0);
    const frame = new Frame();
    frame.reset(20);
    queue.addTo(frame, 1, 2);
    expect([...payloadOf(frame)]).toEqual([2, 3]);
  });
});

describe('the receive queue', () => {
  const anyPiece = fc.oneof(
    fc.integer({ min: 1, max: 60 }),
    fc.integer({ min: COPY_BELOW - 2, max: COPY_BELOW + 500 }),
  );

  it('gives the octets in their order, however they came, are read and batches end', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('push' as const), n: anyPiece }),
      fc.record({ kind: fc.constantFrom('take' as const, 'copy' as const), n: fc.integer({ min: 1, max: 9000 }) }),
      fc.record({ kind: fc.constantFrom('end of batch' as const, 'skip' as const), n: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new ReceiveQueue();
        let [came, read] = [0, 0];
        const lent: Slab[] = [];
        const given: [bytes: Uint8Array, at: number][] = [];
        for (const { kind, n } of steps) {
          if (kind === 'push') {
            // In the middle of a slab, as a payload behind its headers.
            const bytes = new Uint8Array(n + 20);
            bytes.set(stream('peer', came, n), 10);
            const slab = new Slab(bytes);
            lent.push(slab);
            queue.push(slab, 10, 10 + n);
            came += n;
          } else if (kind === 'take') {
            const bytes = queue.take(n);
            if (bytes === null) expect(came).toBe(read);
            else {
              expect(bytes.length).toBeLessThanOrEqual(n);
              given.push([bytes, read]);
              read += bytes.length;
            }
          } else if (kind === 'copy') {
            const target = new Uint8Array(n);
            const count = queue.copyInto(target);
            expect(count).toBe(Math.min(n, came - read));
            expect(firstDifference(target.subarray(0, count), 'peer', read)).toBe(-1);
            read += count;
          } else if (kind === 'skip') {
            read += queue.skip();
          } else {
            queue.copyBorrowed();
            for (const slab of lent.splice(0)) if (!slab.held) slab.bytes.fill(0xdb);
          }
          expect(queue.length).toBe(came - read);
        }
        // What the user took is its own for ever.
        queue.copyBorrowed();
        for (const slab of lent.splice(0)) if (!slab.held) slab.bytes.fill(0xdb);
        for (const [bytes, at] of given) expect(firstDifference(bytes, 'peer', at)).toBe(-1);
      }),
    );
  });

  it('keeps what waits in few blocks that cost two bytes an octet at the most, however it came', () => {
    const heap = (pieces: number[], perBatch: number): { bytes: number; takes: number } => {
      const queue = new ReceiveQueue();
      let came = 0;
      pieces.forEach((n, i) => {
        queue.push(new Slab(stream('peer', came, n)), 0, n);
        came += n;
        if (i % perBatch === perBatch - 1) queue.copyBorrowed();
      });
      queue.copyBorrowed();
      const { memory } = queue;
      let [read, takes] = [0, 0];
      for (let bytes = queue.take(1 << 30); bytes !== null; bytes = queue.take(1 << 30), takes++) {
        expect(firstDifference(bytes, 'peer', read)).toBe(-1);
        read += bytes.length;
      }
      expect([read, queue.memory]).toEqual([came, 0]);
      return { bytes: memory / came, takes };
    };
    for (const perBatch of [1, 3, 1000]) {
      const ones = heap(new Array(200_000).fill(1), perBatch);
      expect(ones.bytes).toBeLessThanOrEqual(2);
      expect(ones.takes).toBeLessThan(60);
      expect(heap([...new Array(5000).fill(1), 70_000, 3, 40_000, 1460, 1460], perBatch).bytes).toBeLessThanOrEqual(2);
    }
  });

  it('gathers neighbouring small pieces into one', () => {
    const queue = new ReceiveQueue();
    for (let i = 0; i < 5; i++) queue.push(new Slab(stream('peer', 100 * i, 100)), 0, 100);
    expect(queue.take(Number.MAX_SAFE_INTEGER)?.length).toBe(500);
  });
});

describe('reassembly', () => {
  it('holds each octet once, hands over what has no hole before it, as an array with gaps would', () => {
    const segment = fc.record({ at: fc.nat(400), length: fc.integer({ min: 1, max: 80 }), junk: fc.boolean() });
    fc.assert(
      fc.property(anywhere, fc.array(segment, { maxLength: 40 }), fc.nat(30), (origin, segments, every) => {
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
      fc.property(anywhere, fc.array(segment, { minLength: 50, maxLength: 400 }), (origin, segments) => {
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
      for (const i of order) expect(reassembly.insert(stream('peer', i, 1), 10 + i, 0, 1, 1 << 30)).toBe(true);
      expect(reassembly.memory).toBeLessThan(2 * 20_000);
      expect(reassembly.pieces.length).toBeLessThan(50);
    }
    const reassembly = new Reassembly();
    for (let i = 0; i < 60; i += 2) reassembly.insert(stream('peer', 100 * i, 1), 100 * i, 0, 1, 1 << 30);
    expect(reassembly.insert(stream('peer', 0, 6000), 0, 0, 6000, 1 << 30)).toBe(true);
    expect([reassembly.octets, reassembly.pieces.length < 62]).toEqual([6000, true]);
  });
});
