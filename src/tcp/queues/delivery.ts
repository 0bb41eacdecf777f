import { DOUBLE } from '../../basics/double.ts';
import type { Micros } from '../../time/wheel.ts';
import { type Seq, seqGt } from '../../wire/seq.ts';

/** What a sent segment takes along of what has been counted until it leaves. */
export interface Stamped {
  readonly end: Seq;
  readonly sentAt: Micros;
  readonly everRetransmitted: boolean;
  delivered: number;
  deliveredAt: Micros;
  firstSentAt: Micros;
  limited: boolean;
}

/**
 * What is counted of one connection so that the rate of delivery can be told at any ACK: how many segments have arrived, and
 * when that was last heard (draft-cheng-iccrg-delivery-rate-estimation, section 3.1; Linux: tcp_rate.c). Each segment takes
 * the counts of the moment along when it leaves; when its ACK comes, what has grown since is what was delivered meanwhile.
 */
export class Delivery {
  /** Segments that have arrived, by ACK or SACK (C.delivered), and when that was last told (C.delivered_time). */
  delivered = DOUBLE;
  deliveredAt: Micros = DOUBLE;
  /** When the segment had left that was acknowledged last: there the time of sending begins for the next (C.first_sent_time). */
  firstSentAt: Micros = DOUBLE;
  /**
   * The user had nothing to send, or the algorithm sent little on purpose: until so many segments have arrived, the rate is not
   * the path's (C.app_limited); 0: it is.
   */
  limitedUntil = DOUBLE;
  /** Segments that have been believed lost, each time that they were. */
  lost = DOUBLE;

  // The rate that was measured last, for who asks: the latest, or the best of those that the user limited.
  rateSegments = DOUBLE;
  rateInterval: Micros = DOUBLE;
  rateIsLimited = true;

  constructor() {
    this.delivered = this.deliveredAt = this.firstSentAt = this.limitedUntil = this.lost = 0;
    this.rateSegments = this.rateInterval = 0;
  }

  /** `sent` leaves, for the first time or again. @param alone nothing else is out */
  stamp(sent: Stamped, now: Micros, alone: boolean): void {
    if (alone) this.firstSentAt = this.deliveredAt = now;
    sent.delivered = this.delivered;
    sent.deliveredAt = this.deliveredAt;
    sent.firstSentAt = this.firstSentAt;
    sent.limited = this.limitedUntil > 0;
  }

  /** There is a pause in what is sent that is not the path's doing. @param inFlight segments that are on their way */
  noteLimited(inFlight: number): void {
    this.limitedUntil = Math.max(1, this.delivered + inFlight);
  }
}

/**
 * Of all segments that one ACK shows to have arrived the one that was sent last: from its departure on the rate is
 * counted (section 3.3). There is one object, which is begun anew for each ACK, of whichever connection.
 */
export class NewestDelivered {
  /** There is one. */
  found = false;
  end: Seq = 0;
  /** When it was sent, and what it had taken along. */
  sentAt: Micros = DOUBLE;
  delivered = DOUBLE;
  deliveredAt: Micros = DOUBLE;
  firstSentAt: Micros = DOUBLE;
  limited = false;
  retransmitted = false;

  note(sent: Stamped): void {
    if (this.found && (sent.sentAt < this.sentAt || (sent.sentAt === this.sentAt && !seqGt(sent.end, this.end))))
      return;
    this.found = true;
    this.end = sent.end;
    this.sentAt = sent.sentAt;
    this.delivered = sent.delivered;
    this.deliveredAt = sent.deliveredAt;
    this.firstSentAt = sent.firstSentAt;
    this.limited = sent.limited;
    this.retransmitted = sent.everRetransmitted;
  }
}

export const newestDelivered = new NewestDelivered();
