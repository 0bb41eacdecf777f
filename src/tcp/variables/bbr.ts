import { DOUBLE } from '../../basics/double.ts';
import { WindowedMinimum } from '../../basics/windowed-minimum.ts';
import type { Micros } from '../../time/wheel.ts';
import type { AckSample } from './ack-sample.ts';
import type { CongestionWindow } from './congestion-control.ts';
import type { CongestionState } from './loss.ts';

export type BbrMode = 'STARTUP' | 'DRAIN' | 'PROBE_BW' | 'PROBE_RTT';

/** The greatest bandwidth of so many round trips counts; the least round trip is that of so many microseconds. */
const BANDWIDTH_ROUNDS = 10;
export const MIN_RTT_WINDOW: Micros = 10e6;

/** Long-term sampling: a policer is believed in when so much is lost over so many round trips, at nearly the same rate twice. */
const POLICED_ROUNDS = 4;
const POLICED_LOSS = 50 / 256;
const POLICED_LIKENESS = 1 / 8;
/** Octets a second that two rates may differ by and still be the same. */
const POLICED_DIFFERENCE = 4000 / 8;
/** For so many round trips the policer's rate is kept to; then the path is asked again. */
const POLICED_AT_MOST = 48;

/** ACK aggregation: the most of two periods of so many rounds; no more than so many microseconds' worth; an epoch's end. */
const AGGREGATION_ROUNDS = 5;
const AGGREGATION_MOST: Micros = 100_000;
const AGGREGATION_RESET = 1 << 20;

/** Gains are 256ths, as in Linux, so that they are the same numbers. */
export const GAIN_UNIT = 256;
/** What of the bandwidth is sent: a queue that forms by itself drains again. */
export const MARGIN = 0.99;

/** What BBR knows of the path of one connection, and where it is in its cycle. Bandwidths are segments in a microsecond. */
export class Bbr {
  mode: BbrMode = 'STARTUP';
  pacingGain = DOUBLE;
  windowGain = DOUBLE;

  /** Round trips, counted by deliveries: one is over when what was sent after its beginning has arrived. */
  rounds = 0;
  roundEnds = DOUBLE;
  roundStarts = false;

  // The model: greatest bandwidth (by its negative), least round trip
  private readonly bandwidths = new WindowedMinimum();
  minRtt: Micros = DOUBLE;
  minRttAt: Micros = DOUBLE;
  /** The pacing rate comes from a round trip that was measured, not supposed. */
  hasSeenRtt = false;

  // Is the pipe full? (STARTUP)
  fullBandwidth = DOUBLE;
  fullRounds = 0;
  isFull = false;

  // PROBE_BW
  phase = 0;
  phaseSince: Micros = DOUBLE;

  // PROBE_RTT
  probeRttUntil: Micros = DOUBLE;
  probeRttRoundDone = false;
  idleRestart = false;

  // Recovery
  /** The state of loss recovery with the ACK before. */
  stateBefore: CongestionState = 'Open';
  conserves = false;
  priorWindow = 0;

  // A policer
  isSampling = false;
  usesPolicedRate = false;
  policedRate = DOUBLE;
  policedRounds = 0;
  private sampledSince: Micros = DOUBLE;
  private sampledDelivered = DOUBLE;
  private sampledLost = DOUBLE;

  // ACKs that come in bunches
  private epochSince: Micros = DOUBLE;
  private epochAcked = DOUBLE;
  private readonly extraAcked: [number, number] = [0, 0];
  private extraIndex: 0 | 1 = 0;
  private extraRounds = 0;

  constructor(w: CongestionWindow, now: Micros) {
    const { delivery } = w;
    this.roundEnds = delivery.delivered;
    this.bandwidths.reset(0, 0);
    this.minRtt = w.minRtt > 0 ? w.minRtt : Number.POSITIVE_INFINITY;
    this.minRttAt = this.epochSince = now;
    this.fullBandwidth = this.phaseSince = this.probeRttUntil = this.epochAcked = this.policedRate = 0;
    this.pacingGain = this.windowGain = 1;
    this.beginSampling(w);
  }

  get wasRepairing(): boolean {
    return this.stateBefore === 'Recovery' || this.stateBefore === 'Loss';
  }

  get greatestBandwidth(): number {
    return -this.bandwidths.value;
  }

  /** By which it sends. */
  get bandwidth(): number {
    return this.usesPolicedRate ? this.policedRate : this.greatestBandwidth;
  }

  /** Does another round trip begin with this ACK? (bbr_update_bw) @returns whether it tells of the rate */
  takeRound({ delivery }: CongestionWindow, ack: AckSample): boolean {
    this.roundStarts = false;
    if (ack.interval <= 0) return false;
    if (ack.priorDelivered >= this.roundEnds) {
      this.roundEnds = delivery.delivered;
      this.rounds++;
      this.roundStarts = true;
      this.conserves = false;
    }
    return true;
  }

  takeBandwidth(ack: AckSample): void {
    const bandwidth = ack.deliveredInInterval / ack.interval;
    // A rate that the user limits says nothing of the path, unless it is higher than what the path was believed to do.
    if (!ack.limited || bandwidth >= this.greatestBandwidth)
      this.bandwidths.add(-bandwidth, this.rounds, BANDWIDTH_ROUNDS);
  }

  /**
   * A token-bucket policer lets bursts pass, and then drops all beyond its rate: the greatest bandwidth would be far too
   * high. Where much is lost in two intervals, and both have the same rate, that rate is the policer's (bbr_lt_bw_sampling).
   * @returns whether a policer's rate was kept to for long enough: the path is to be asked again
   */
  samplePolicer(w: CongestionWindow, lost: number, limited: boolean): boolean {
    if (this.usesPolicedRate)
      return this.mode === 'PROBE_BW' && this.roundStarts && ++this.policedRounds >= POLICED_AT_MOST;
    if (!this.isSampling) {
      if (lost === 0) return false;
      this.beginSampling(w);
      this.isSampling = true;
    }
    if (limited) {
      this.forgetPolicer(w);
      return false;
    }
    if (this.roundStarts) this.policedRounds++;
    if (this.policedRounds < POLICED_ROUNDS) return false;
    if (this.policedRounds > 4 * POLICED_ROUNDS) {
      this.forgetPolicer(w);
      return false;
    }
    if (lost === 0) return false; // an interval ends with a loss: then the tokens are used up
    const { delivery } = w;
    const delivered = delivery.delivered - this.sampledDelivered;
    const time = delivery.deliveredAt - this.sampledSince;
    if (delivered <= 0 || delivery.lost - this.sampledLost < POLICED_LOSS * delivered || time < 1000) return false;
    this.endInterval(w, delivered / time);
    return false;
  }

  private endInterval(w: CongestionWindow, rate: number): void {
    const before = this.policedRate;
    const differs = Math.abs(rate - before);
    if (before > 0 && (differs <= POLICED_LIKENESS * before || differs * w.mss * 1e6 * MARGIN <= POLICED_DIFFERENCE)) {
      this.policedRate = (rate + before) / 2;
      this.usesPolicedRate = true;
      this.pacingGain = 1;
      this.policedRounds = 0;
      return;
    }
    this.policedRate = rate;
    this.beginSampling(w);
  }

  private beginSampling({ delivery }: CongestionWindow): void {
    this.sampledSince = delivery.deliveredAt;
    this.sampledDelivered = delivery.delivered;
    this.sampledLost = delivery.lost;
    this.policedRounds = 0;
  }

  forgetPolicer(w: CongestionWindow): void {
    this.policedRate = 0;
    this.usesPolicedRate = this.isSampling = false;
    this.beginSampling(w);
  }

  /** How much more arrives at once, at most, than the bandwidth accounts for (bbr_update_ack_aggregation). */
  takeAggregation(w: CongestionWindow, ack: AckSample): void {
    if (ack.delivered <= 0 || ack.interval <= 0) return;
    if (this.roundStarts && ++this.extraRounds >= AGGREGATION_ROUNDS) {
      this.extraRounds = 0;
      this.extraIndex = this.extraIndex === 0 ? 1 : 0;
      this.extraAcked[this.extraIndex] = 0;
    }
    const now = w.delivery.deliveredAt;
    let expected = Math.floor(this.bandwidth * (now - this.epochSince));
    if (this.epochAcked <= expected || this.epochAcked + ack.delivered >= AGGREGATION_RESET) {
      this.beginEpoch(now);
      expected = 0;
    }
    this.epochAcked += ack.delivered;
    const extra = Math.min(this.epochAcked - expected, w.cwnd);
    if (extra > this.extraAcked[this.extraIndex]) this.extraAcked[this.extraIndex] = extra;
  }

  beginEpoch(now: Micros): void {
    this.epochAcked = 0;
    this.epochSince = now;
  }

  /** Segments that the window is larger by, since ACKs come in bunches. */
  get aggregation(): number {
    if (!this.isFull) return 0;
    return Math.min(Math.max(this.extraAcked[0], this.extraAcked[1]), Math.floor(this.bandwidth * AGGREGATION_MOST));
  }

  /** The bandwidth has not grown by a quarter in three rounds: it is all of it (bbr_check_full_bw_reached). @returns whether so */
  checkFull(ack: AckSample): boolean {
    if (this.isFull || !this.roundStarts || ack.limited) return this.isFull;
    if (this.greatestBandwidth >= this.fullBandwidth * 1.25) {
      this.fullBandwidth = this.greatestBandwidth;
      this.fullRounds = 0;
    } else this.isFull = ++this.fullRounds >= 3;
    return this.isFull;
  }
}
