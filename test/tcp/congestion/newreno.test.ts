import { describe, expect, it } from 'vitest';
import { newReno } from '../../../src/tcp/congestion/newreno.ts';
import type { Connection } from '../../../src/tcp/user/connection.ts';

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
