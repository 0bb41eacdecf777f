import { causes } from '../terms/causes.ts';
import type { AckSample } from '../variables/ack-sample.ts';
import { Bbr, GAIN_UNIT, MARGIN } from '../variables/bbr.ts';
import { type CongestionControl, type CongestionWindow, NO_THRESHOLD } from '../variables/congestion-control.ts';
import {
  endProbeRtt,
  HIGH_GAIN,
  INITIAL_WINDOW,
  LEAST_WINDOW,
  minSuperSegment,
  product,
  samplePolicer,
  saveWindow,
  setGains,
  updateModel,
  withBudget,
} from './bbr-modes.ts';

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
 *
 * What is known of the path is in variables/bbr.ts, the modes are in bbr-modes.ts, the rate and the window here.
 *
 * It differs from Linux's in this: bandwidths are fractions and not fixed-point numbers, so that nothing overflows, and no sample is
 * thrown away for that (an interval of a policer's beyond 71 minutes, an epoch of 2^20 segments' ACKs is begun anew all the
 * same); times are in microseconds, not in ticks or milliseconds; no rate is below one octet a second, no least round trip below
 * a microsecond; a second time-out in a row counts as no further round trip; there is no snd_cwnd_clamp. The pace makes up for a
 * timer that fires late (sending/gate.ts).
 */

const MICROS = 1e6;
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
    w.because(causes.bbrStartup);
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
    w.because(causes.bbrIdleRestart);
    // No burst: the rate is the path's own.
    if (b.mode === 'PROBE_BW') setPacingRate(w, b, 1);
    else if (b.mode === 'PROBE_RTT') endProbeRtt(w, b, now);
  },

  onState(w) {
    if (w.congestionState !== 'Loss') return;
    const b = of(w);
    b.stateBefore = 'Loss';
    b.fullBandwidth = 0;
    b.roundStarts = true; // a time-out counts as the end of a round
    samplePolicer(w, b, 1, false);
  },

  control(w, ack) {
    const b = of(w);
    updateModel(w, b, ack);
    setPacingRate(w, b, b.pacingGain);
    setWindow(w, b, ack);
  },

  minSuperSegment,

  /** `struct tcp_bbr_info` of include/uapi/linux/inet_diag.h: octets a second, in two halves of 64 bits; gains in 256ths. */
  info(w) {
    const b = of(w);
    const octets = Math.floor(b.bandwidth * w.mss * MICROS);
    return {
      bbr_bw_lo: octets % TWO_32,
      bbr_bw_hi: Math.floor(octets / TWO_32),
      bbr_min_rtt: Math.min(b.minRtt, TWO_32 - 1),
      bbr_pacing_gain: b.pacingGain * GAIN_UNIT,
      bbr_cwnd_gain: b.windowGain * GAIN_UNIT,
    };
  },

  watch(w) {
    const b = of(w);
    return {
      mode: b.mode,
      bandwidth_bps: Math.round(b.bandwidth * w.mss * 8 * MICROS),
      min_rtt_us: b.minRtt === Number.POSITIVE_INFINITY ? 0 : b.minRtt,
      pacing_gain: b.pacingGain,
      cwnd_gain: b.windowGain,
      round_count: b.rounds,
      full_bw_reached: b.isFull ? 1 : 0,
      full_bw_bps: Math.round(b.fullBandwidth * w.mss * 8 * MICROS),
      cycle_phase: b.phase,
      policed: b.usesPolicedRate ? 1 : 0,
      extra_acked: b.aggregation,
      prior_cwnd: b.priorWindow,
    };
  },
};

// ---- The rate

/** Before there is a round trip, one of a millisecond is supposed. */
const SUPPOSED_RTT = 1000;

function supposeRate(w: CongestionWindow, b: Bbr): void {
  if (w.srtt > 0) b.hasSeenRtt = true;
  w.pacingRate = rateOf(w, w.cwnd / Math.max(1, w.srtt || SUPPOSED_RTT), HIGH_GAIN);
}

/** Octets a second of `bandwidth`, in segments a microsecond; not more than the user allows (bbr_bw_to_pacing_rate). */
const rateOf = (w: CongestionWindow, bandwidth: number, gain: number): number =>
  Math.min(Math.max(1, Math.floor(bandwidth * w.mss * MICROS * gain * MARGIN)), w.maxPacingRate);

/** In STARTUP the rate never falls: a low sample is one of the beginning. */
function setPacingRate(w: CongestionWindow, b: Bbr, gain: number): void {
  if (!b.hasSeenRtt && w.srtt > 0) supposeRate(w, b);
  const rate = rateOf(w, b.bandwidth, gain);
  if (b.isFull || rate > w.pacingRate) w.pacingRate = rate;
}

// ---- The window

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
  const { congestionState } = w;
  let cwnd = ack.lost > 0 ? Math.max(1, w.cwnd - ack.lost) : w.cwnd;
  if (congestionState === 'Recovery' && b.stateBefore !== 'Recovery') {
    b.conserves = true;
    b.roundEnds = w.delivery.delivered;
    cwnd = w.inFlight + ack.delivered;
    w.because(causes.bbrConserves);
  } else if (b.wasRepairing && congestionState !== 'Recovery' && congestionState !== 'Loss') {
    cwnd = Math.max(cwnd, b.priorWindow);
    b.conserves = false;
    w.because(causes.bbrRestores);
  }
  b.stateBefore = congestionState;
  return cwnd;
}

function towardsTarget(w: CongestionWindow, b: Bbr, cwnd: number, acked: number): number {
  const target = withBudget(w, b, product(b, b.bandwidth, b.windowGain) + b.aggregation);
  let next = cwnd;
  if (b.isFull) next = Math.min(cwnd + acked, target);
  else if (cwnd < target || w.delivery.delivered < INITIAL_WINDOW) next = cwnd + acked;
  return Math.max(next, LEAST_WINDOW);
}
