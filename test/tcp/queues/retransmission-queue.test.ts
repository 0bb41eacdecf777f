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

  describe('when the path takes only shorter segments (RFC 1191, section 6.4; tcp_simple_retransmit in net/ipv4/tcp_input.c)', () => {
    /** One segment of 1000, a super-segment of 3000, one of 1000 and an octet, one of 400, one of 1000 that has arrived, and 600 with a FIN. */
    const outstanding = () => {
      const queue = new RetransmissionQueue();
      let seq = 0;
      const add = (octets: number, count: number, fin = 0): void => {
        queue.add(seq, seq + octets + fin, count, 0, 1000);
        seq += octets + fin;
      };
      add(1000, 1);
      add(3000, 3);
      add(1001, 2);
      add(400, 1);
      add(1000, 1);
      queue.markSacked(queue.last!);
      add(600, 1, 1);
      return { queue, dataEnd: seq - 1 };
    };
    const lost = (queue: RetransmissionQueue): number[] => {
      const seqs = [];
      for (let s = queue.head; s !== null; s = s.next) if (s.lost) seqs.push(s.seq);
      return seqs;
    };

    it('what has a longer one is lost, and counts as what it takes to send it again', () => {
      const { queue, dataEnd } = outstanding();
      expect([queue.segments, queue.sacked]).toEqual([9, 1]);
      queue.markTooLongLost(600, dataEnd);
      // 1000 is two of 600, 3000 five, 1001 two, as it was; the FIN makes no segment longer.
      expect(lost(queue)).toEqual([0, 1000, 4000]);
      expect(counted(queue)).toEqual({ segments: 2 + 5 + 2 + 1 + 1 + 1, sacked: 1, lost: 9, retransmitted: 0 });
      expect([queue.segments, queue.sacked, queue.lost]).toEqual([12, 1, 9]);
    });

    it('told again, nothing changes; told of a still narrower one, the same is lost in more pieces, once', () => {
      const { queue, dataEnd } = outstanding();
      queue.markTooLongLost(600, dataEnd);
      const { lost: everLost } = queue.delivery;
      queue.markTooLongLost(600, dataEnd);
      expect([queue.segments, queue.lost, queue.delivery.lost]).toEqual([12, 9, everLost]);
      queue.markTooLongLost(500, dataEnd);
      // 2, 6, 3; and now two of what has the FIN.
      expect(lost(queue)).toEqual([0, 1000, 4000, 6401]);
      expect([queue.segments, queue.lost]).toEqual([2 + 6 + 3 + 1 + 1 + 2, 13]);
    });

    it('what was on its way again in long segments is lost again; what went in shorter ones is not', () => {
      const { queue, dataEnd } = outstanding();
      queue.markHeadLost(1000);
      queue.noteRetransmitted(queue.firstToRetransmit()!, 10);
      queue.markTooLongLost(600, dataEnd);
      expect([queue.retransmitted, queue.lost, queue.firstToRetransmit()?.seq]).toEqual([0, 9, 0]);
      queue.split(queue.head!, 600, 600);
      queue.noteRetransmitted(queue.firstToRetransmit()!, 20);
      queue.markTooLongLost(600, dataEnd);
      expect([queue.retransmitted, queue.lost, queue.firstToRetransmit()?.seq]).toEqual([1, 9, 600]);
      expectOrder(queue);
    });
  });
});
