import { DOUBLE } from '../../basics/double.ts';
import type { Micros } from '../../time/wheel.ts';
import { type Seq, seqLeq, seqLt } from '../../wire/seq.ts';
import { newestDelivered } from './delivery.ts';
import { isSentAfter, type SentSegment } from './sent-segment.ts';

/**
 * What one ACK shows to have arrived that was not known to have: by its ACK field, and by its SACK blocks. The retransmission
 * queue tells each such segment to it. There is one, `deliveries`, which is begun anew with each ACK of any connection.
 */
export class Deliveries {
  /** When the last sent of them was sent, and where it ends; -1: there is none of which that is known. */
  newestSentAt: Micros = DOUBLE;
  newestEnd: Seq = 0;
  /**
   * When the last of them in sequence was sent that was acknowledged; if there is none, the last that was SACKed. -1: none at all.
   */
  lastSentAt: Micros = DOUBLE;
  private lastSeq: Seq = 0;
  private anyAcknowledged = false;
  /** The first of them that was sent only once, and was overtaken: one behind it had arrived before. */
  overtaken = false;
  firstOvertaken: Seq = 0;
  /** One that was sent only once, and was out when loss recovery began (Linux: FLAG_ORIG_SACK_ACKED). */
  original = false;
  /** When the last and the first sent of those were sent that were sent only once, and have arrived beyond a hole; -1: there is none. */
  lastSackedAt: Micros = DOUBLE;
  firstSackedAt: Micros = DOUBLE;

  // What the segments are compared with, of the connection that the ACK is of. Set as fields: as arguments, times would be numbers on the heap.
  now: Micros = DOUBLE;
  /** The least round trip: what was sent again later than that before the ACK isn't what it answers. */
  minRtt: Micros = DOUBLE;
  /** What was sent again after this isn't, either, by the timestamp that is echoed; -1: there is none. */
  echoedAt: Micros = DOUBLE;
  /** Behind the last octet that was SACKed before; SND.UNA where none was. */
  highestSacked: Seq = 0;
  /** What ends before this was out when loss recovery began. */
  recover: Seq = 0;

  /** An ACK comes. */
  begin(): void {
    this.newestSentAt = this.lastSackedAt = this.firstSackedAt = this.lastSentAt = -1;
    this.anyAcknowledged = false;
    this.newestEnd = 0;
    this.overtaken = this.original = false;
  }

  /** `sent` has arrived beyond a hole. */
  noteSacked(sent: SentSegment): void {
    const { sentAt } = sent;
    if (!sent.everRetransmitted) {
      if (sentAt > this.lastSackedAt) this.lastSackedAt = sentAt;
      if (this.firstSackedAt < 0 || sentAt < this.firstSackedAt) this.firstSackedAt = sentAt;
    }
    this.note(sent, sent.end);
  }

  /** `sent` has arrived, up to `end`. */
  note(sent: SentSegment, end: Seq): void {
    newestDelivered.note(sent);
    if (sent.everRetransmitted) {
      // It may be the first copy that arrived (RFC 8985, section 6.2, step 2).
      if (this.now - sent.sentAt < this.minRtt) return;
      // Behind a hole the echo is that of the segment before the hole (RFC 7323, section 4.3), and tells nothing of this one.
      if (!sent.sacked && this.echoedAt >= 0 && this.echoedAt < sent.sentAt) return;
    } else {
      if (seqLt(sent.seq, this.highestSacked) && (!this.overtaken || seqLt(sent.seq, this.firstOvertaken))) {
        this.overtaken = true;
        this.firstOvertaken = sent.seq;
      }
      if (seqLeq(end, this.recover)) this.original = true;
    }
    if (this.isLast(sent)) {
      this.lastSentAt = sent.sentAt;
      this.lastSeq = sent.seq;
    }
    if (isSentAfter(sent.sentAt, end, this.newestSentAt, this.newestEnd)) {
      this.newestSentAt = sent.sentAt;
      this.newestEnd = end;
    }
  }

  /** Blocks may come in any order; what is acknowledged comes before them, and in sequence. */
  private isLast({ sacked, seq }: SentSegment): boolean {
    if (!sacked) {
      this.anyAcknowledged = true;
      return true;
    }
    return !this.anyAcknowledged && (this.lastSentAt < 0 || seqLt(this.lastSeq, seq));
  }
}

/** Of the ACK that is being worked on. */
export const deliveries = new Deliveries();
