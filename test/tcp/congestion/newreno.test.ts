import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newReno } from '../../../src/tcp/congestion/newreno.ts';
import { RetransmissionQueue } from '../../../src/tcp/queues/retransmission-queue.ts';
import { RttEstimator } from '../../../src/tcp/tcb/rtt.ts';
import type { Connection } from '../../../src/tcp/user/connection.ts';
import { seqAdd, seqDiff } from '../../../src/wire/seq.ts';

describe('the round-trip time estimate (RFC 6298)', () => {
  const MS = 1000;
  const sampled = (...samples: number[]): RttEstimator => {
    const rtt = new RttEstimator();
    for (const sample of samples) rtt.sample(sample, 200 * MS, 120_000 * MS);
    return rtt;
  };

  it('is unknown at first, with an RTO of a second (2.1)', () => {
    expect(new RttEstimator()).toMatchObject({ srtt: 0, rto: 1_000_000 });
  });

  it('takes the first sample whole, half of it as the variance (2.2)', () => {
    expect(sampled(400 * MS)).toMatchObject({ srtt: 400 * MS, rttvar: 200 * MS, rto: 1200 * MS, minRtt: 400 * MS });
  });

  it('then moves by 1/8 and 1/4 (2.3)', () => {
    expect(sampled(400 * MS, 800 * MS)).toMatchObject({ srtt: 450 * MS, rttvar: 250 * MS, rto: 1450 * MS });
  });

  it('never lets the variance part below 200 ms, nor the RTO above its bound', () => {
    expect(sampled(...Array<number>(100).fill(10 * MS)).rto).toBe(210 * MS);
    expect(sampled(100_000 * MS).rto).toBe(120_000 * MS);
    expect(sampled(0).srtt).toBe(1);
  });
});

describe('NewReno (RFC 5681, section 3.1)', () => {
  const window = (cwnd: number, ssthresh: number, inFlight = 0): Connection =>
    ({ cwnd, ssthresh, cwndCount: 0, sent: { segments: inFlight } }) as unknown as Connection;

  it('in slow start grows by what was acknowledged, up to ssthresh, the rest in congestion avoidance', () => {
    const c = window(10, 15);
    newReno.grow(c, 3);
    expect(c.cwnd).toBe(13);
    newReno.grow(c, 17);
    expect([c.cwnd, c.cwndCount]).toEqual([16, 0]);
  });

  it('in congestion avoidance grows by one for each window', () => {
    const c = window(20, 10);
    for (let i = 0; i < 19; i++) newReno.grow(c, 1);
    expect(c.cwnd).toBe(20);
    newReno.grow(c, 1);
    expect(c.cwnd).toBe(21);
    newReno.grow(c, 21);
    expect(c.cwnd).toBe(22);
  });

  it('after a loss: half the flight, two segments at least (equation 4)', () => {
    expect(newReno.thresholdAfterLoss(window(20, 10, 20))).toBe(10);
    expect(newReno.thresholdAfterLoss(window(20, 10, 9))).toBe(4);
    expect(newReno.thresholdAfterLoss(window(3, 10, 3))).toBe(2);
  });
});

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
        'forget',
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
          else if (kind === 'all lost') queue.markAllLost();
          else if (kind === 'sacked' && some && !some.sacked) queue.markSacked(some);
          else if (kind === 'resend') {
            const first = queue.firstToRetransmit();
            if (first !== null) queue.noteRetransmitted(first, now);
          } else if (kind === 'split' && some) queue.split(some, mss * (1 + (n % 5)), mss);
          else if (kind === 'forget') queue.forgetSacked();
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
