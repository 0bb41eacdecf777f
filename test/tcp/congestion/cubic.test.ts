import { describe, expect, it } from 'vitest';
import { simulate } from '../../../src/lab/simulation/simulate.ts';
import { cubic } from '../../../src/tcp/congestion/cubic.ts';
import { causes } from '../../../src/tcp/terms/causes.ts';
import { type TcpSysctls, tcpSysctls } from '../../../src/tcp/terms/sysctls.ts';
import { AckSample } from '../../../src/tcp/variables/ack-sample.ts';
import { CongestionWindow, NO_THRESHOLD } from '../../../src/tcp/variables/congestion-control.ts';
import { knobDefaults } from '../../../src/time/knobs.ts';

const BETA = 717 / 1024;

function windowOf(cwnd: number, sysctls: Partial<TcpSysctls> = {}): CongestionWindow {
  const w = Object.assign(new CongestionWindow(), { cwnd, ssthresh: cwnd, cwndLimited: true });
  w.sysctls = { ...knobDefaults(tcpSysctls), tcp_cubic_hystart: 0, ...sysctls };
  w.algorithm = cubic;
  cubic.start(w, 0);
  return w;
}

function acked(delivered: number, now: number): AckSample {
  return Object.assign(new AckSample(), { delivered, now, rtt: -1 });
}

/** A loss of a window of `cwnd`, and recovery from it. */
function lose(w: CongestionWindow, signal: 'loss' | 'timeout' = 'loss'): void {
  w.priorCwnd = w.cwnd;
  w.priorSsthresh = w.ssthresh;
  w.ssthresh = cubic.onCongestion(w, w.cwnd, signal);
  w.cwnd = w.ssthresh;
  w.cwndCount = 0;
}

/** Each round trip all of the window is acknowledged, in ACKs of two segments. @returns the time after it, in microseconds */
function rounds(w: CongestionWindow, count: number, rtt: number, from: number): number {
  let now = from;
  for (let round = 0; round < count; round++) {
    const acks = Math.ceil(w.cwnd / 2);
    for (let i = 0; i < acks; i++) cubic.onAck(w, acked(2, now + (i * rtt) / acks));
    now += rtt;
  }
  return now;
}

/** W_cubic(t) of RFC 9438, equations 1 and 2, with C = 0.4. */
function expected(wMax: number, cwndEpoch: number, seconds: number): number {
  const k = ((wMax - cwndEpoch) / 0.4) ** (1 / 3);
  return 0.4 * (seconds - k) ** 3 + wMax;
}

describe('CUBIC (RFC 9438)', () => {
  it('a loss leaves 0.7 of the window, two segments at least (section 4.6)', () => {
    for (const [cwnd, left] of [
      [1000, 700],
      [100, 70],
      [10, 7],
      [3, 2],
      [2, 2],
    ] as const) {
      const w = windowOf(cwnd);
      lose(w);
      expect(w.ssthresh).toBe(left);
    }
  });

  it('follows W_cubic(t), concave and then convex (equations 1 and 2; sections 4.4, 4.5)', () => {
    const w = windowOf(1000, { tcp_cubic_tcp_friendliness: 0 });
    lose(w);
    w.minRtt = 100_000;
    const begin = w.cwnd;
    let now = 1e6;
    for (let second = 1; second <= 14; second++) {
      now = rounds(w, 10, 100_000, now);
      const target = expected(1000, begin, second);
      expect(Math.abs(w.cwnd / target - 1), `${second} s: ${w.cwnd} instead of ${target}`).toBeLessThan(0.015);
    }
    expect(w.cwnd).toBeGreaterThan(1000);
    // K = cbrt(300 / 0.4)
    expect(cubic.watch!(w).k_s).toBeCloseTo(((1000 - begin) / 0.4) ** (1 / 3), 9);
  });

  it('goes by time, not by round trips: with 20 ms and with 100 ms it has the same after 6 s (principle 3)', () => {
    const [short, long] = [20_000, 100_000].map((rtt) => {
      const w = windowOf(1000, { tcp_cubic_tcp_friendliness: 0 });
      lose(w);
      w.minRtt = rtt;
      rounds(w, 6e6 / rtt, rtt, 0);
      return w.cwnd;
    });
    expect(Math.abs(short! - long!)).toBeLessThan(15);
  });

  it('grows by half a window in a round trip at most (section 4.2: target)', () => {
    const w = windowOf(100);
    lose(w);
    cubic.onAck(w, acked(1, 0));
    const { cwnd } = w;
    // A minute later the curve is far beyond.
    rounds(w, 1, 100_000, 60e6);
    expect(w.cwnd).toBeGreaterThan(cwnd * 1.45);
    expect(w.cwnd).toBeLessThanOrEqual(cwnd * 1.5 + 1);
  });

  it('has what Reno has where round trips are short and losses frequent (section 4.3)', () => {
    const goodput = (algorithm: string) =>
      simulate({
        path: 'out: rate 200mbit queue 350, loss 3%; delay 0.5ms',
        flows: [algorithm],
        seconds: 4,
        seed: 1,
      }).goodput;
    expect(goodput('cubic') / goodput('reno')).toBeGreaterThan(0.9);
  });

  it('is as fast as Reno where that is faster: alpha 3 (1 - beta) / (1 + beta), and 1 from cwnd_prior on (section 4.3)', () => {
    const w = windowOf(20);
    lose(w);
    w.minRtt = 10_000;
    expect(w.cwnd).toBe(14);
    const alpha = (3 * (1 - BETA)) / (1 + BETA);
    let now = rounds(w, 10, 10_000, 0);
    // W_est is reached within a round trip.
    expect(Math.abs(w.cwnd - (14 + 10 * alpha))).toBeLessThan(1.5);
    expect(w.cause).toBe(causes.cubicRenoFriendly);
    now = rounds(w, 4, 10_000, now);
    const { cwnd } = w;
    expect(cwnd).toBeGreaterThanOrEqual(20);
    rounds(w, 10, 10_000, now);
    expect(w.cwnd - cwnd).toBeGreaterThanOrEqual(9);
    expect(w.cwnd - cwnd).toBeLessThanOrEqual(11);
  });

  it('that loses with less than the last time leaves room: W_max is (1 + beta) / 2 of cwnd (section 4.7)', () => {
    const w = windowOf(1000);
    lose(w);
    expect([cubic.watch!(w).w_max, w.cause]).toEqual([1000, null]);
    lose(w);
    expect([cubic.watch!(w).w_max, w.cause]).toEqual([Math.floor((700 * (1 + BETA)) / 2), causes.fastConvergence]);
    const without = windowOf(1000, { tcp_cubic_fast_convergence: 0 });
    lose(without);
    lose(without);
    expect(cubic.watch!(without).w_max).toBe(700);
  });

  it('after a time-out begins at the flat part of the curve, with the window it has (section 4.8)', () => {
    const w = windowOf(1000);
    lose(w);
    rounds(w, 10, 100_000, 0);
    lose(w, 'timeout');
    cubic.onAck(w, acked(1, 5e6));
    expect(cubic.watch!(w)).toMatchObject({ k_s: 0, origin_point: w.ssthresh, w_max: 0 });
  });

  it('whose loss was none is where it was: W_max, K and the time too (section 4.9)', () => {
    const w = windowOf(1000);
    lose(w);
    rounds(w, 20, 100_000, 0);
    const before = cubic.watch!(w);
    const { cwnd, ssthresh } = w;
    lose(w);
    expect(cubic.watch!(w)).not.toEqual(before);
    cubic.onUndo(w);
    expect(cubic.watch!(w)).toEqual(before);
    expect([w.cwnd, w.ssthresh]).toEqual([cwnd, ssthresh]);
  });

  it('the first loss of all, undone, leaves no W_max behind (section 4.9.2)', () => {
    const w = windowOf(100);
    w.ssthresh = NO_THRESHOLD;
    const before = cubic.watch!(w);
    lose(w);
    expect(cubic.watch!(w)).toMatchObject({ w_max: 100 });
    cubic.onUndo(w);
    expect(cubic.watch!(w)).toEqual(before);
    expect([w.cwnd, w.ssthresh]).toEqual([100, NO_THRESHOLD]);
  });

  it('does not make up for time in which the window was not used, nor for a pause (section 5.8)', () => {
    for (const rest of ['unused', 'pause']) {
      const w = windowOf(1000);
      lose(w);
      w.minRtt = 100_000;
      const now = rounds(w, 10, 100_000, 0);
      const { t_s } = cubic.watch!(w);
      if (rest === 'pause') cubic.onPauseEnd!(w, now + 60e6, now);
      else {
        w.cwndLimited = false;
        for (let i = 0; i <= 60; i++) cubic.onAck(w, acked(1, now + i * 1e6));
        w.cwndLimited = true;
      }
      const { cwnd } = w;
      cubic.onAck(w, acked(1, now + 60e6 + 1000));
      expect((cubic.watch!(w).t_s as number) - (t_s as number), rest).toBeLessThan(0.11);
      expect(w.cwnd - cwnd).toBeLessThanOrEqual(1);
    }
  });

  it('grows by 5 percent in a round trip where no loss has shown what the path takes (bictcp_update)', () => {
    const w = windowOf(100);
    rounds(w, 1, 100_000, 0);
    expect(w.cwnd).toBe(105);
  });
});
