import type { Micros } from '../../time/wheel.ts';
import type { AckSample } from '../variables/ack-sample.ts';
import { Bbr, MIN_RTT_WINDOW } from '../variables/bbr.ts';
import { type CongestionControl, type CongestionWindow, NO_THRESHOLD } from '../variables/congestion-control.ts';

/**
 * BBR, version 1 (Cardwell, Cheng, Gunn, Yeganeh, Jacobson, "BBR: Congestion-Based Congestion Control", ACM Queue 14(5), 2016;
 * draft-cardwell-iccrg-bbr-congestion-control-00), as Linux has it (net/ipv4/tcp_bbr.c). It doesn't take loss for
 * congestion. It measures the two things that a path is: the greatest bandwidth at which segments arrive, and the least
 * round trip; sends at that bandwidth, paced; and has about twice their product in flight, at most.
 *
 *     STARTUP    the rate doubles each round trip, until the bandwidth grows no more
 *     DRAIN      what STARTUP put into the queue leaves it
 *     PROBE_BW   for a round trip a quarter more than the bandwidth, for one a quarter less, for six just that
 *     PROBE_RTT  each ten seconds without a lesser round trip: 200 ms with four segments in flight, so that the queue
 *                empties and the path's own round trip shows
 */

/** Gains are 256ths, as in Linux, so that they are the same numbers. */
const GAIN_UNIT = 256;
/** 2/ln 2 or just above: the least gain with which the rate doubles each round trip; and what takes that queue away in one. */
const HIGH_GAIN = 739 / GAIN_UNIT;
const DRAIN_GAIN = 88 / GAIN_UNIT;
const WINDOW_GAIN = 2;
const PHASES = [1.25, 0.75, 1, 1, 1, 1, 1, 1] as const;
const PROBE_RTT_TIME: Micros = 200_000;
/** As few segments keep ACKs coming. */
const LEAST_WINDOW = 4;
/** What of the bandwidth is sent: a queue that forms by itself drains again. */
const MARGIN = 0.99;
/** Before there is a round trip, one of a millisecond is supposed. */
const SUPPOSED_RTT: Micros = 1000;
const INITIAL_WINDOW = 10;
/** Octets in a second below which a super-segment is one segment: 1.2 Mbit/s. */
const SLOW = 1_200_000 / 8;

const TWO_32 = 2 ** 32;

const of = (w: CongestionWindow): Bbr => w.own as Bbr;

export const bbr: CongestionControl = {
  name: 'bbr',
  paces: true,
  sendBufferWindows: 3,

  start(w, now) {
    const b = new Bbr(w, now);
    w.own = b;
    w.ssthresh = NO_THRESHOLD;
    supposeRate(w, b);
    setGains(b);
  },

  onAck() {
    // `control` does it.
  },

  onCongestion(w) {
    saveWindow(w, of(w));
    return w.ssthresh;
  },

  /** The pipe may not be full after all. The window stays. */
  onUndo(w) {
    const b = of(w);
    b.fullBandwidth = b.fullRounds = 0;
    b.forgetPolicer(w);
  },

  onPauseEnd(w, now) {
    if (w.delivery.limitedUntil === 0) return;
    const b = of(w);
    b.idleRestart = true;
    b.beginEpoch(now);
    // No burst: the rate is the path's own.
    if (b.mode === 'PROBE_BW') setPacingRate(w, b, 1);
    else if (b.mode === 'PROBE_RTT') endProbeRtt(w, b, now);
  },

  onState(w) {
    if (w.congestionState !== 'Loss') return;
    const b = of(w);
    b.isRepairing = true;
    b.fullBandwidth = 0;
    b.roundStarts = true; // a time-out counts as the end of a round
    b.samplePolicer(w, 1, false);
  },

  control(w, ack) {
    const b = of(w);
    updateModel(w, b, ack);
    setPacingRate(w, b, b.pacingGain);
    setWindow(w, b, ack);
  },

  minSuperSegment: (w) => (w.pacingRate < SLOW ? 1 : 2),

  info,

  watch(w) {
    const b = of(w);
    return {
      mode: b.mode,
      bandwidth_bps: Math.round(b.bandwidth * w.mss * 8e6),
      min_rtt_us: b.minRtt === Number.POSITIVE_INFINITY ? 0 : b.minRtt,
      pacing_gain: b.pacingGain,
      cwnd_gain: b.windowGain,
      round_count: b.rounds,
      full_bw_reached: b.isFull ? 1 : 0,
      full_bw_bps: Math.round(b.fullBandwidth * w.mss * 8e6),
      cycle_phase: b.phase,
      policed: b.usesPolicedRate ? 1 : 0,
      extra_acked: b.aggregation,
      prior_cwnd: b.priorWindow,
    };
  },
};

/** `struct tcp_bbr_info` of include/uapi/linux/inet_diag.h: bandwidth in octets a second, two halves of 64 bits; gains in 256ths. */
function info(w: CongestionWindow): Record<string, number> {
  const b = of(w);
  const octets = Math.floor(b.bandwidth * w.mss * 1e6);
  return {
    bbr_bw_lo: octets % TWO_32,
    bbr_bw_hi: Math.floor(octets / TWO_32),
    bbr_min_rtt: Math.min(b.minRtt, TWO_32 - 1),
    bbr_pacing_gain: b.pacingGain * GAIN_UNIT,
    bbr_cwnd_gain: b.windowGain * GAIN_UNIT,
  };
}

// ---- The rate

function supposeRate(w: CongestionWindow, b: Bbr): void {
  if (w.srtt > 0) b.hasSeenRtt = true;
  w.pacingRate = rateOf(w, w.cwnd / Math.max(1, w.srtt || SUPPOSED_RTT), HIGH_GAIN);
}

const rateOf = (w: CongestionWindow, bandwidth: number, gain: number): number =>
  Math.floor(bandwidth * w.mss * 1e6 * gain * MARGIN);

/** In STARTUP the rate never falls: a low sample is one of the beginning. */
function setPacingRate(w: CongestionWindow, b: Bbr, gain: number): void {
  if (!b.hasSeenRtt && w.srtt > 0) supposeRate(w, b);
  const rate = rateOf(w, b.bandwidth, gain);
  if (b.isFull || rate > w.pacingRate) w.pacingRate = rate;
}

function setGains(b: Bbr): void {
  switch (b.mode) {
    case 'STARTUP':
      b.pacingGain = b.windowGain = HIGH_GAIN;
      return;
    case 'DRAIN':
      b.pacingGain = DRAIN_GAIN;
      b.windowGain = HIGH_GAIN;
      return;
    case 'PROBE_BW':
      b.pacingGain = b.usesPolicedRate ? 1 : PHASES[b.phase]!;
      b.windowGain = WINDOW_GAIN;
      return;
    case 'PROBE_RTT':
      b.pacingGain = b.windowGain = 1;
      return;
    default:
      b.mode satisfies never;
  }
}

// ---- How much is in flight

/** Bandwidth times round trip, times `gain`, in segments (bbr_bdp). */
function product(b: Bbr, bandwidth: number, gain: number): number {
  if (b.minRtt === Number.POSITIVE_INFINITY) return INITIAL_WINDOW;
  return Math.ceil(bandwidth * b.minRtt * gain);
}

/** Segments of a super-segment at this rate. */
const superSegment = (w: CongestionWindow): number =>
  Math.min(127, Math.max(bbr.minSuperSegment!(w), Math.floor(Math.min(w.pacingRate / 1024, 65_535 - 320) / w.mss)));

/** Room for super-segments and delayed ACKs: three of them, an even number (bbr_quantization_budget). */
function withBudget(w: CongestionWindow, b: Bbr, segments: number): number {
  const even = (segments + 3 * superSegment(w) + 1) & ~1;
  return b.mode === 'PROBE_BW' && b.phase === 0 ? even + 2 : even;
}

const inflightAt = (w: CongestionWindow, b: Bbr, gain: number): number =>
  withBudget(w, b, product(b, b.greatestBandwidth, gain));

/** What will be in flight when the next segment departs (bbr_packets_in_net_at_edt). */
function inFlightAtDeparture(w: CongestionWindow, b: Bbr, inFlight: number, now: Micros): number {
  const meanwhile = Math.floor(b.bandwidth * Math.max(0, w.departure - now));
  return Math.max(0, inFlight + (b.pacingGain > 1 ? superSegment(w) : 0) - meanwhile);
}

// ---- The model and the modes

function updateModel(w: CongestionWindow, b: Bbr, ack: AckSample): void {
  if (b.takeBandwidth(w, ack)) {
    b.forgetPolicer(w);
    beginProbeBw(w, b);
  }
  b.takeAggregation(w, ack);
  if (b.mode === 'PROBE_BW' && isPhaseOver(w, b, ack)) nextPhase(w, b);
  b.checkFull(ack);
  drainOrProbe(w, b, ack);
  updateMinRtt(w, b, ack);
  setGains(b);
}

/** A phase lasts a round trip; one with more until that is in flight or lost, one with less no longer than the queue does. */
function isPhaseOver(w: CongestionWindow, b: Bbr, ack: AckSample): boolean {
  const lasted = w.delivery.deliveredAt - b.phaseSince > b.minRtt;
  if (b.pacingGain === 1) return lasted;
  const inFlight = inFlightAtDeparture(w, b, ack.priorInFlight, ack.now);
  if (b.pacingGain > 1) return lasted && (ack.lost > 0 || inFlight >= inflightAt(w, b, b.pacingGain));
  return lasted || inFlight <= inflightAt(w, b, 1);
}

function nextPhase(w: CongestionWindow, b: Bbr): void {
  b.phase = (b.phase + 1) % PHASES.length;
  b.phaseSince = w.delivery.deliveredAt;
}

/** At any phase but that of draining: flows that begin together must not probe together. */
function beginProbeBw(w: CongestionWindow, b: Bbr): void {
  b.mode = 'PROBE_BW';
  b.phase = PHASES.length - 1 - ((w.random.next() >>> 0) % 7);
  nextPhase(w, b);
}

function drainOrProbe(w: CongestionWindow, b: Bbr, ack: AckSample): void {
  if (b.mode === 'STARTUP' && b.isFull) {
    b.mode = 'DRAIN';
    w.ssthresh = inflightAt(w, b, 1);
  }
  if (b.mode === 'DRAIN' && inFlightAtDeparture(w, b, w.inFlight, ack.now) <= inflightAt(w, b, 1)) beginProbeBw(w, b);
}

function updateMinRtt(w: CongestionWindow, b: Bbr, ack: AckSample): void {
  const { now } = ack;
  const isOld = now > b.minRttAt + MIN_RTT_WINDOW;
  if (ack.rtt >= 0 && (ack.rtt < b.minRtt || (isOld && !ack.maybeDelayed))) {
    b.minRtt = Math.max(1, ack.rtt);
    b.minRttAt = now;
  }
  if (isOld && !b.idleRestart && b.mode !== 'PROBE_RTT') {
    saveWindow(w, b);
    b.mode = 'PROBE_RTT';
    b.probeRttUntil = 0;
  }
  if (b.mode === 'PROBE_RTT') probeRtt(w, b, now);
  if (ack.deliveredInInterval > 0) b.idleRestart = false;
}

/** With next to nothing in flight for 200 ms and for a round trip. The rate meanwhile is ours, not the path's. */
function probeRtt(w: CongestionWindow, b: Bbr, now: Micros): void {
  w.delivery.noteLimited(w.inFlight);
  if (b.probeRttUntil === 0) {
    if (w.inFlight > LEAST_WINDOW) return;
    b.probeRttUntil = now + PROBE_RTT_TIME;
    b.probeRttRoundDone = false;
    b.roundEnds = w.delivery.delivered;
    return;
  }
  if (b.roundStarts) b.probeRttRoundDone = true;
  if (b.probeRttRoundDone) endProbeRtt(w, b, now);
}

function endProbeRtt(w: CongestionWindow, b: Bbr, now: Micros): void {
  if (b.probeRttUntil === 0 || now <= b.probeRttUntil) return;
  b.minRttAt = now;
  w.cwnd = Math.max(w.cwnd, b.priorWindow);
  if (b.isFull) beginProbeBw(w, b);
  else b.mode = 'STARTUP';
}

// ---- The window

/** The last good one, to go back to. */
function saveWindow(w: CongestionWindow, b: Bbr): void {
  b.priorWindow = b.isRepairing || b.mode === 'PROBE_RTT' ? Math.max(b.priorWindow, w.cwnd) : w.cwnd;
}

function setWindow(w: CongestionWindow, b: Bbr, ack: AckSample): void {
  const acked = ack.delivered;
  if (acked > 0) {
    const cwnd = afterLosses(w, b, ack);
    w.cwnd = b.conserves ? Math.max(cwnd, w.inFlight + acked) : towardsTarget(w, b, cwnd, acked);
  }
  if (b.mode === 'PROBE_RTT') w.cwnd = Math.min(w.cwnd, LEAST_WINDOW);
}

/**
 * For the first round of Recovery one segment leaves for each that arrives (packet conservation), after that two in slow start.
 * When it is over, the window is what it was (bbr_set_cwnd_to_recover_or_restore).
 */
function afterLosses(w: CongestionWindow, b: Bbr, ack: AckSample): number {
  const repairs = w.congestionState === 'Recovery' || w.congestionState === 'Loss';
  let cwnd = ack.lost > 0 ? Math.max(1, w.cwnd - ack.lost) : w.cwnd;
  if (w.congestionState === 'Recovery' && !b.isRepairing) {
    b.conserves = true;
    b.roundEnds = w.delivery.delivered;
    cwnd = w.inFlight + ack.delivered;
  } else if (!repairs && b.isRepairing) {
    cwnd = Math.max(cwnd, b.priorWindow);
    b.conserves = false;
  }
  b.isRepairing = repairs;
  return cwnd;
}

function towardsTarget(w: CongestionWindow, b: Bbr, cwnd: number, acked: number): number {
  const target = withBudget(w, b, product(b, b.bandwidth, b.windowGain) + b.aggregation);
  let next = cwnd;
  if (b.isFull) next = Math.min(cwnd + acked, target);
  else if (cwnd < target || w.delivery.delivered < INITIAL_WINDOW) next = cwnd + acked;
  return Math.max(next, LEAST_WINDOW);
}
