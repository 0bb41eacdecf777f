import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SendQueue } from '../../../src/tcp/queues/send-queue.ts';
import { Frame } from '../../../src/wire/frame.ts';
import { seqAdd, seqDiff } from '../../../src/wire/seq.ts';
import { firstDifference, stream } from '../../support/user.ts';
import { anySequence } from '../support/sequence-numbers.ts';

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
      fc.property(anySequence, fc.array(step, { maxLength: 120 }), (iss, steps) => {
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

  it('finds octets to send and octets to send again at once, in turn, with many writes between them', () => {
    const queue = new SendQueue();
    queue.reset(0);
    const LENGTH = 5000;
    const bytes = new Uint8Array(LENGTH);
    for (let i = 0; i < 10_000; i++) queue.push(bytes, 0, LENGTH);
    let visits = 0;
    const { head } = queue as unknown as { head: { next: unknown } | null };
    for (let chunk = head; chunk !== null; ) {
      const next = chunk.next as typeof head;
      const get = () => {
        visits++;
        return next;
      };
      Object.defineProperty(chunk, 'next', { get });
      chunk = next;
    }
    const send = (write: number): void => {
      const frame = new Frame();
      frame.reset(20);
      expect(queue.endsAt((write + 1) * LENGTH)).toBe(true);
      queue.addTo(frame, write * LENGTH, LENGTH);
      expect(frame.slices[0]).toBe(bytes);
    };
    for (let write = 0; write < 5000; write++) send(write);
    expect(visits).toBeLessThan(5000 * 20);
    visits = 0;
    for (let i = 0; i < 1000; i++) {
      send(3 * i);
      send(5000 + i);
    }
    expect(visits).toBeLessThan(2000 * 20);
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
