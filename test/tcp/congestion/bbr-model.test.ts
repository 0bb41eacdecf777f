import { describe, expect, it } from 'vitest';
import { bbr } from '../../../src/tcp/congestion/bbr.ts';
import { Delivery } from '../../../src/tcp/queues/delivery.ts';
import { type Cause, causes } from '../../../src/tcp/terms/causes.ts';
import { AckSample } from '../../../src/tcp/variables/ack-sample.ts';
import type { Bbr } from '../../../src/tcp/variables/bbr.ts';
import { CongestionWindow } from '../../../src/tcp/variables/congestion-control.ts';
import type { CongestionState } from '../../../src/tcp/variables/loss.ts';
import { SeededRandom } from '../../../src/time/random.ts';

/** What one ACK tells, in segments and microseconds. */
interface Told {
  delivered?: number;
  /** That it took so long. */
  interval?: number;
  lost?: number;
  limited?: boolean;
  rtt?: number;
  maybeDelayed?: boolean;
  inFlight?: number;
  state?: CongestionState;
  /** It begins no round trip: what it tells of was sent when so many had arrived. */
  priorDelivered?: number;
  deliveredInInterval?: number;
}

const MSS = 1000;
const RTT = 20_000;

/** BBR by itself, told by hand what ACKs tell: each is a round trip, unless it says otherwise. */
class Model {
  readonly w = new CongestionWindow(new Delivery());
  readonly ack = new AckSample();
  /** A host that has been up for an hour. */
  now = 3600e6;
  readonly causes: Cause[] = [];

  constructor() {
    const { w } = this;
    w.mss = MSS;
    w.random = new SeededRandom(1);
    w.algorithm = bbr;
    bbr.start(w, this.now);
    this.note();
  }

  get b(): Bbr {
    return this.w.own as Bbr;
  }

  private note(): void {
    const { w } = this;
    this.causes.push(...(w.causesBefore ?? []), ...(w.cause === null ? [] : [w.cause]));
    w.cause = w.causesBefore = null;
  }

  /** `after` microseconds an ACK comes. */
  take(after: number, told: Told = {}): this {
    const { w, ack } = this;
    const { delivered = 10, lost = 0, state = 'Open', inFlight = 0, rtt = RTT } = told;
    this.now += after;
    ack.priorDelivered = told.priorDelivered ?? w.delivery.delivered;
    w.delivery.delivered += delivered;
    w.delivery.lost += lost;
    if (w.delivery.limitedUntil > 0 && w.delivery.delivered > w.delivery.limitedUntil) w.delivery.limitedUntil = 0;
    if (delivered > 0) w.delivery.deliveredAt = this.now;
    w.congestionState = state;
    w.inFlight = inFlight;
    if (rtt >= 0) w.srtt = w.minRtt = Math.max(1, rtt);
    const { interval = after, limited = false, maybeDelayed = false, deliveredInInterval = delivered } = told;
    Object.assign(ack, { now: this.now, rtt, delivered, lost, interval, deliveredInInterval, limited, maybeDelayed });
    ack.priorInFlight = inFlight;
    w.cause = null;
    bbr.control!(w, ack);
    this.note();
    expect(w.pacingRate, 'the rate').toSatisfy((rate: number) => rate >= 1 && Number.isFinite(rate));
    expect(w.cwnd, 'the window').toSatisfy((cwnd: number) => cwnd >= 1 && Number.isSafeInteger(cwnd));
    return this;
  }

  rounds(count: number, told: Told = {}): this {
    for (let i = 0; i < count; i++) this.take(RTT, told);
    return this;
  }

  state(state: CongestionState): this {
    this.w.congestionState = state;
    bbr.onState!(this.w);
    this.note();
    return this;
  }

  /** Up to PROBE_BW, at 10 segments in 20 ms. */
  steady(): this {
    this.rounds(8);
    expect(this.b.mode).toBe('PROBE_BW');
    return this;
  }
}

/** Octets a second of `segments` in a round trip. */
const rateOf = (segments: number, rtt = RTT): number => (segments * MSS * 1e6) / rtt;

describe('the pacing rate', () => {
  it('is the first window in the first round trip, times 2.89, less a percent; before that, in a millisecond', () => {
    const model = new Model();
    const first = (739 / 256) * 0.99;
    expect(model.w.pacingRate).toBe(Math.floor(rateOf(10, 1000) * first));
    model.take(RTT, { delivered: 1, rtt: RTT });
    expect(model.w.pacingRate).toBe(Math.floor(rateOf(10) * first));
  });

  it('does not fall in STARTUP, whatever a low sample says; later it follows', () => {
    const model = new Model().take(RTT);
    const { pacingRate } = model.w;
    model.take(RTT, { delivered: 2, limited: true });
    expect(model.w.pacingRate).toBe(pacingRate);
    model.rounds(10);
    expect(model.w.pacingRate).toBeLessThan(pacingRate);
  });

  it('is never above what the user allows, and then super-segments are as short', () => {
    const model = new Model();
    model.w.maxPacingRate = 100_000;
    model.rounds(10, { delivered: 40 });
    expect(model.w.pacingRate).toBe(100_000);
    expect(bbr.minSuperSegment!(model.w)).toBe(1);
    model.w.maxPacingRate = Number.POSITIVE_INFINITY;
    model.rounds(8, { delivered: 40 });
    expect(model.w.pacingRate).toBeGreaterThan(rateOf(40) * 0.7);
    expect(bbr.minSuperSegment!(model.w)).toBe(2);
  });
});

describe('bandwidth', () => {
  it('is the greatest of ten round trips', () => {
    const model = new Model().rounds(3).take(RTT, { delivered: 30 }).rounds(9);
    expect(model.b.greatestBandwidth).toBe(30 / RTT);
    model.rounds(3);
    expect(model.b.greatestBandwidth).toBe(10 / RTT);
  });

  it('that the user limits counts only where it is higher', () => {
    const model = new Model().rounds(12);
    model.rounds(12, { delivered: 3, limited: true });
    expect(model.b.greatestBandwidth).toBe(10 / RTT);
    model.take(RTT, { delivered: 12, limited: true });
    expect(model.b.greatestBandwidth).toBe(12 / RTT);
  });

  it('is full after three rounds without a quarter more, none of which the user limits', () => {
    const model = new Model().rounds(3); // the first is the most so far, two are not a quarter more
    model.rounds(5, { limited: true });
    model.take(RTT, { priorDelivered: 0 }); // no round
    expect(model.b.isFull).toBe(false);
    model.take(RTT);
    expect(model.b.isFull).toBe(true);
    expect(model.causes.slice(0, 3)).toEqual([causes.bbrStartup, causes.bbrFull, causes.bbrDrain]);
    const growing = new Model();
    for (let segments = 10; segments < 100; segments *= 1.25) growing.take(RTT, { delivered: Math.ceil(segments) });
    expect(growing.b.isFull).toBe(false);
  });

  it('is asked for again after a time-out and after losses that were none', () => {
    const model = new Model().rounds(3);
    model.state('Loss');
    expect(model.b.fullBandwidth).toBe(0);
    const other = new Model().rounds(3);
    bbr.onUndo(other.w);
    expect([other.b.fullBandwidth, other.b.fullRounds]).toEqual([0, 0]);
  });
});

describe('PROBE_RTT', () => {
  it('comes ten seconds after the least round trip, and not when the algorithm is chosen after a long silence', () => {
    const model = new Model().take(RTT);
    expect(model.b.mode).toBe('STARTUP');
    model.steady().rounds(480);
    expect(model.causes).not.toContain(causes.bbrProbeRtt);
    model.rounds(20);
    expect(model.causes).toContain(causes.bbrProbeRtt);
  });

  it('is put off by a shorter round trip, not by one as long', () => {
    const model = new Model()
      .steady()
      .rounds(400)
      .take(RTT, { rtt: RTT - 1 })
      .rounds(400);
    expect(model.causes).not.toContain(causes.bbrProbeRtt);
    model.rounds(102, { rtt: RTT - 1 });
    expect(model.causes).toContain(causes.bbrProbeRtt);
  });

  it('keeps the window that there was before, the larger one where losses had cut it', () => {
    const model = new Model().steady();
    const { cwnd } = model.w;
    model.rounds(3, { state: 'Recovery' });
    bbr.onCongestion(model.w, 10, 'loss');
    model.b.priorWindow = cwnd + 5;
    model.rounds(500, { state: 'Recovery' });
    expect(model.b.mode).toBe('PROBE_RTT');
    expect(model.b.priorWindow).toBe(cwnd + 5);
    expect(model.w.cwnd).toBe(4);
    // Also where they are repaired by now.
    const repaired = new Model().steady();
    repaired.b.priorWindow = 100;
    repaired.rounds(500);
    expect(repaired.b).toMatchObject({ mode: 'PROBE_RTT', priorWindow: 100 });
  });

  it('waits until four segments are in flight, and then for 200 ms and a round trip', () => {
    const model = new Model().steady().rounds(500, { inFlight: 10 });
    expect(model.b.mode).toBe('PROBE_RTT');
    model.rounds(20, { inFlight: 5 });
    expect(model.b.probeRttUntil).toBe(0);
    model.take(RTT, { inFlight: 4, delivered: 4 });
    expect(model.b.probeRttUntil).toBe(model.now + 200_000);
    model.rounds(10, { inFlight: 4, delivered: 4 });
    expect(model.b.mode).toBe('PROBE_RTT');
    model.take(RTT, { inFlight: 4, delivered: 4 });
    expect(model.b.mode).toBe('PROBE_BW');
    // A round trip of a second is longer than 200 ms.
    const slow = new Model().steady();
    while (slow.b.mode !== 'PROBE_RTT') slow.take(RTT, { inFlight: 4 });
    slow.take(300_000, { inFlight: 4, priorDelivered: 0 }).take(300_000, { inFlight: 4, priorDelivered: 0 });
    expect(slow.b.mode).toBe('PROBE_RTT');
    expect(slow.take(400_000, { inFlight: 4 }).b.mode).toBe('PROBE_BW');
  });

  it('takes what was sent in it for limited: its low rate is not the path’s', () => {
    const model = new Model().steady().rounds(500, { inFlight: 4 });
    expect(model.b.mode).toBe('PROBE_RTT');
    expect(model.w.delivery.limitedUntil).toBe(model.w.delivery.delivered + 4);
  });
});

describe('a policer', () => {
  /** Ten segments a round trip arrive, and three are dropped. */
  const policed = { delivered: 10, lost: 3 };

  it('is found by two intervals of four round trips and more, both of one rate and with a fifth lost; then all is sent at that rate', () => {
    const model = new Model().rounds(6, { delivered: 40 });
    model.rounds(3, policed);
    expect(model.b.policedRate).toBe(0);
    model.take(RTT, policed); // the fourth round with losses: the first interval
    expect(model.b.policedRate).toBeGreaterThan(0);
    expect(model.b.usesPolicedRate).toBe(false);
    model.rounds(3, policed);
    expect(model.b.usesPolicedRate).toBe(false);
    model.take(RTT, policed);
    expect(model.b).toMatchObject({ usesPolicedRate: true, policedRounds: 0 });
    expect(model.causes).toContain(causes.bbrPoliced);
    expect(model.b.bandwidth).toBeCloseTo(10 / RTT, 8);
    model.rounds(12, policed);
    expect(model.b).toMatchObject({ mode: 'PROBE_BW', pacingGain: 1 });
    expect(model.w.pacingRate).toBe(Math.floor(rateOf(10) * 0.99));
    // No phase probes for more than that.
    const { length } = model.causes;
    model.rounds(20, policed);
    expect(model.causes.slice(length)).toEqual([]);
  });

  it('ends no phase before its time, not even that of draining', () => {
    const model = new Model().steady().rounds(4, policed).rounds(8);
    while (model.b.phase !== 1) model.take(RTT, { inFlight: 40 });
    model.take(1000, {
      lost: 100,
      inFlight: 0,
      priorDelivered: 0,
      delivered: 1,
      interval: RTT,
      deliveredInInterval: 10,
    });
    expect(model.b).toMatchObject({ usesPolicedRate: true, phase: 1, pacingGain: 1 });
  });

  it('is forgotten after 48 round trips, and the gains go round again', () => {
    const model = new Model().steady().rounds(8, policed);
    expect(model.b.usesPolicedRate).toBe(true);
    model.rounds(47);
    expect(model.b.usesPolicedRate).toBe(true);
    model.take(RTT);
    expect(model.b.usesPolicedRate).toBe(false);
    expect(model.causes).toContain(causes.bbrNotPoliced);
    model.rounds(20);
    expect(model.causes.slice(model.causes.indexOf(causes.bbrNotPoliced))).toContain(causes.bbrProbesMore);
  });

  it('is forgotten by a time-out, too, when that is the 48th', () => {
    const model = new Model().steady().rounds(8, policed).rounds(47);
    expect(model.b.usesPolicedRate).toBe(true);
    model.state('Loss');
    expect(model.b).toMatchObject({ usesPolicedRate: false, mode: 'PROBE_BW' });
    expect(model.causes).toContain(causes.bbrNotPoliced);
  });

  it.each([
    ['less than a fifth is lost', { delivered: 100, lost: 18 }, { delivered: 100, lost: 18 }],
    ['the two rates differ', policed, { delivered: 20, lost: 6 }],
    ['the user limits what is sent', policed, { ...policed, limited: true }],
  ])('is not found where %s', (_, first, second) => {
    const model = new Model().steady().rounds(5, first).rounds(4, second);
    expect(model.b.usesPolicedRate).toBe(false);
  });

  it('is no more believed in where the losses were none', () => {
    const model = new Model().steady().rounds(8, policed);
    bbr.onUndo(model.w);
    expect(model.b).toMatchObject({ usesPolicedRate: false, policedRate: 0, isSampling: false });
  });
});

describe('after a pause', () => {
  it('the rate is the path’s own, in whatever phase, where it was the user who paused', () => {
    const model = new Model().steady();
    while (model.b.pacingGain !== 1.25) model.take(RTT, { inFlight: 40 });
    expect(model.w.pacingRate).toBe(Math.floor(rateOf(10) * 1.25 * 0.99));
    bbr.onPauseEnd!(model.w, model.now, 0);
    expect(model.w.pacingRate).toBe(Math.floor(rateOf(10) * 1.25 * 0.99));
    model.w.delivery.noteLimited(0);
    bbr.onPauseEnd!(model.w, model.now, 0);
    expect(model.w.pacingRate).toBe(Math.floor(rateOf(10) * 0.99));
    expect(model.b.idleRestart).toBe(true);
  });

  it('no PROBE_RTT follows until something has arrived', () => {
    const model = new Model().steady();
    model.w.delivery.noteLimited(0);
    bbr.onPauseEnd!(model.w, model.now + 20e6, 0);
    model.take(20e6, { rtt: RTT, maybeDelayed: true });
    expect(model.b.mode).toBe('PROBE_BW');
    expect(model.take(RTT, { maybeDelayed: true }).b.mode).toBe('PROBE_RTT');
  });

  it('ends a PROBE_RTT whose time is over', () => {
    const model = new Model().steady().rounds(500, { inFlight: 4 });
    expect(model.b.mode).toBe('PROBE_RTT');
    model.take(RTT, { inFlight: 4 });
    bbr.onPauseEnd!(model.w, model.now + 5e6, 0);
    expect(model.b.mode).toBe('PROBE_BW');
    expect(model.w.cwnd).toBe(model.b.priorWindow);
  });
});

describe('ACKs that come in bunches', () => {
  /** 40 ms of silence, and then 20 segments are acknowledged at once: twice, in 80 ms. */
  const bunched = (model: Model, rounds: number): void => {
    for (let i = 0; i < rounds; i++) {
      model.take(RTT, { delivered: 0, interval: -1, deliveredInInterval: 0, rtt: -1 });
      model.take(RTT, { delivered: 20 });
    }
  };

  it('make the window larger by what comes at once beyond the bandwidth', () => {
    const model = new Model().steady().rounds(5);
    expect(model.b.aggregation).toBeLessThanOrEqual(10);
    const bandwidth = model.b.bandwidth * RTT;
    expect(bandwidth).toBe(10);
    // 20 at once, in an interval that says it took 40 ms: no more bandwidth, but 10 beyond what was expected of 20 ms.
    for (let i = 0; i < 12; i++) model.take(2 * RTT, { delivered: 20 });
    expect(model.b.bandwidth * RTT).toBe(10);
    expect(model.b.aggregation).toBe(20);
    const product = 2 * 10;
    expect(model.w.cwnd).toBeGreaterThanOrEqual(product + 20);
  });

  it('count for no more than 100 ms of bandwidth, nor than the window; and not before the pipe is full', () => {
    const model = new Model().steady();
    model.w.cwnd = 5000;
    for (let i = 0; i < 3; i++) model.take(10_000 * 1000, { delivered: 2000, interval: 10_000 * 1000, rtt: 5 });
    expect(model.b.aggregation).toBeLessThanOrEqual(Math.floor(model.b.bandwidth * 100_000));
    expect(model.b.aggregation).toBeGreaterThan(0);
    const narrow = new Model().steady();
    narrow.w.cwnd = 15;
    narrow.take(4 * RTT, { delivered: 40 });
    expect(narrow.b.aggregation).toBe(15);
    const fresh = new Model().take(RTT, { delivered: 50, interval: 10 * RTT });
    expect(fresh.b.isFull).toBe(false);
    expect(fresh.b.aggregation).toBe(0);
  });

  it('are forgotten after ten rounds at most', () => {
    const model = new Model().steady();
    bunched(model, 3);
    const bunch = model.b.aggregation;
    expect(bunch).toBeGreaterThanOrEqual(20);
    for (let i = 0; i < 24; i++) model.take(RTT / 2, { delivered: 5, deliveredInInterval: 10, interval: RTT });
    expect(model.b.aggregation).toBeLessThan(bunch);
  });
});

describe('the window', () => {
  it('is for a round of Recovery what arrives, then grows by it, and at its end is what it was', () => {
    const model = new Model().steady();
    const { cwnd } = model.w;
    bbr.onCongestion(model.w, 20, 'loss');
    model.take(1000, { delivered: 2, lost: 1, inFlight: 7, state: 'Recovery', priorDelivered: 0 });
    expect(model.w.cwnd).toBe(7 + 2);
    model.take(1000, { delivered: 1, inFlight: 8, state: 'Recovery', priorDelivered: 0 });
    expect(model.w.cwnd).toBe(9);
    model.take(RTT, { delivered: 4, inFlight: 5, state: 'Recovery' });
    expect(model.w.cwnd).toBe(13);
    model.take(1000, { delivered: 1, inFlight: 5, state: 'Open', priorDelivered: 0 });
    expect(model.w.cwnd).toBeGreaterThanOrEqual(cwnd);
    expect(model.causes.filter((cause) => cause === causes.bbrConserves || cause === causes.bbrRestores)).toEqual([
      causes.bbrConserves,
      causes.bbrRestores,
    ]);
  });

  it('conserves packets also where Recovery follows a time-out at once', () => {
    const model = new Model().steady().state('Loss');
    model.take(1000, { delivered: 2, inFlight: 3, state: 'Recovery', priorDelivered: 0 });
    expect(model.b.conserves).toBe(true);
    expect(model.w.cwnd).toBe(5);
  });
});

describe('samples that no path gives', () => {
  /** After each of them rate and window are numbers that can be (`take` looks). */
  it.each<[string, number, Told]>([
    ['a round trip of 0 us', 0, { rtt: 0, interval: 1 }],
    ['a round trip of 0 us, again and again', 1, { rtt: 0, interval: 1, delivered: 1 }],
    ['no interval', 0, { interval: 0 }],
    ['no round trip', RTT, { rtt: -1 }],
    ['a round trip of an hour', 3600e6, { rtt: 3600e6 }],
    ['a segment in an hour', 3600e6, { delivered: 1, interval: 3600e6, rtt: 3600e6 }],
    ['2^21 segments in a microsecond', 1, { delivered: 1 << 21, interval: 1 }],
    ['nothing delivered', RTT, { delivered: 0, deliveredInInterval: 0 }],
    ['all lost', RTT, { delivered: 1, lost: 1 << 21 }],
    ['2^21 in flight', RTT, { inFlight: 1 << 21 }],
  ])('%s: rate and window can be', (_, after, told) => {
    for (const model of [new Model(), new Model().steady(), new Model().steady().rounds(500)]) {
      for (let i = 0; i < 60; i++) model.take(after, told);
      model.rounds(30);
      expect(model.b.minRtt).toBeGreaterThanOrEqual(1);
      expect(Number.isFinite(model.b.bandwidth)).toBe(true);
      for (const value of Object.values(bbr.watch!(model.w))) expect(value).not.toBeNaN();
      for (const value of Object.values(bbr.info!(model.w))) expect(value).toSatisfy(Number.isSafeInteger);
    }
  });
});
