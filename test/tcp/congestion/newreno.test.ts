import { describe, expect, it } from 'vitest';
import { newReno } from '../../../src/tcp/congestion/newreno.ts';
import { AckSample } from '../../../src/tcp/variables/ack-sample.ts';
import { CongestionWindow } from '../../../src/tcp/variables/congestion-control.ts';

describe('NewReno (RFC 5681, section 3.1)', () => {
  const window = (cwnd: number, ssthresh: number): CongestionWindow =>
    Object.assign(new CongestionWindow(), { cwnd, ssthresh, cwndLimited: true });
  const acked = (delivered: number): AckSample => Object.assign(new AckSample(), { delivered });

  it('in slow start grows by what was acknowledged, up to ssthresh, the rest in congestion avoidance', () => {
    const w = window(10, 15);
    newReno.onAck(w, acked(3));
    expect(w.cwnd).toBe(13);
    newReno.onAck(w, acked(17));
    expect([w.cwnd, w.cwndCount]).toEqual([16, 0]);
  });

  it('in congestion avoidance grows by one for each window', () => {
    const w = window(20, 10);
    for (let i = 0; i < 19; i++) newReno.onAck(w, acked(1));
    expect(w.cwnd).toBe(20);
    newReno.onAck(w, acked(1));
    expect(w.cwnd).toBe(21);
    newReno.onAck(w, acked(21));
    expect(w.cwnd).toBe(22);
  });

  it('after a loss: half the window, however much of it a batch of ACKs has just taken off the flight; two segments at least', () => {
    expect(newReno.onCongestion(window(20, 10), 20, 'loss')).toBe(10);
    expect(newReno.onCongestion(window(20, 10), 9, 'loss')).toBe(10);
    expect(newReno.onCongestion(window(3, 10), 3, 'loss')).toBe(2);
  });
});
