import { DOUBLE } from '../../basics/double.ts';
import type { Micros } from '../../time/wheel.ts';
import { type Seq, seqGt } from '../../wire/seq.ts';
import { causes } from '../terms/causes.ts';
import type { TcpSysctls } from '../terms/sysctls.ts';
import type { AckSample } from '../variables/ack-sample.ts';
import type { CongestionWindow } from '../variables/congestion-control.ts';
import type { SlowStartWatch } from './growth.ts';
import { HystartPlusPlus } from './hystart-plus-plus.ts';

/** What a knob such as `tcp_cubic_hystart` says. */
export const HYSTART = { off: 0, linux: 1, plusPlus: 2 } as const;

export function slowStartWatch(kind: number, { sysctls, minRtt }: CongestionWindow): SlowStartWatch | null {
  if (kind === HYSTART.plusPlus) return new HystartPlusPlus();
  return kind === HYSTART.linux ? new Hystart(sysctls, minRtt) : null;
}

/** Bits of `tcp_cubic_hystart_detect`. */
const TRAIN = 1;
const DELAY = 2;
/** HYSTART_MIN_SAMPLES, HYSTART_DELAY_MIN and HYSTART_DELAY_MAX of tcp_cubic.c. */
const MIN_SAMPLES = 8;
const DELAY_MIN: Micros = 4000;
const DELAY_MAX: Micros = 16_000;
/** hystart_ack_delay: at most so long does it take until an ACK for a super-segment comes. */
const ACK_DELAY_MAX: Micros = 1000;
const SUPER_SEGMENT = 65_536;
/** That part of a train's length the round trips are longer at its end at least, where it is the path that has spread it. */
const SPREAD = 8;

/**
 * HyStart, as Linux has it (hystart_update in net/ipv4/tcp_cubic.c; "Taming the elephants", Ha and Rhee, 2011). In each
 * round trip of slow start it asks: do ACKs keep coming, close behind each other, for half of the least round trip (the path is
 * full of them: a train)? Is the shortest of eight round trips an eighth longer than the least that was ever seen? Either
 * ends slow start at once and for good, until a time-out.
 *
 * The kernel takes each ACK when it comes. A host in userspace that was late finds many at once, and they tell less: they all
 * have waited for the same, so that they are one sample of the round trip; and it is not the path that paused before them. And
 * where it was late to send, ACKs come for longer, though the path is not full: so a train ends slow start only where round
 * trips become longer with it. Those of a train that the path has spread are by half of its length longer at its end, since it was
 * sent in half of that time: an eighth is asked for. The last ACK of those that are found at once has waited least.
 */
export class Hystart implements SlowStartWatch {
  private readonly sysctls: Readonly<TcpSysctls>;
  /** The least round trip; 0: not measured. */
  private delayMin: Micros = DOUBLE;
  private found = false;
  /** `endSeq` has a meaning. */
  private began = false;
  /** The round ends when this is acknowledged; when it began; when its train of ACKs had the last one. */
  private endSeq: Seq = 0;
  private roundStart: Micros = DOUBLE;
  private lastAck: Micros = DOUBLE;
  /** When the last ACK came, and how many came then. */
  private instant: Micros = DOUBLE;
  private atInstant = 0;
  /** The round trip of the last ACK, and of the last one of the instant before. */
  private lastRtt: Micros = DOUBLE;
  private rttBefore: Micros = DOUBLE;
  /** The round's shortest round trip, and how many there were, 8 at most. */
  private currentRtt: Micros = DOUBLE;
  private samples = 0;

  /** @param minRtt the least round trip so far; 0: there was none */
  constructor(sysctls: Readonly<TcpSysctls>, minRtt: Micros) {
    this.sysctls = sysctls;
    this.restart();
    this.delayMin = minRtt;
  }

  restart(): void {
    this.delayMin = this.roundStart = this.lastAck = this.instant = this.lastRtt = this.rttBefore = 0;
    this.currentRtt = Number.POSITIVE_INFINITY;
    this.found = this.began = false;
  }

  onAck(w: CongestionWindow, ack: AckSample): void {
    if (ack.rtt < 0) return;
    const delay = Math.max(1, ack.rtt);
    if (this.delayMin === 0 || delay < this.delayMin) this.delayMin = delay;
    const { tcp_cubic_hystart_low_window, tcp_cubic_hystart_detect } = this.sysctls;
    if (this.found || w.cwnd < tcp_cubic_hystart_low_window) return;
    if (!this.began || seqGt(ack.una, this.endSeq)) this.beginRound(ack);
    this.noteInstant(ack.now, delay);
    if ((tcp_cubic_hystart_detect & TRAIN) !== 0) this.lookAtTrain(w, ack.now);
    if ((tcp_cubic_hystart_detect & DELAY) !== 0) this.lookAtDelay(w, delay);
  }

  private beginRound({ now, nxt }: AckSample): void {
    this.began = true;
    this.roundStart = this.lastAck = now;
    this.endSeq = nxt;
    this.currentRtt = Number.POSITIVE_INFINITY;
    this.samples = this.atInstant = 0;
  }

  private noteInstant(now: Micros, rtt: Micros): void {
    if (now !== this.instant) {
      this.instant = now;
      this.atInstant = 0;
      this.rttBefore = this.lastRtt;
    }
    this.atInstant++;
    this.lastRtt = rtt;
  }

  private lookAtTrain(w: CongestionWindow, now: Micros): void {
    // Of those that were found at once it is not known when they came: on average they must have been close enough.
    if (now - this.lastAck > this.atInstant * this.sysctls.tcp_cubic_hystart_ack_delta_us) return;
    this.lastAck = now;
    // Pacing spreads what is sent over half of the round trip, so that only ACKs for longer than all of it tell something.
    const most = (this.delayMin + ackDelay(w)) / (w.isPaced ? 1 : 2);
    const length = now - this.roundStart;
    if (length > most && this.rttBefore - this.delayMin > length / SPREAD) this.leave(w, causes.hystartTrain);
  }

  private lookAtDelay(w: CongestionWindow, delay: Micros): void {
    if (delay < this.currentRtt) this.currentRtt = delay;
    if (this.samples < MIN_SAMPLES) {
      if (this.atInstant === 1) this.samples++;
      return;
    }
    const more = Math.min(Math.max(this.delayMin / 8, DELAY_MIN), DELAY_MAX);
    if (this.currentRtt > this.delayMin + more) this.leave(w, causes.hystartDelay);
  }

  private leave(w: CongestionWindow, cause: NonNullable<CongestionWindow['cause']>): void {
    this.found = true;
    w.ssthresh = w.cwnd;
    w.cause = cause;
  }

  countedOf(_: CongestionWindow, segments: number): number {
    return segments;
  }

  shown(): Record<string, number | string> {
    const { found, delayMin, currentRtt, samples } = this;
    return {
      hystart: found ? 'found' : 'looking',
      delay_min_us: delayMin,
      ...(Number.isFinite(currentRtt) ? { curr_rtt_us: currentRtt } : {}),
      sample_cnt: samples,
    };
  }
}

/** Linux's sk_pacing_rate is twice the window in each round trip of slow start, whether segments are paced or not. */
function ackDelay({ cwnd, mss, srtt, maxPacingRate }: CongestionWindow): Micros {
  const rate = srtt > 0 ? Math.min((2 * cwnd * mss * 1e6) / srtt, maxPacingRate) : 0;
  return rate > 0 ? Math.min(ACK_DELAY_MAX, (4 * SUPER_SEGMENT * 1e6) / rate) : 0;
}
