// tcp/variables: what is remembered of one connection, in groups: RTT, congestion window, loss recovery, one ACK's news.
import { DOUBLE } from '../../basics/double.ts';
import type { Micros } from '../../time/wheel.ts';
import type { Seq } from '../../wire/seq.ts';
import type { Acknowledged } from '../queues/retransmission-queue.ts';

/**
 * What one ACK told: all that loss recovery and a congestion control algorithm learn of it. There is one object, which
 * `recovery/acknowledge.ts` fills anew for each ACK: it is borrowed while that ACK is worked on. Segments are of the MSS.
 */
export class AckSample {
  /** When the ACK came, in microseconds. */
  now: Micros = DOUBLE;
  /** What it took off the retransmission queue; null: SND.UNA did not move. */
  acked: Acknowledged | null = null;
  /** The round trip of the newest segment that it measured one of, in microseconds; -1: none that counts (Karn's algorithm). */
  rtt: Micros = DOUBLE;
  /** Segments that it shows to have arrived, for the first time: acknowledged, or told by SACK or a duplicate ACK. */
  delivered = 0;
  /** Segments that it shows to be lost, which were not believed so before. */
  lost = 0;
  /** Segments that it tells to have arrived marked CE (RFC 3168; RFC 9768), of those delivered or before. */
  marked = 0;
  /** It tells of marks; with RFC 3168 also where nothing was delivered. */
  echoes = false;
  /** How far it moves SND.UNA on; and that our SYN is before that. */
  advance = 0;
  ofSyn = false;
  /** It tells, with something that was not known, of a hole: a duplicate ACK (RFC 5681, section 2; RFC 6675, section 2). */
  duplicate = false;
  /** Segments that it tells to have come twice (RFC 2883: D-SACK), and whether what came twice was a tail loss probe. */
  duplicated = 0;
  probeDuplicated = false;
  /** It is the same as the one before it: it has no octets, and neither ACK nor window are news (RFC 5681, section 2). */
  repeated = false;
  /** The retransmission timer has another job since this ACK: what was overtaken may come yet, or the peer seems to renege. */
  timerSet = false;
  /** Segments in flight when it came, before it was taken in (pipe, RFC 6675). */
  priorInFlight = 0;
  /** SND.UNA before it came. */
  priorUna: Seq = 0;
  /** SND.UNA and SND.NXT, when it had been taken in: by them a round trip can be counted (RFC 9406, section 4.2). */
  una: Seq = 0;
  nxt: Seq = 0;

  // The rate of delivery (recovery/delivery-rate.ts)
  /**
   * In so many microseconds so many segments arrived, up to this ACK; -1: it tells nothing of the rate, since nothing new
   * arrived, or the time is shorter than any round trip.
   */
  interval: Micros = DOUBLE;
  deliveredInInterval = DOUBLE;
  /** Segments that had arrived when the newest one of which it tells was sent: by them round trips are counted. */
  priorDelivered = DOUBLE;
  /** That one had left when the user had too little to send: the path may be able to do more. It had been sent before. */
  limited = false;
  retransmitted = false;
  /** What it acknowledges may have waited at the peer for a timer: the round trip may be too long. */
  maybeDelayed = false;
  /** Segments that had been believed lost before it came, in the life of the connection. */
  lostBefore = DOUBLE;
}
