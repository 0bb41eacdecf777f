import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COPY_BELOW, ReceiveQueue } from '../../../src/tcp/queues/receive-queue.ts';
import { Slab } from '../../../src/wire/slab.ts';
import { firstDifference, stream } from '../../support/user.ts';

describe('the receive queue', () => {
  const anyPiece = fc.oneof(
    fc.integer({ min: 1, max: 60 }),
    fc.integer({ min: 4000, max: 20_000 }),
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

  it.each([
    ['most of its memory', 8000, 15_000, true],
    ['less than half of it', 7000, 15_000, false],
    ['short', 4000, 4000, false],
  ])('what is %s is handed up where it lies, in the batch or after it', (_, length, memory, isView) => {
    const take = (isLate: boolean, bytes: Uint8Array): boolean => {
      const queue = new ReceiveQueue();
      const slab = new Slab(bytes);
      queue.push(slab, 10, 10 + length - 20);
      if (isLate) queue.copyBorrowed();
      const isSame = queue.take(1 << 30)!.buffer === bytes.buffer;
      expect(slab.held).toBe(isSame);
      return isSame;
    };
    for (const isLate of [false, true]) {
      expect(take(isLate, new Uint8Array(memory))).toBe(isView);
      // A chunk that is part of a longer memory holds all of it.
      expect(take(isLate, new Uint8Array(100_000).subarray(50_000, 50_000 + memory))).toBe(false);
    }
  });

  it('what is kept where it lies is no room for what comes behind it: there lie the octets of others', () => {
    const queue = new ReceiveQueue();
    const slab = new Slab(stream('peer', 0, 15_000));
    queue.push(slab, 0, 8000);
    queue.push(slab, 12_000, 15_000);
    queue.copyBorrowed();
    queue.push(new Slab(stream('peer', 15_000, 100)), 0, 100);
    queue.copyBorrowed();
    expect(Buffer.compare(slab.bytes, stream('peer', 0, 15_000))).toBe(0);
    const got: Uint8Array[] = [];
    for (let next = queue.take(1 << 30); next !== null; next = queue.take(1 << 30)) got.push(next);
    const expected = [stream('peer', 0, 8000), stream('peer', 12_000, 3100)];
    expect(Buffer.compare(Buffer.concat(got), Buffer.concat(expected))).toBe(0);
  });

  it('gathers neighbouring small pieces into one', () => {
    const queue = new ReceiveQueue();
    for (let i = 0; i < 5; i++) queue.push(new Slab(stream('peer', 100 * i, 100)), 0, 100);
    expect(queue.take(Number.MAX_SAFE_INTEGER)?.length).toBe(500);
  });
});
