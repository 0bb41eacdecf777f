import type { Micros } from '../../time/wheel.ts';
import { causes } from '../terms/causes.ts';
import type { AckSample } from '../variables/ack-sample.ts';
import { type Bbr, GAIN_UNIT, MIN_RTT_WINDOW } from '../variables/bbr.ts';
import type { CongestionWindow } from '../variables/congestion-control.ts';

// What mode BBR is in, and when it changes: the lower half of bbr.ts, where the modes are told of.

/** 2/ln 2 or just above: the least gain with which the rate doubles each round trip; and what takes that queue away in one. */
export const HIGH_GAIN = 739 / GAIN_UNIT;
const DRAIN_GAIN = 88 / GAIN_UNIT;
const WINDOW_GAIN = 2;
const PHASES = [1.25, 0.75, 1, 1, 1, 1, 1, 1] as const;
/** The first of those in which it is as fast as the path. */
const CRUISES = 2;
const PROBE_RTT_TIME: Micros = 200_000;
/** As few segments keep ACKs coming. */
export const LEAST_WINDOW = 4;
export const INITIAL_WINDOW = 10;
/** Octets in a second below which a super-segment is one segment: 1.2 Mbit/s. */
const SLOW = 1_200_000 / 8;

// ---- How much is in flight

/** Bandwidth times round trip, times `gain`, in segments (bbr_bdp). */
export function product(b: Bbr, bandwidth: number, gain: number): number {
  if (b.minRtt === Number.POSITIVE_INFINITY) return INITIAL_WINDOW;
  return Math.ceil(bandwidth * b.minRtt * gain);
}

export const minSuperSegment = (w: CongestionWindow): number => (w.pacingRate < SLOW ? 1 : 2);

/** Segments of a super-segment at this rate (bbr_tso_segs_goal). */
const superSegment = (w: CongestionWindow): number =>
  Math.min(127, Math.max(minSuperSegment(w), Math.floor(Math.min(w.pacingRate / 1024, 65_535 - 320) / w.mss)));

/** Room for super-segments and delayed ACKs: three of them, an even number (bbr_quantization_budget). */
export function withBudget(w: CongestionWindow, b: Bbr, segments: number): number {
  // (Not by bits: of a peer that shortens and stretches round trips as it likes, the product can be more than 32 of them hold.)
  const even = 2 * Math.ceil((segments + 3 * superSegment(w)) / 2);
  return b.mode === 'PROBE_BW' && b.phase === 0 ? even + 2 : even;
}

const inflightAt = (w: CongestionWindow, b: Bbr, gain: number): number =>
  withBudget(w, b, product(b, b.greatestBandwidth, gain));

/** What will be in flight when the next segment departs (bbr_packets_in_net_at_edt). */
function inFlightAtDeparture(w: CongestionWindow, b: Bbr, inFlight: number, now: Micros): number {
  const meanwhile = Math.floor(b.bandwidth * Math.max(0, w.departure - now));
  return Math.max(0, inFlight + (b.pacingGain > 1 ? superSegment(w) : 0) - meanwhile);
}

// ---- The modes

/** What an ACK tells of the path, and what mode follows from it (bbr_update_model). */
export function updateModel(w: CongestionWindow, b: Bbr, ack: AckSample): void {
  if (b.takeRound(w, ack)) {
    samplePolicer(w, b, ack.lost, ack.limited);
    b.takeBandwidth(ack);
  }
  b.takeAggregation(w, ack);
  if (b.mode === 'PROBE_BW' && isPhaseOver(w, b, ack)) {
    nextPhase(w, b);
    tellPhase(w, b);
  }
  if (!b.isFull && b.checkFull(ack)) w.because(causes.bbrFull);
  drainOrProbe(w, b, ack);
  updateMinRtt(w, b, ack);
  setGains(b);
}

/** Does a policer limit the rate? Where one's rate was kept to for long enough, the path is asked again. */
export function samplePolicer(w: CongestionWindow, b: Bbr, lost: number, limited: boolean): void {
  const before = b.usesPolicedRate;
  const isOver = b.samplePolicer(w, lost, limited);
  if (b.usesPolicedRate && !before) w.because(causes.bbrPoliced);
  if (!isOver) return;
  w.because(causes.bbrNotPoliced);
  b.forgetPolicer(w);
  beginProbeBw(w, b);
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

/** The rate is another one now. Where it keeps to a policer's, all phases are the same. */
function tellPhase(w: CongestionWindow, b: Bbr): void {
  if (b.usesPolicedRate) return;
  if (b.phase === 0) w.because(causes.bbrProbesMore);
  else if (b.phase < CRUISES) w.because(causes.bbrProbesLess);
  else if (b.phase === CRUISES) w.because(causes.bbrCruises);
}

/** At any phase but that of draining: flows that begin together must not probe together. */
function beginProbeBw(w: CongestionWindow, b: Bbr): void {
  b.mode = 'PROBE_BW';
  b.phase = PHASES.length - 1 - ((w.random.next() >>> 0) % (PHASES.length - 1));
  nextPhase(w, b);
  if (b.phase === 0) tellPhase(w, b);
  else w.because(causes.bbrCruises);
}

function drainOrProbe(w: CongestionWindow, b: Bbr, ack: AckSample): void {
  if (b.mode === 'STARTUP' && b.isFull) {
    b.mode = 'DRAIN';
    w.because(causes.bbrDrain);
    w.ssthresh = inflightAt(w, b, 1);
  }
  if (b.mode === 'DRAIN' && inFlightAtDeparture(w, b, w.inFlight, ack.now) <= inflightAt(w, b, 1)) {
    w.because(causes.bbrDrained);
    beginProbeBw(w, b);
  }
}

/**
 * The least round trip of ten seconds. Where none as short came for that long, the queue may be ours: PROBE_RTT. It is a microsecond
 * at least: of one of 0 there would be no bandwidth-delay product.
 */
function updateMinRtt(w: CongestionWindow, b: Bbr, ack: AckSample): void {
  const { now } = ack;
  const isOld = now > b.minRttAt + MIN_RTT_WINDOW;
  if (ack.rtt >= 0 && (ack.rtt < b.minRtt || (isOld && !ack.maybeDelayed))) {
    b.minRtt = Math.max(1, ack.rtt);
    b.minRttAt = now;
  }
  if (isOld && !b.idleRestart && b.mode !== 'PROBE_RTT') {
    b.mode = 'PROBE_RTT';
    w.because(causes.bbrProbeRtt);
    saveWindow(w, b);
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

/** Is it over? (bbr_check_probe_rtt_done) */
export function endProbeRtt(w: CongestionWindow, b: Bbr, now: Micros): void {
  if (b.probeRttUntil === 0 || now <= b.probeRttUntil) return;
  b.minRttAt = now;
  w.cwnd = Math.max(w.cwnd, b.priorWindow);
  w.because(b.isFull ? causes.bbrProbedRtt : causes.bbrProbedRttEarly);
  if (b.isFull) beginProbeBw(w, b);
  else b.mode = 'STARTUP';
}

/** The last good window, to go back to: in PROBE_RTT and while losses are repaired it isn't (bbr_save_cwnd). */
export function saveWindow(w: CongestionWindow, b: Bbr): void {
  b.priorWindow = b.wasRepairing || b.mode === 'PROBE_RTT' ? Math.max(b.priorWindow, w.cwnd) : w.cwnd;
}

export function setGains(b: Bbr): void {
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
