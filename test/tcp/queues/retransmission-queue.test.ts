import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RetransmissionQueue } from '../../../src/tcp/queues/retransmission-queue.ts';
import { seqAdd, seqDiff } from '../../../src/wire/seq.ts';

describe('the retransmission queue', () => {
  /** What the counts must be, by looking at each record. */
  const counted = (queue: RetransmissionQueue) => {
    const sum = { segments: 0, sacked: 0, lost: 0, retransmitted: 0 };
    for (let s = queue.head; s !== null; s = s.next) {
      sum.segments += s.count;
      if (s.sacked) sum.sacked += s.count;
      if (s.lost) sum.lost += s.count;
      if (s.retransmitted) sum.retransmitted += s.count;
    }
    return sum;
  };

  /** What may still arrive is listed as it was last sent, all of it, and once (RFC 8985, section 6.2, step 5). */
  const expectOrder = (queue: RetransmissionQueue): void => {
    const listed = [];
    for (let s = queue.firstSent; s !== null; s = s.later) listed.push(s);
    expect(listed.map((s) => s.sentAt)).toEqual(listed.map((s) => s.sentAt).sort((a, b) => a - b));
    const mayArrive = new Set();
    for (let s = queue.head; s !== null; s = s.next) if (!s.sacked && (!s.lost || s.retransmitted)) mayArrive.add(s);
    expect([listed.length, new Set(listed).size]).toEqual([mayArrive.size, mayArrive.size]);
    expect(listed.every((s) => mayArrive.has(s))).toBe(true);
  };

  it('keeps its counts, its order and its edges, whatever is sent, acknowledged, lost, sacked and split', () => {
    const step = fc.record({
      kind: fc.constantFrom(
        'add',
        'add',
        'ack',
        'lost',
        'head lost',
        'all lost',
        'sacked',
        'resend',
        'split',
        'resize',
        'forget',
        'nothing lost',
      ),
      n: fc.nat(100_000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom<number[]>(0, -5000, 0x7ffffff0), (steps, iss) => {
        const mss = 1000;
        const queue = new RetransmissionQueue();
        let [una, nxt, now]: [number, number, number] = [iss, iss, 0];
        for (const { kind, n } of steps) {
          now += 10;
          const records = [];
          for (let s = queue.head; s !== null; s = s.next) records.push(s);
          const some = records[n % Math.max(1, records.length)];
          if (kind === 'add') {
            const length = 1 + (n % 9000);
            queue.add(nxt, seqAdd(nxt, length), Math.ceil(length / mss), now);
            nxt = seqAdd(nxt, length);
          } else if (kind === 'ack') {
            una = seqAdd(una, n % (seqDiff(nxt, una) + 1));
            const before = queue.segments;
            expect(queue.acknowledge(una, mss, nxt).count).toBe(before - queue.segments);
          } else if (kind === 'lost' && some && !some.sacked) queue.markLost(some);
          else if (kind === 'head lost') queue.markHeadLost(mss);
          else if (kind === 'all lost') queue.markLostAtTimeout(Number.POSITIVE_INFINITY);
          else if (kind === 'sacked' && some && !some.sacked) queue.markSacked(some);
          else if (kind === 'resend') {
            const first = queue.firstToRetransmit();
            if (first !== null) queue.noteRetransmitted(first, now);
          } else if (kind === 'split' && some) queue.split(some, mss * (1 + (n % 5)), mss);
          else if (kind === 'resize' && some) queue.resize(some, 500 + (n % 1000), nxt);
          else if (kind === 'forget') queue.forgetSacked();
          else if (kind === 'nothing lost') queue.forgetLost();
          expectOrder(queue);
          const { segments, sacked, lost, retransmitted } = queue;
          expect({ segments, sacked, lost, retransmitted }).toEqual(counted(queue));
          let seq = una;
          for (let s = queue.head; s !== null; s = s.next) {
            expect(s.seq).toBe(seq);
            expect(seqDiff(s.end, s.seq)).toBeGreaterThan(0);
            seq = s.end;
          }
          expect(seq).toBe(nxt);
          expect(queue.isEmpty).toBe(una === nxt);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('gives no send time for an ACK of what was sent twice (Karn)', () => {
    const queue = new RetransmissionQueue();
    queue.add(0, 1000, 1, 50);
    queue.add(1000, 2000, 1, 60);
    queue.markHeadLost(1000);
    queue.noteRetransmitted(queue.firstToRetransmit()!, 70);
    expect(queue.acknowledge(1000, 1000, 2000)).toMatchObject({ sentAt: -1, everRetransmitted: true });
    expect(queue.acknowledge(2000, 1000, 2000)).toMatchObject({ sentAt: 60, everRetransmitted: false });
  });
});
