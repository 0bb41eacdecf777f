import { describe, expect, it } from 'vitest';
import { jainIndex, meanAndP95 } from '../../../src/lab/simulation/measures.ts';
import { type Simulation, simulate } from '../../../src/lab/simulation/simulate.ts';
import { pairTable, pathTable } from '../../../src/lab/simulation/tables.ts';
import type { CongestionControl } from '../../../src/tcp/variables/congestion-control.ts';

/** An algorithm whose window is always so many segments. */
const fixed = (cwnd: number): CongestionControl => ({
  name: `fixed-${cwnd}`,
  start(w) {
    w.cwnd = cwnd;
  },
  onAck() {},
  onCongestion: () => cwnd,
  onUndo() {},
});

const run = (path: string, cwnd = 20, more: Partial<Simulation> = {}) =>
  simulate({ path, flows: [`fixed-${cwnd}`], algorithms: [fixed(cwnd)], seconds: 4, settling: 1, seed: 1, ...more });

/** Octets of payload in a packet of 1,500, with timestamps. */
const MSS = 1448;

describe('a simulation', () => {
  it('with a window of 20 segments has 20 of them in a round trip, where nothing is in their way', () => {
    const { goodput, sentAgain, needless, flows } = run('delay 50ms');
    expect(goodput / ((20 * MSS * 8) / 0.1)).toBeCloseTo(1, 1);
    expect([sentAgain, needless, flows[0]!.failed]).toEqual([0, 0, null]);
  });

  it('is bounded by the rate, and what the window has beyond rate x RTT stands in the queue', () => {
    // 1,500 octets are 1.2 ms at 10 Mbit/s, and a round trip is 12 ms and that. So 11 packets of 20 are on their way; and one
    // in half of the time at the receiver, whose ACKs are for two.
    const { goodput, queueDelay } = run('out: rate 10mbit queue 100; delay 6ms');
    expect(goodput / 1e7).toBeCloseTo(MSS / 1500, 2);
    expect(queueDelay.mean).toBeCloseTo(8.5 * 1.2, 1);
    expect(queueDelay.p95).toBeCloseTo(9 * 1.2, 1);
  });

  it('counts what is sent again, and of that what had arrived', () => {
    const { sentAgain, needless } = run('delay 5ms; out: drop DATA every 50', 20, { settling: 0 });
    expect(sentAgain).toBeCloseTo(1 / 50, 3);
    expect(needless).toBe(0);
    const doubled = run('delay 5ms; out: duplicate DATA every 50');
    expect(doubled.sentAgain).toBe(0);
    expect(doubled.needless).toBeCloseTo(1 / 50, 3);
  });

  it('shares out a bottleneck by windows', () => {
    const flows = ['fixed-10', 'fixed-10', 'fixed-20'];
    const path = 'out: rate 10mbit queue 100; delay 5ms';
    const result = run(path, 20, { flows, algorithms: [fixed(10), fixed(20)] });
    const [one, two, three] = result.flows.map(({ goodput }) => goodput / result.goodput);
    expect(one).toBeCloseTo(1 / 4, 1);
    expect(two).toBeCloseTo(1 / 4, 1);
    expect(three).toBeCloseTo(1 / 2, 1);
    expect(result.jain).toBeCloseTo(16 / 18, 1);
  });

  it('looks at the windows as often as it is asked to', () => {
    const { samples } = run('delay 50ms', 20, { sampleEvery: 0.5 });
    expect(samples.map(({ at }) => at)).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]);
    expect(samples.at(-1)!.flows[0]).toMatchObject({ cwnd: 20, inFlight: 20 });
  });

  it('is the same in every run of one seed, and another with another', () => {
    const path = 'out: rate 10mbit queue 20, loss 2%, reorder 2% by 5ms; delay 10ms';
    const with1 = run(path);
    expect(run(path)).toEqual(with1);
    expect(run(path, 20, { seed: 2 }).sentAgain).not.toBe(with1.sentAgain);
  });
});

describe('measures', () => {
  it('Jain: 1 if all have the same, 1 / n if one has everything', () => {
    expect(jainIndex([3, 3, 3, 3])).toBe(1);
    expect(jainIndex([8, 0, 0, 0])).toBe(1 / 4);
  });

  it('the mean, and what 95 of 100 don’t exceed', () => {
    expect(meanAndP95(Array.from({ length: 100 }, (_, i) => 100 - i))).toEqual({ mean: 50.5, p95: 95 });
    expect(meanAndP95([])).toEqual({ mean: 0, p95: 0 });
  });
});

describe('tables', () => {
  const common = { algorithms: ['reno'], seconds: 1, seed: 1 };

  it('have a line for each path and algorithm, its columns aligned', () => {
    const more = 'out: duplicate 2%';
    const text = pathTable({ ...common, paths: [{ rate: 1, rtt: 8, buffer: 1, loss: 0.5, more }] });
    const [head, line] = text.split('\n');
    expect(line).toMatch(/^1mbit {2}8ms {2}0\.5% {4}1BDP {2}reno {9}[\d.]+ {4}[\d.]+ .* out: duplicate 2%$/);
    expect(head!.indexOf('algorithm')).toBe(line!.indexOf('reno'));
  });

  it('have one for each pair of algorithms', () => {
    const text = pairTable({ ...common, each: 2, paths: [{ rate: 2, rtt: 8, buffer: 4 }] });
    expect(text).toMatch(/\n2mbit {2}8ms {4}0% {4}4BDP {2}2 reno {2}2 reno {2}/);
  });
});
