import { describe, expect, it } from 'vitest';
import { RttEstimator } from '../../../src/tcp/variables/rtt.ts';

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
    expect(sampled(400 * MS)).toMatchObject({ srtt: 400 * MS, rttvar: 200 * MS, rto: 1200 * MS });
  });

  it('then moves by 1/8 and 1/4 (2.3)', () => {
    expect(sampled(400 * MS, 800 * MS)).toMatchObject({ srtt: 450 * MS, rttvar: 250 * MS, rto: 1450 * MS });
  });

  it('never lets the variance part below 200 ms, nor the RTO above its bound', () => {
    expect(sampled(...Array<number>(100).fill(10 * MS)).rto).toBe(210 * MS);
    expect(sampled(100_000 * MS).rto).toBe(120_000 * MS);
    expect(sampled(0).srtt).toBe(1);
  });

  it('keeps the least round trip of a window of time beside it (tcp_min_rtt_wlen)', () => {
    const rtt = new RttEstimator();
    expect(rtt.minRtt).toBe(0);
    for (const [at, sample] of [
      [0, 40],
      [60, 50],
      [120, 45],
      [299, 60],
    ] as const) {
      rtt.noteLeast(sample * MS, at * 1e6, 300e6);
      expect(rtt.minRtt).toBe(40 * MS);
    }
    rtt.noteLeast(70 * MS, 301e6, 300e6);
    expect(rtt.minRtt).toBe(45 * MS);
  });
});
