import { DOUBLE } from '../../basics/double.ts';
import type { Micros } from '../../time/wheel.ts';
import { causes } from '../terms/causes.ts';
import type { AckSample } from '../variables/ack-sample.ts';
import type { CongestionControl, CongestionSignal, CongestionWindow } from '../variables/congestion-control.ts';
import { growByOneFor, growWatched, type SlowStartWatch } from './growth.ts';
import { slowStartWatch } from './hystart.ts';

/** What remains of the window after a loss: beta_cubic, 0.7 (section 4.6), as Linux has it in binary. */
const BETA = 717 / 1024;
/** C: segments in a second, each second, each second (section 5.1). */
const C = 0.4;
/** Additive increase that shares a link with Reno alike, though it falls by less (section 4.3: alpha_cubic). */
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);
/** At most a segment for two that are acknowledged: 1.5 times the window in a round trip (section 4.2: target). */
const FASTEST = 2;
/** At least one for twenty, 5 percent in a round trip, where no loss has shown yet how much the path takes (bictcp_update). */
const FASTER_THAN_UNKNOWN = 20;

/**
 * One congestion avoidance stage, and what it knows of those before (RFC 9438, section 4.1.2). The elapsed time t counts only
 * while the window is used: time in which it couldn't grow isn't time to make up for (section 5.8).
 */
class Stage {
  /** W_max: the window at the last loss; 0: there was none. */
  wMax = 0;
  /** cwnd_prior: the window when `ssthresh` was last set; 0: by no loss. */
  cwndPrior = 0;
  /** W_est: what Reno would have; K in seconds; the origin of the curve, which is W_max or where it began without. */
  wEst = DOUBLE;
  k = DOUBLE;
  origin = 0;
  /** t, in microseconds, up to `clock`. */
  elapsed: Micros = DOUBLE;
  clock: Micros = DOUBLE;
  /** The first ACK in congestion avoidance has come. */
  begun = false;

  constructor(wMax: number, cwndPrior: number) {
    this.wMax = wMax;
    this.cwndPrior = cwndPrior;
    this.wEst = this.k = this.elapsed = this.clock = 0;
  }

  begin(cwnd: number, now: Micros): void {
    this.begun = true;
    this.clock = now;
    this.wEst = cwnd;
    // Equation 2. Where the window is at W_max already, or there is none, the curve begins at its flat part (section 4.10).
    this.k = this.wMax > cwnd ? Math.cbrt((this.wMax - cwnd) / C) : 0;
    this.origin = Math.max(this.wMax, cwnd);
  }

  /** Time goes on up to `now`. */
  advance(now: Micros): void {
    this.elapsed += now - this.clock;
    this.clock = now;
  }

  /** Equation 1: W_cubic, `later` microseconds from now, in segments. */
  wCubic(later: Micros): number {
    const offset = (this.elapsed + later) / 1e6 - this.k;
    return C * offset * offset * offset + this.origin;
  }
}

/** What most connections are too short for is not made: stages before congestion avoidance, the watch before the window grows. */
class Cubic {
  /** null: there has been neither a loss nor congestion avoidance. */
  stage: Stage | null = null;
  /** The stage before the last loss, of which there may have been none: undo goes back to it. */
  before: Stage | null = null;
  /** `before` has a meaning: there was a loss, and it has not been undone. */
  remembers = false;
  /** Of slow start; null: its window has not grown yet, or `tcp_cubic_hystart` has none. */
  watch: SlowStartWatch | null = null;
}

const of = (w: CongestionWindow): Cubic => w.own as Cubic;

/**
 * CUBIC (RFC 9438), as Linux has it (net/ipv4/tcp_cubic.c). After a loss the window is a cubic function of the time
 * since then, and not of round trips: fast back towards the window that was too large, slowly around it, and fast again beyond.
 * So connections with long and short round trips grow alike, and long fat paths are filled in seconds. Where Reno would have
 * more, it is as fast as Reno.
 */
export const cubic: CongestionControl = {
  name: 'cubic',

  start(w) {
    w.own = new Cubic();
  },

  onAck(w, ack) {
    const own = of(w);
    const used = w.isUsed;
    if (w.cwnd < w.ssthresh) {
      if (used) own.watch ??= slowStartWatch(w.sysctls.tcp_cubic_hystart, w);
      own.watch?.onAck(w, ack);
    }
    if (!used) {
      if (own.stage !== null) own.stage.clock = ack.now;
      return;
    }
    let left = ack.delivered;
    if (w.cwnd < w.ssthresh) left = growWatched(w, own.watch, left);
    if (left > 0 && w.cwnd >= w.ssthresh) avoidCongestion(w, (own.stage ??= new Stage(0, 0)), left, ack);
  },

  onCongestion(w, _flightSize, signal) {
    const own = of(w);
    // A time-out in the midst of Recovery is of the same episode: the first memory counts.
    if (w.congestionState !== 'Recovery') own.before = own.stage;
    own.remembers = true;
    own.stage = new Stage(nextWMax(w, own.stage, signal), w.cwnd);
    if (signal === 'timeout') own.watch?.restart();
    // A window that isn't used doesn't grow, so that here, unlike in RFC 5681, cwnd is taken for FlightSize (section 4.6).
    return Math.max(2, Math.floor(w.cwnd * BETA));
  },

  onUndo(w) {
    const own = of(w);
    // Section 4.9.2: W_max, K, the time and W_est are what they were.
    if (own.remembers && w.cwnd <= w.priorCwnd) own.stage = own.before;
    own.remembers = false;
    own.before = null;
    w.cwnd = Math.max(w.cwnd, w.priorCwnd);
    w.ssthresh = Math.max(w.ssthresh, w.priorSsthresh);
  },

  onPauseEnd(w, now, since) {
    const { stage } = of(w);
    if (stage === null || !stage.begun) return;
    if (since > stage.clock) stage.advance(since);
    stage.clock = now;
  },

  watch(w) {
    const { stage, watch } = of(w);
    const known = { w_max: stage?.wMax ?? 0, cwnd_prior: stage?.cwndPrior ?? 0, ...watch?.shown() };
    if (!stage?.begun) return known;
    return {
      region: regionOf(w, stage),
      ...known,
      origin_point: stage.origin,
      k_s: stage.k,
      t_s: stage.elapsed / 1e6,
      w_cubic: stage.wCubic(0),
      w_est: stage.wEst,
    };
  },
};

/** Section 4.7, Fast Convergence: one that comes to less than it had before leaves room to those that are new. */
function nextWMax(w: CongestionWindow, before: Stage | null, signal: CongestionSignal): number {
  // After a time-out W_max is the window with which congestion avoidance begins (section 4.8; bictcp_reset).
  if (signal === 'timeout') return 0;
  if (w.cwnd >= (before?.wMax ?? 0) || w.sysctls.tcp_cubic_fast_convergence === 0) return w.cwnd;
  w.cause = causes.fastConvergence;
  return Math.floor((w.cwnd * (1 + BETA)) / 2);
}

function avoidCongestion(w: CongestionWindow, stage: Stage, segments: number, { now }: AckSample): void {
  if (stage.begun) stage.advance(now);
  else stage.begin(w.cwnd, now);
  // Equation 4. Once W_est is where the loss was, it grows as Reno does. It counts with each ACK: Linux looks no more often than each 31 ms
  // while the window stays (bictcp_update), and where a round trip is 1 ms and 3 percent are lost it has half of what Reno has.
  stage.wEst += ((stage.wEst >= stage.cwndPrior ? 1 : ALPHA) * segments) / w.cwnd;
  growByOneFor(w, segmentsFor(w, stage), segments);
  w.cause ??= REGIONS[regionOf(w, stage)];
}

/**
 * (target - cwnd) / cwnd of a segment for each that is acknowledged (sections 4.4, 4.5), told the other way round: for how
 * many there is one, in whole segments. The target is W_cubic one round trip from now; the least one is taken, as Linux does.
 * Where W_est is more, it is reached within a round trip (section 4.3).
 */
function segmentsFor(w: CongestionWindow, stage: Stage): number {
  const { cwnd } = w;
  let per = perFor(cwnd, stage.wCubic(w.minRtt));
  if (stage.wMax === 0) per = Math.min(per, FASTER_THAN_UNKNOWN);
  if (w.sysctls.tcp_cubic_tcp_friendliness !== 0) per = Math.min(per, perFor(cwnd, stage.wEst));
  return Math.max(FASTEST, per);
}

function perFor(cwnd: number, target: number): number {
  const more = Math.floor(target) - cwnd;
  return more > 0 ? Math.floor(cwnd / more) : Number.POSITIVE_INFINITY;
}

const REGIONS = {
  'Reno-friendly': causes.cubicRenoFriendly,
  concave: causes.cubicConcave,
  convex: causes.cubicConvex,
} as const;

/** Section 4.2: which of three regions the window is in. */
function regionOf(w: CongestionWindow, stage: Stage): keyof typeof REGIONS {
  const friendly = w.sysctls.tcp_cubic_tcp_friendliness !== 0 && stage.wEst > stage.wCubic(0);
  return friendly ? 'Reno-friendly' : w.cwnd < stage.wMax ? 'concave' : 'convex';
}
