import { seqDiff } from '../../wire/seq.ts';
import { newestDelivered } from '../queues/delivery.ts';
import type { Tcb } from '../tcb/tcb.ts';
import type { AckSample } from '../variables/ack-sample.ts';

/** An ACK begins to be taken in. */
export function beginDeliverySample(c: Tcb, ack: AckSample): void {
  newestDelivered.found = false;
  ack.interval = -1;
  ack.deliveredInInterval = ack.priorDelivered = 0;
  ack.limited = ack.retransmitted = ack.maybeDelayed = false;
  ack.lostBefore = c.delivery.lost;
}

/**
 * An ACK has been taken in, and what it shows to be lost is known: at what rate do segments arrive? Between the departure of
 * the newest one that it told of and now, so many did. That they had left slowly, or that their ACKs were bunched, must make
 * no rate higher than the path's: so the time is the longer one of that in which they were sent, and that in which they
 * were acknowledged (draft-cheng-iccrg-delivery-rate-estimation, section 3.3; tcp_rate_gen in net/ipv4/tcp_rate.c).
 */
export function measureDelivery(c: Tcb, ack: AckSample): void {
  const { delivery } = c;
  ack.lost = delivery.lost - ack.lostBefore;
  if (delivery.limitedUntil > 0 && delivery.delivered > delivery.limitedUntil) delivery.limitedUntil = 0;
  if (ack.delivered > 0) delivery.deliveredAt = ack.now;
  if (!newestDelivered.found) return;
  const { sentAt } = newestDelivered;
  delivery.firstSentAt = sentAt;
  // What SACK told of alone: a round trip, too, if it was sent once (Karn).
  if (ack.rtt < 0 && !newestDelivered.retransmitted) ack.rtt = ack.now - sentAt;
  if (ack.acked === null && ack.rtt >= 0) noteLeastRtt(c, ack);
  ack.deliveredInInterval = delivery.delivered - newestDelivered.delivered;
  ack.priorDelivered = newestDelivered.delivered;
  ack.limited = newestDelivered.limited;
  ack.retransmitted = newestDelivered.retransmitted;
  const interval = Math.max(sentAt - newestDelivered.firstSentAt, ack.now - newestDelivered.deliveredAt);
  // Shorter than any round trip: something was acknowledged that had been sent again, but which copy is not known.
  if (interval <= 0 || interval < c.rtt.minRtt) return;
  ack.interval = interval;
  keepRate(c, ack);
}

/**
 * The user is about to write. Has there been too little to send until now, and nothing else that held it back? Then the rate
 * of what is out is not the path's (section 3.4; tcp_rate_check_app_limited).
 */
export function noteIfUserLimits(c: Tcb): void {
  const { sent, sendQueue, snd } = c;
  if (seqDiff(sendQueue.end, snd.nxt) >= snd.mss || sent.lost > sent.retransmitted) return;
  const { inFlight } = c;
  if (inFlight < c.cc.cwnd) c.delivery.noteLimited(inFlight);
}

/** The last rate that is the path's own, or the highest that the user's pauses let it show. */
function keepRate(c: Tcb, ack: AckSample): void {
  const { delivery } = c;
  const lower = ack.deliveredInInterval * delivery.rateInterval < delivery.rateSegments * ack.interval;
  if (ack.limited && lower) return;
  delivery.rateSegments = ack.deliveredInInterval;
  delivery.rateInterval = ack.interval;
  delivery.rateIsLimited = ack.limited;
}

/**
 * Is `octets`, which an ACK took off the queue, one short segment that its peer may have left unanswered for a while? Its
 * round trip is the path's and the wait (FLAG_ACK_MAYBE_DELAYED in net/ipv4/tcp_input.c).
 */
export const maybeDelayed = (c: Tcb, ack: AckSample, octets: number): boolean =>
  octets < c.snd.mss &&
  ack.acked !== null &&
  ack.acked.count === 1 &&
  ack.acked.sacked === 0 &&
  newestDelivered.delivered > 0 && // or it is our SYN
  newestDelivered.delivered === c.delivery.delivered;

/** The least round trip of the last `tcp_min_rtt_wlen`; one with a delayed ACK in it must not take its place when it ends. */
export function noteLeastRtt(c: Tcb, ack: AckSample): void {
  const { rtt } = c;
  if (ack.maybeDelayed && rtt.minRtt > 0 && ack.rtt > rtt.minRtt) return;
  rtt.noteLeast(Math.max(1, ack.rtt), ack.now, c.tcp.sysctls.tcp_min_rtt_wlen * 1e6);
}
