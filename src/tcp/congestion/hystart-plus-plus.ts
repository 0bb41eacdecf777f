import { DOUBLE } from '../../basics/double.ts';
import type { Micros } from '../../time/wheel.ts';
import { type Seq, seqGeq } from '../../wire/seq.ts';
import { causes } from '../terms/causes.ts';
import type { AckSample } from '../variables/ack-sample.ts';
import type { CongestionWindow } from '../variables/congestion-control.ts';
import { isFirstSlowStart, type SlowStartWatch } from './growth.ts';

/** RFC 9406, section 4.3. */
const MIN_RTT_THRESH: Micros = 4000;
const MAX_RTT_THRESH: Micros = 16_000;
const MIN_RTT_DIVISOR = 8;
const N_RTT_SAMPLE = 8;
const CSS_GROWTH_DIVISOR = 4;
const CSS_ROUNDS = 5;

/** So much longer must a round's shortest RTT be than that of the round before (section 4.2: RttThresh). */
export const rttThreshold = (lastRoundMinRtt: Micros): Micros =>
  Math.max(MIN_RTT_THRESH, Math.min(lastRoundMinRtt / MIN_RTT_DIVISOR, MAX_RTT_THRESH));

/**
 * HyStart++ (RFC 9406): when the shortest RTT of a round is clearly longer than that of the round before, a queue begins to
 * fill. Slow start goes on, but slower (Conservative Slow Start, CSS): if the RTT falls again, it was jitter, and slow start
 * resumes; after five rounds the window at which it was so counts as the threshold.
 *
 * A round ends when what was out at its beginning is acknowledged. Only the first slow start is watched: later ones know a
 * threshold (section 4.3).
 *
 * The RFC's limit L of segments that one ACK may add, 8 without pacing, is not there: segments and ACKs come in super-segments
 * here, and an ACK of 40 segments is the usual one (Linux has no such limit either).
 */
export class HystartPlusPlus implements SlowStartWatch {
  /** Infinity: not measured. */
  private lastRoundMinRtt: Micros = DOUBLE;
  private currentRoundMinRtt: Micros = DOUBLE;
  /** What comes at one instant is one sample (see Hystart). */
  private rttSampleCount = 0;
  private sampledAt: Micros = DOUBLE;
  private windowEnd: Seq = 0;
  /** `windowEnd` has a meaning. */
  private began = false;
  private inCss = false;
  /** The RTT at which CSS was entered, and its rounds that are complete, a partial first one included. */
  private cssBaselineMinRtt: Micros = DOUBLE;
  private cssRounds = 0;
  /** Segments that CSS has counted for less than one of growth. */
  private remainder = 0;

  constructor() {
    this.lastRoundMinRtt = this.currentRoundMinRtt = this.cssBaselineMinRtt = Number.POSITIVE_INFINITY;
    this.sampledAt = -1;
  }

  onAck(w: CongestionWindow, ack: AckSample): void {
    if (!isFirstSlowStart(w)) return;
    if (ack.rtt >= 0) {
      this.currentRoundMinRtt = Math.min(this.currentRoundMinRtt, ack.rtt);
      if (ack.now !== this.sampledAt) this.rttSampleCount++;
      this.sampledAt = ack.now;
    }
    if (this.rttSampleCount >= N_RTT_SAMPLE) {
      if (this.inCss) this.resumeIfFalse(w);
      else this.slowDownIfDelayed(w);
    }
    if (!this.began || seqGeq(ack.una, this.windowEnd)) this.endRound(w, ack);
  }

  private slowDownIfDelayed(w: CongestionWindow): void {
    const { lastRoundMinRtt, currentRoundMinRtt } = this;
    if (lastRoundMinRtt === Number.POSITIVE_INFINITY) return;
    if (currentRoundMinRtt < lastRoundMinRtt + rttThreshold(lastRoundMinRtt)) return;
    this.inCss = true;
    this.cssBaselineMinRtt = currentRoundMinRtt;
    this.cssRounds = this.remainder = 0;
    w.cause = causes.conservativeSlowStart;
  }

  /** The RTT has fallen below the one that CSS was entered at: slow start was left too early. */
  private resumeIfFalse(w: CongestionWindow): void {
    if (this.currentRoundMinRtt >= this.cssBaselineMinRtt) return;
    this.cssBaselineMinRtt = Number.POSITIVE_INFINITY;
    this.inCss = false;
    w.cause = causes.slowStartResumed;
  }

  private endRound(w: CongestionWindow, ack: AckSample): void {
    if (this.inCss && ++this.cssRounds >= CSS_ROUNDS) {
      this.inCss = false;
      w.ssthresh = w.cwnd;
      w.cause = causes.conservativeSlowStartOver;
    }
    this.began = true;
    this.windowEnd = ack.nxt;
    this.lastRoundMinRtt = this.currentRoundMinRtt;
    this.currentRoundMinRtt = Number.POSITIVE_INFINITY;
    this.rttSampleCount = 0;
  }

  countedOf(w: CongestionWindow, segments: number): number {
    if (!this.inCss || !isFirstSlowStart(w)) return segments;
    w.cause ??= causes.conservativeSlowStart;
    const all = this.remainder + segments;
    this.remainder = all % CSS_GROWTH_DIVISOR;
    return (all - this.remainder) / CSS_GROWTH_DIVISOR;
  }

  /** What comes after a time-out has a threshold, and is not watched. */
  restart(): void {}

  shown(): Record<string, number | string> {
    const { inCss, cssRounds, lastRoundMinRtt, currentRoundMinRtt, rttSampleCount } = this;
    return {
      hystart: inCss ? 'CSS' : 'slow start',
      ...(inCss ? { css_round: cssRounds + 1 } : {}),
      ...(Number.isFinite(lastRoundMinRtt) ? { last_round_min_rtt_us: lastRoundMinRtt } : {}),
      ...(Number.isFinite(currentRoundMinRtt) ? { current_round_min_rtt_us: currentRoundMinRtt } : {}),
      rtt_sample_count: rttSampleCount,
    };
  }
}
