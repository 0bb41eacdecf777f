import { describe, expect, it } from 'vitest';
import { Flow } from '../../../src/lab/simulation/flow.ts';
import { Network } from '../../../src/lab/simulation/network.ts';
import { parseImpairments } from '../../../src/link/impairment/language/parse.ts';
import { type Cause, causes } from '../../../src/tcp/terms/causes.ts';
import type { Bbr } from '../../../src/tcp/variables/bbr.ts';
import { address } from '../../../src/wire/address.ts';

/** The end of something that BBR did, and how things stood then. */
interface Told {
  /** Milliseconds since the beginning. */
  at: number;
  cause: Cause;
  mode: string;
  phase: number;
  pacingGain: number;
  windowGain: number;
  cwnd: number;
  inFlight: number;
  /** Octets in a second: that it sends at, and that it believes the path to do. */
  rate: number;
  bandwidth: number;
}

const OF_BBR: ReadonlySet<Cause> = new Set(
  Object.entries(causes).flatMap(([name, cause]) => (name.startsWith('bbr') ? [cause] : [])),
);

/** 20 Mbit/s and a round trip of 20 ms: 33 segments; the queue takes three times as many. */
const PATH = 'out: rate 20mbit queue 100; delay 10ms';
const MSS = 1448;
/** What of the path's rate is payload, in octets a second. */
const BANDWIDTH = ((20e6 / 8) * MSS) / 1500;

/** One bulk transfer with BBR in virtual time, and all that it tells of. */
class Path {
  readonly told: Told[] = [];
  /** Each millisecond: window and flight. */
  readonly looks: { at: number; cwnd: number; inFlight: number }[] = [];
  readonly flow = new Flow('bbr');
  readonly network: Network;

  constructor(text: string = PATH, seed = 1) {
    const { flow } = this;
    this.network = new Network(
      { impairments: parseImpairments(text), seed, mtu: 1500, sysctls: {} },
      { sent: () => {}, arrived: () => {} },
    );
    const { near, far } = this.network;
    const listener = far.tcp.listen({
      port: 9,
      onAcceptable: () => {
        for (let c = listener.accept(); c !== null; c = listener.accept()) {
          c.user = flow.reader(c);
          c.user.onReadable();
        }
      },
    });
    near.observe((event) => {
      if (event.type === 'cwnd' && OF_BBR.has(event.cause)) this.tell(event.cause);
    });
    this.network.at(0, () => flow.begin(near, 10_000, address('10.0.0.2'), 9));
  }

  get bbr(): Bbr {
    return this.flow.connection!.cc.own as Bbr;
  }

  private tell(cause: Cause): void {
    const c = this.flow.connection;
    if (c === null) return; // the first is told before there is a connection to look at
    const { mode, phase, pacingGain, windowGain, bandwidth } = this.bbr;
    const { cwnd, pacingRate: rate } = c.cc;
    const now = { at: this.network.now / 1000, cause, mode, phase, pacingGain, windowGain, cwnd };
    this.told.push({ ...now, inFlight: c.inFlight, rate, bandwidth: bandwidth * MSS * 1e6 });
  }

  run(seconds: number): this {
    this.network.run(seconds * 1e6);
    return this;
  }

  /** Looks each millisecond, up to that time. */
  watch(seconds: number): this {
    while (this.network.now < seconds * 1e6) {
      this.network.run(this.network.now + 1000);
      const c = this.flow.connection!;
      this.looks.push({ at: this.network.now / 1000, cwnd: c.cc.cwnd, inFlight: c.inFlight });
    }
    return this;
  }

  of(cause: Cause): Told[] {
    return this.told.filter((told) => told.cause === cause);
  }
}

describe('BBR on a path of 20 Mbit/s and 20 ms', () => {
  const path = new Path().run(9);
  const names = path.told.map(({ cause }) => cause);

  it('begins with STARTUP, finds the pipe full, drains it, and goes on to PROBE_BW', () => {
    expect(names.slice(0, 5)).toEqual([
      causes.bbrIdleRestart, // the first data: nothing was out before
      causes.bbrFull,
      causes.bbrDrain,
      causes.bbrDrained,
      expect.toSatisfy((cause: Cause) => cause === causes.bbrCruises || cause === causes.bbrProbesMore),
    ]);
    const [, full, drain, drained] = path.told as [Told, Told, Told, Told];
    expect(full.at).toBe(drain.at);
    // Gains are Linux's: 739, 88 and 512 of 256.
    expect(drain).toMatchObject({ mode: 'DRAIN', pacingGain: 88 / 256, windowGain: 739 / 256 });
    expect(drained).toMatchObject({ mode: 'PROBE_BW', windowGain: 2 });
    expect(drain.bandwidth / BANDWIDTH).toBeCloseTo(1, 2);
    expect(drain.rate / drain.bandwidth).toBeCloseTo((88 / 256) * 0.99, 3);
    // What was in flight was two or three times what the path holds, with its queue; after it what the path holds, and six segments.
    expect(drain.inFlight).toBeGreaterThan(2 * 33);
    expect(drained.inFlight).toBeLessThanOrEqual(33 + 3 * 2 + 2);
  });

  it('doubles its rate each round trip of STARTUP', () => {
    // The round trip is 100 ms. In the first of them the initial window, and what the peer's window takes, are what limits.
    const fresh = new Path('delay 50ms').run(0.65);
    let { pacingRate } = fresh.flow.connection!.cc;
    for (let round = 1; round <= 3; round++) {
      const before = pacingRate;
      pacingRate = fresh.run(0.65 + round * 0.1).flow.connection!.cc.pacingRate;
      expect(pacingRate / before).toBeGreaterThan(1.9);
      expect(pacingRate / before).toBeLessThan(2.2);
    }
    expect(fresh.bbr).toMatchObject({ mode: 'STARTUP', pacingGain: 739 / 256, windowGain: 739 / 256 });
  });

  it('goes round its gains in PROBE_BW: a quarter more, a quarter less, six round trips as fast as the path', () => {
    const cycle = path.told.slice(names.indexOf(causes.bbrProbesMore));
    expect(cycle.length).toBeGreaterThan(3 * 40);
    const wanted = [
      [causes.bbrProbesMore, 0, 1.25],
      [causes.bbrProbesLess, 1, 0.75],
      [causes.bbrCruises, 2, 1],
    ] as const;
    for (const [i, { cause, phase, pacingGain, rate, bandwidth, at }] of cycle.entries()) {
      expect([cause, phase, pacingGain]).toEqual(wanted[i % 3]);
      expect(rate / bandwidth).toBeCloseTo(pacingGain * 0.99, 3);
      const next = cycle[i + 1];
      if (next === undefined) continue;
      // A phase is a round trip long; the second one shorter, if the queue is gone sooner; the six are told of as one.
      if (cause === causes.bbrProbesMore) expect(next.at - at).toBeGreaterThan(20);
      if (cause === causes.bbrProbesLess) expect(next.at - at).toBeLessThan(25);
      if (cause === causes.bbrCruises) expect((next.at - at) / 20.4).toBeCloseTo(6, 0);
    }
  });

  it('begins at another phase with another seed, but never at the one that drains', () => {
    const phases = new Set<number>();
    for (let seed = 1; seed <= 14; seed++) {
      const [first] = new Path(PATH, seed).run(0.4).of(causes.bbrDrained);
      phases.add(first!.phase);
    }
    expect(phases.has(1)).toBe(false);
    expect(phases.size).toBeGreaterThan(3);
  });

  it('tells why, when it is only seen later: what it remembers can be watched', () => {
    const { algorithm } = path.flow.connection!.cc;
    expect(algorithm.watch!(path.flow.connection!.cc)).toMatchObject({
      mode: 'PROBE_BW',
      full_bw_reached: 1,
      policed: 0,
      bandwidth_bps: expect.closeTo(8 * BANDWIDTH, -5),
      min_rtt_us: expect.closeTo(20_000, -3),
    });
  });
});

describe('PROBE_RTT', () => {
  const path = new Path().run(9.9).watch(10.6).run(19.9).watch(20.9).run(31);
  const entered = path.of(causes.bbrProbeRtt);
  const left = path.of(causes.bbrProbedRtt);

  it('comes each ten seconds, and goes back to PROBE_BW after 200 ms and a round trip', () => {
    expect(entered.map(({ at }) => Math.round(at / 1000))).toEqual([10, 20, 30]);
    expect(left).toHaveLength(3);
    for (const [i, { at }] of left.entries()) {
      const lasted = at - entered[i]!.at;
      expect(lasted).toBeGreaterThan(200);
      expect(lasted).toBeLessThan(200 + 3 * 25);
      // The ten seconds count from here.
      if (entered[i + 1] !== undefined) expect((entered[i + 1]!.at - at) / 1000).toBeCloseTo(10, 1);
    }
    for (const { mode, pacingGain, windowGain, cwnd } of entered) {
      expect({ mode, pacingGain, windowGain, cwnd }).toEqual({
        mode: 'PROBE_RTT',
        pacingGain: 1,
        windowGain: 1,
        cwnd: 4,
      });
    }
  });

  it.each([0, 1])('no more than four segments are in flight for 200 ms of it (%i)', (which) => {
    const during = path.looks.filter(({ at }) => at > entered[which]!.at && at < left[which]!.at);
    expect(during.every(({ cwnd }) => cwnd === 4)).toBe(true);
    expect(during.filter(({ inFlight }) => inFlight <= 4).length).toBeGreaterThanOrEqual(200);
    // What was in flight before leaves it within a round trip.
    expect(during.filter(({ inFlight }) => inFlight > 4).length).toBeLessThan(30);
  });

  it('finds the round trip of the path itself, takes its low rate for no bandwidth, and the window is what it was', () => {
    for (const [i, { bandwidth, cwnd }] of left.entries()) {
      expect(bandwidth / BANDWIDTH).toBeCloseTo(1, 1);
      expect(cwnd).toBeGreaterThan(60);
      const before = path.told[path.told.indexOf(entered[i]!) - 1]!;
      expect(cwnd).toBeGreaterThanOrEqual(before.cwnd);
    }
    expect(path.bbr.minRtt).toBeLessThan(21_300); // an empty queue: 20 ms, and the time of a segment and an ACK on the wire
  });

  it('goes back to STARTUP where the pipe was never full', () => {
    // The user, and not the path, limits the rate: something is out at any time, but never much.
    const slow = new Path('delay 50ms');
    slow.flow.onConnected = () => {};
    slow.flow.onWritable = () => {};
    for (let at = 500; at < 12_000; at += 30) {
      slow.network.at(at * 1000, () => {
        slow.flow.connection!.send(new Uint8Array(MSS));
        slow.flow.connection!.tcp.activate(slow.flow.connection!);
      });
    }
    slow.run(12);
    expect(slow.of(causes.bbrProbeRtt)).toHaveLength(1);
    expect(slow.of(causes.bbrProbedRttEarly)).toMatchObject([{ mode: 'STARTUP' }]);
    expect(slow.of(causes.bbrFull)).toEqual([]);
  });
});

describe('after a pause', () => {
  it('BBR goes on at the rate of the path, without a burst, and needs no PROBE_RTT for having been silent', () => {
    const path = new Path().run(3);
    const { flow, network } = path;
    const fill = flow.onWritable;
    flow.onWritable = () => {};
    path.run(20); // eleven seconds more than the least round trip counts
    const c = flow.connection!;
    expect(c.inFlight).toBe(0);
    const before = c.dataSegsOut;
    flow.onWritable = fill;
    flow.onConnected();
    c.tcp.activate(c);
    path.run(20.01);
    expect(path.told.at(-1)).toMatchObject({ cause: causes.bbrIdleRestart, mode: 'PROBE_BW' });
    expect(c.cc.pacingRate / (path.bbr.bandwidth * MSS * 1e6)).toBeCloseTo(0.99, 3);
    // In ten milliseconds half of what is in flight in a round trip of twenty.
    const sent = c.dataSegsOut - before;
    expect(sent).toBeGreaterThan(12);
    expect(sent).toBeLessThan(22);
    path.run(22);
    expect(path.of(causes.bbrProbeRtt)).toEqual([]);
    expect(network.now).toBe(22e6);
  });
});

describe('losses', () => {
  it('in the first round of Recovery one segment leaves for each that arrives; then the window is what it was', () => {
    const path = new Path('out: rate 20mbit queue 100; delay 10ms; drop DATA 3000 out').run(3);
    expect(path.of(causes.bbrConserves)).toHaveLength(1);
    const [conserves] = path.of(causes.bbrConserves);
    const [restores] = path.of(causes.bbrRestores);
    expect(conserves!.cwnd).toBeLessThan(restores!.cwnd);
    expect(restores!.cwnd).toBeGreaterThan(60);
    expect(restores!.at - conserves!.at).toBeLessThan(60);
    expect(path.flow.connection!.totalRto).toBe(0);
  });
});
