import { DOUBLE } from '../../basics/double.ts';
import { knobDefaults } from '../../time/knobs.ts';
import type { Random } from '../../time/random.ts';
import type { Micros } from '../../time/wheel.ts';
import type { Seq } from '../../wire/seq.ts';
import { Delivery } from '../queues/delivery.ts';
import type { Cause } from '../terms/causes.ts';
import { type TcpSysctls, tcpSysctls } from '../terms/sysctls.ts';
import type { AckSample } from './ack-sample.ts';
import type { CongestionState } from './loss.ts';

/**
 * Why the window has to fall: a loss is told of by duplicate ACKs, by SACK or by time (RACK); the retransmission timer went
 * off; the path marked segments with Congestion Experienced (RFC 3168, section 6.1.2).
 */
export type CongestionSignal = 'loss' | 'timeout' | 'ECN';

/**
 * A congestion control algorithm: how the window grows, and how far it falls. It sees the window and what an ACK told, and
 * never a connection. It keeps nothing in itself, since one object serves all connections of a host: what it remembers of
 * one is in that one's window.
 *
 * What is the same with every algorithm is done for it (congestion/window.ts): the initial window, one segment after a
 * time-out, a smaller window after a pause, the events.
 */
export interface CongestionControl {
  /** As `tcp_congestion_control` and TCP_CONGESTION have it. */
  readonly name: string;
  /** It has `w` from `now` on: of a new connection, or of one that had another algorithm before. `w.own` is null. */
  start(w: CongestionWindow, now: Micros): void;
  /** SND.UNA has moved, and the state is neither Recovery nor CWR: may the window grow? */
  onAck(w: CongestionWindow, ack: AckSample): void;
  /**
   * Once for each window of data that has losses.
   * @param flightSize segments that are out, lost or not (RFC 5681, section 2)
   * @returns the slow-start threshold from now on, in segments
   */
  onCongestion(w: CongestionWindow, flightSize: number, signal: CongestionSignal): number;
  /** There was no loss after all: what `onCongestion` lowered rises again (RFC 4015; `priorCwnd`, `priorSsthresh`). */
  onUndo(w: CongestionWindow): void;
  /**
   * Data leaves after a pause in which nothing was out: what goes by time goes on from here (Linux: CA_EVENT_TX_START).
   * @param since when data last left, in microseconds
   */
  onPauseEnd?(w: CongestionWindow, now: Micros, since: Micros): void;
  /** The state of loss recovery has changed to `w.congestionState`. */
  onState?(w: CongestionWindow): void;
  /**
   * Where it is there, the algorithm sets `cwnd` itself with each ACK, in every state: neither `onAck` nor PRR do then (Linux:
   * `cong_control`; BBR).
   */
  control?(w: CongestionWindow, ack: AckSample): void;
  /** Its segments are to be spread over the round trip (RFC 9002, section 7.7; Linux: sk_pacing_status). */
  readonly paces?: boolean;
  /** So many segments a super-segment may have, however low the rate is (Linux: `min_tso_segs`); else `tcp_min_tso_segs`. */
  minSuperSegment?(w: CongestionWindow): number;
  /** So many windows the send buffer should hold (Linux: `sndbuf_expand`); 2 where it doesn't say. */
  readonly sendBufferWindows?: number;
  /** What it remembers of a connection, by name, to be looked at: of the units that the names say. */
  watch?(w: CongestionWindow): Record<string, number | string>;
  /** What getsockopt(TCP_CC_INFO) gives of it, by the names of Linux's structure, in its units (Linux: `get_info`). */
  info?(w: CongestionWindow): Record<string, number>;
}

/** `ssthresh` until a loss, or something else, has set one: arbitrarily high (RFC 5681, section 3.1). */
export const NO_THRESHOLD = 0x7fffffff;

/** What the windows of hosts that set nothing read. */
const DEFAULTS: Readonly<TcpSysctls> = knobDefaults(tcpSysctls);

/** The congestion window of one connection, in segments of the MSS, and all else that its algorithm sees of it. */
export class CongestionWindow {
  cwnd = 10;
  ssthresh = NO_THRESHOLD;
  /** Segments acknowledged in congestion avoidance since `cwnd` last grew. */
  cwndCount = 0;
  /** Both as they were before the last loss. */
  priorCwnd = 0;
  priorSsthresh = 0;
  /** Sending stopped for this window, not for want of data: only then may it grow (RFC 7661). */
  cwndLimited = false;
  /** The most segments that were out at once in the present window of data, which ends at `windowUseSeq`. */
  mostOut = 0;
  windowUseSeq: Seq = 0;
  /** When it was last used, or the window last set; the most segments that were out at once since then. */
  usedAt: Micros = DOUBLE;
  mostUsed = 0;
  /** The state of loss recovery. */
  congestionState: CongestionState = 'Open';
  /** The smoothed and the least round trip, in microseconds; 0: none measured yet. */
  srtt: Micros = DOUBLE;
  minRtt: Micros = DOUBLE;
  /** Octets of a segment (SMSS). */
  mss = 536;
  /** Segments in flight, by what the last ACK told. */
  inFlight = 0;
  /** Octets in a second that may leave: of an algorithm with `control`, which sets it. 0: not known yet. */
  pacingRate = DOUBLE;
  /** Octets in a second that the user allows at most (SO_MAX_PACING_RATE); infinity: no limit. */
  maxPacingRate = DOUBLE;
  /** Segments are spread over the round trip (Linux: sk_pacing_status). */
  isPaced = false;
  /** What ACKs in a bunch released was a burst: for this reason it is paced. */
  ackedInBunches = false;
  /** When the next segment leaves, where it is paced; it may lie in the past. */
  departure: Micros = DOUBLE;
  /** What has arrived, and when: to measure rates by. */
  readonly delivery: Delivery;
  /** Chance, for algorithms that want some: seeded in a lab. */
  random!: Random;
  /** Whose it is: chosen when the connection begins (congestion/choice.ts), and when the user wants another. */
  algorithm!: CongestionControl;
  /** The host's knobs. */
  sysctls: Readonly<TcpSysctls> = DEFAULTS;
  /** Why the algorithm has just done what it did, for those who watch; null: what it does always. It sets it, when it is called. */
  cause: Cause | null = null;
  /** Where it did several things in one call: why it did those before `cause`, in their order (`because`). */
  causesBefore: Cause[] | null = null;
  /** What the algorithm remembers beside these: its own affair. */
  own: unknown = null;

  constructor(delivery = new Delivery()) {
    this.delivery = delivery;
    this.srtt = this.minRtt = this.pacingRate = this.departure = this.usedAt = 0;
    this.maxPacingRate = Number.POSITIVE_INFINITY;
  }

  /** Does its algorithm spread its segments, or its user by a limit, or its host, or because ACKs come in bunches? */
  get wantsPacing(): boolean {
    const { algorithm, maxPacingRate, ackedInBunches, sysctls } = this;
    const limited = maxPacingRate !== Number.POSITIVE_INFINITY;
    return algorithm.paces === true || limited || ackedInBunches || sysctls.default_qdisc === 'fq';
  }

  /** Something more that the algorithm does, in the same call. */
  because(cause: Cause): void {
    if (this.cause !== null) (this.causesBefore ??= []).push(this.cause);
    this.cause = cause;
  }

  /**
   * Was it this window that held the sender back (RFC 7661, section 4.3)? In slow start one of which half was used counts as
   * used: it may have filled within one round trip.
   */
  get isUsed(): boolean {
    return this.cwndLimited || (this.cwnd < this.ssthresh && this.cwnd < 2 * this.mostOut);
  }
}
