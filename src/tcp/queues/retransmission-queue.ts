import { DOUBLE } from '../../basics/double.ts';
import type { Micros } from '../../time/wheel.ts';
import { type Seq, seqAdd, seqDiff, seqGeq, seqLt, seqMax, seqMin } from '../../wire/seq.ts';
import { deliveries } from './deliveries.ts';
import { Delivery } from './delivery.ts';
import { SentOrder } from './sent-order.ts';
import { SentSegment } from './sent-segment.ts';
import { SequenceTree } from './sequence-tree.ts';

// What a segment can be found by: its marks in the tree.
/** The peer is not known to have it. */
const UNSACKED = 1;
const SACKED = 2;
/** Lost, and not on its way again. */
const TO_RETRANSMIT = 4;
/** Lost, whether on its way again or not. */
const LOST = 8;

const marksOf = (sent: SentSegment): number =>
  (sent.sacked ? SACKED : UNSACKED) | (sent.lost && !sent.retransmitted ? TO_RETRANSMIT : 0) | (sent.lost ? LOST : 0);

/** What a cumulative ACK took off the queue. Reused. */
export interface Acknowledged {
  /** Segments. */
  count: number;
  /** Of them: had been selectively acknowledged before. */
  sacked: number;
  /** One of them had been sent more than once. */
  everRetransmitted: boolean;
  /** When the newest and the oldest never-retransmitted one had been sent; -1: there is none, so no RTT sample (Karn). */
  sentAt: Micros;
  firstSentAt: Micros;
  /** When the first one had last been sent again, wholly acknowledged or not; -1: it never was. */
  resentAt: Micros;
}

/** Records that wait to be used again, shared by all connections: sending allocates nothing once they exist. */
const pool: SentSegment[] = [];
const POOL_MAX = 4096;
/** What `acknowledge` returns, of whichever queue. */
const result: Acknowledged = {
  ...{ count: 0, sacked: 0, everRetransmitted: false },
  ...{ sentAt: DOUBLE, firstSentAt: DOUBLE, resentAt: DOUBLE },
};

/**
 * The retransmission queue (RFC 9293, section 3.10.7.4, fifth), oldest first, and its counts in segments.
 *
 * A peer can keep tens of thousands of segments out and send an ACK for each few octets of them, so nothing that an ACK
 * asks for walks over the queue: the segments are in a tree, too, which finds them by sequence number and by what they are.
 */
export class RetransmissionQueue {
  private readonly tree = new SequenceTree<SentSegment>();
  private readonly order = new SentOrder();
  /** packets_out, sacked_out, lost_out and retrans_out in Linux's terms. */
  segments = 0;
  sacked = 0;
  lost = 0;
  retransmitted = 0;
  /** Retransmissions that were themselves believed lost, in the life of the connection. */
  lostAgain = 0;
  /** What has arrived, and when: each segment takes a note of it along. */
  readonly delivery: Delivery;
  /** Behind the last octet that the peer is known to have had beyond a hole (`tcp_highest_sack_seq`). */
  private sackedTo: Seq = 0;
  /** Before this, all that the peer is not known to have has been looked at by `markLostBehind`. */
  private judgedBefore: Seq = 0;

  constructor(delivery = new Delivery()) {
    this.delivery = delivery;
  }

  get head(): SentSegment | null {
    return this.tree.first;
  }

  /** The last one in sequence. */
  get last(): SentSegment | null {
    return this.tree.last;
  }

  /** The one that was sent before all others that may still arrive. */
  get firstSent(): SentSegment | null {
    return this.order.first;
  }

  /** Behind the last octet that is known to have arrived. */
  highestSacked(una: Seq): Seq {
    return this.sacked > 0 ? this.sackedTo : una;
  }

  get isEmpty(): boolean {
    return this.tree.first === null;
  }

  add(seq: Seq, end: Seq, count: number, now: Micros, mss = seqDiff(end, seq)): void {
    const sent = pool.pop() ?? new SentSegment();
    sent.seq = seq;
    sent.end = end;
    sent.count = count;
    sent.mss = mss;
    sent.sentAt = now;
    sent.sacked = sent.lost = sent.retransmitted = sent.everRetransmitted = false;
    sent.marks = UNSACKED;
    this.delivery.stamp(sent, now, this.segments === 0);
    if (this.tree.first === null) this.judgedBefore = seq;
    this.tree.append(sent);
    this.order.append(sent);
    this.segments += count;
  }

  /**
   * Takes off everything before `ack`. The result is borrowed until the next call, of any queue. `dataEnd` is behind the
   * last octet of data: a FIN makes no segment longer.
   */
  acknowledge(ack: Seq, mss: number, dataEnd: Seq): Acknowledged {
    result.count = result.sacked = 0;
    result.everRetransmitted = false;
    result.sentAt = result.firstSentAt = result.resentAt = -1;
    if (this.head?.everRetransmitted) result.resentAt = this.head.sentAt;
    for (let sent = this.head; sent !== null && seqGeq(ack, sent.end); sent = this.head) {
      this.countOff(sent, sent.count);
      if (!sent.sacked) deliveries.note(sent, sent.end);
      this.order.remove(sent);
      this.tree.removeFirst();
      if (pool.length < POOL_MAX) pool.push(sent);
    }
    this.judgedBefore = seqMax(this.judgedBefore, ack);
    const { head } = this;
    if (head !== null && seqDiff(ack, head.seq) > 0) {
      // Part of a super-segment. What is left counts as what it would take to send it.
      if (!head.sacked) deliveries.note(head, ack);
      const left = Math.max(1, Math.ceil(seqDiff(seqMin(head.end, dataEnd), ack) / mss));
      if (left < head.count) {
        this.countOff(head, head.count - left);
        head.count = left;
      }
      head.seq = ack;
    }
    return result;
  }

  // ---- What the peer has (RFC 2018)

  /** The first segment that the peer is not known to have and that doesn't end at `seq` or before it. */
  firstUnsackedFrom(seq: Seq): SentSegment | null {
    const sent = this.tree.at(seq);
    if (sent === null) return this.tree.firstWith(UNSACKED);
    return sent.sacked || seqGeq(seq, sent.end) ? this.nextUnsacked(sent) : sent;
  }

  /** The one that has the octet at `seq`, or the last before it. */
  at(seq: Seq): SentSegment | null {
    return this.tree.at(seq);
  }

  nextUnsacked(sent: SentSegment): SentSegment | null {
    return this.tree.nextWith(sent, UNSACKED);
  }

  /** The peer says that it has this segment. */
  markSacked(sent: SentSegment): void {
    if (sent.retransmitted) this.retransmitted -= sent.count;
    if (sent.lost) this.lost -= sent.count;
    sent.retransmitted = sent.lost = false;
    sent.sacked = true;
    this.sackedTo = this.sacked === 0 ? sent.end : seqMax(this.sackedTo, sent.end);
    this.sacked += sent.count;
    deliveries.noteSacked(sent);
    this.order.remove(sent);
    this.refresh(sent);
  }

  /** The peer has taken its word back (RFC 2018, section 8: reneging). */
  forgetSacked(): void {
    const forgotten: SentSegment[] = [];
    for (let sent = this.tree.firstWith(SACKED); sent !== null; sent = this.tree.nextWith(sent, SACKED)) {
      sent.sacked = false;
      forgotten.push(sent);
      this.refresh(sent);
    }
    this.order.restore(forgotten);
    this.sacked = 0;
    this.judgeAgain();
  }

  // ---- What is believed lost

  /** Believes a segment lost (again, if it was retransmitted). */
  markLost(sent: SentSegment): void {
    if (sent.lost && !sent.retransmitted) return;
    if (sent.retransmitted) {
      sent.retransmitted = false;
      this.retransmitted -= sent.count;
      this.lostAgain += sent.count;
    }
    if (!sent.lost) {
      sent.lost = true;
      this.lost += sent.count;
    }
    this.delivery.lost += sent.count;
    this.order.remove(sent);
    this.refresh(sent);
  }

  /** Believes the first segment lost: one MSS of it, where it is a super-segment. */
  markHeadLost(mss: number): void {
    const { head } = this;
    if (head === null || head.sacked || (head.lost && !head.retransmitted)) return;
    if (head.count > 1) this.split(head, mss);
    this.markLost(head);
  }

  /**
   * The retransmission timer went off: believes lost the first segment, and all that were sent before `before` (RFC 8985, section
   * 6.3: what was sent only just now may arrive yet; RFC 5681, section 3.1, has all of them lost).
   */
  markLostAtTimeout(before: Micros): void {
    const { head } = this;
    let sent = this.tree.firstWith(UNSACKED);
    for (; sent !== null; sent = this.nextUnsacked(sent)) {
      if (sent !== head && sent.sentAt >= before) continue;
      this.markLost(sent);
    }
  }

  /**
   * Believes lost what was sent once, is not known to have arrived, and has at least `threshold` segments known to have
   * arrived beyond it.
   * @param most how many segments it looks at; the next call goes on where this one ended
   */
  markLostBehind(threshold: number, most: number): void {
    if (this.sacked < threshold) return;
    let beyond = this.tree.lastWith(SACKED)!;
    for (let count = beyond.count; count < threshold; count += beyond.count) {
      beyond = this.tree.previousWith(beyond, SACKED)!;
    }
    let left = most;
    let sent = this.firstUnsackedFrom(this.judgedBefore);
    for (; sent !== null && seqLt(sent.seq, beyond.seq); sent = this.nextUnsacked(sent)) {
      if (left-- === 0) {
        this.judgedBefore = sent.seq;
        return;
      }
      if (!sent.lost && !sent.everRetransmitted) this.markLost(sent);
    }
    this.judgedBefore = seqMax(this.judgedBefore, beyond.seq);
  }

  /**
   * The MSS has become smaller: what was sent in longer segments counts as more of them, and is believed lost. `dataEnd` is
   * behind the last octet of data: a FIN makes no segment longer.
   */
  markTooLongLost(mss: number, dataEnd: Seq): void {
    for (let sent = this.head; sent !== null; sent = sent.next) {
      const octets = Math.min(seqDiff(sent.end, sent.seq), seqDiff(dataEnd, sent.seq));
      // By its longest segment, and not by the sum: two long ones and an octet make three short ones, too.
      if (sent.sacked || Math.min(octets, sent.mss) <= mss) continue;
      this.resize(sent, mss, dataEnd);
      this.markLost(sent);
    }
  }

  /** `sent` goes in segments of `mss` octets from now on: it counts as more of them, or as fewer (tcp_set_skb_tso_segs). */
  resize(sent: SentSegment, mss: number, dataEnd: Seq): void {
    if (sent.mss === mss) return;
    sent.mss = mss;
    const more = Math.max(1, Math.ceil(seqDiff(seqMin(sent.end, dataEnd), sent.seq) / mss)) - sent.count;
    this.segments += more;
    if (sent.sacked) this.sacked += more;
    if (sent.lost) this.lost += more;
    if (sent.retransmitted) this.retransmitted += more;
    sent.count += more;
  }

  /** Nothing was lost after all. What is on its way again stays so. */
  forgetLost(): void {
    const forgotten: SentSegment[] = [];
    for (let sent = this.tree.firstWith(LOST); sent !== null; sent = this.tree.nextWith(sent, LOST)) {
      sent.lost = false;
      if (!sent.isInOrder) forgotten.push(sent);
      this.refresh(sent);
    }
    this.order.restore(forgotten);
    this.lost = 0;
    this.judgeAgain();
  }

  // ---- Sending again

  /** The first segment that is lost and not on its way again. */
  firstToRetransmit(): SentSegment | null {
    return this.tree.firstWith(TO_RETRANSMIT);
  }

  noteRetransmitted(sent: SentSegment, now: Micros): void {
    sent.retransmitted = true;
    this.retransmitted += sent.count;
    this.noteProbed(sent, now);
  }

  /** It is sent again to see what comes back, though it isn't believed lost. */
  noteProbed(sent: SentSegment, now: Micros): void {
    sent.everRetransmitted = true;
    sent.sentAt = now;
    this.delivery.stamp(sent, now, false);
    this.order.remove(sent);
    this.order.append(sent);
    this.refresh(sent);
  }

  /**
   * Cuts `sent` so that it has `octets` at most; the rest becomes a segment of its own behind it.
   * @returns the segment behind the cut; where there is nothing to cut, `sent`
   */
  split(sent: SentSegment, octets: number, mss = octets): SentSegment {
    if (octets >= seqDiff(sent.end, sent.seq)) return sent;
    const rest = pool.pop() ?? new SentSegment();
    rest.seq = seqAdd(sent.seq, octets);
    rest.end = sent.end;
    const firstCount = Math.max(1, Math.ceil(octets / mss));
    rest.count = Math.max(1, sent.count - firstCount);
    rest.mss = sent.mss;
    rest.sentAt = sent.sentAt;
    rest.sacked = sent.sacked;
    rest.lost = sent.lost;
    rest.retransmitted = sent.retransmitted;
    rest.everRetransmitted = sent.everRetransmitted;
    rest.delivered = sent.delivered;
    rest.deliveredAt = sent.deliveredAt;
    rest.firstSentAt = sent.firstSentAt;
    rest.limited = sent.limited;
    rest.marks = sent.marks;
    const before = sent.count;
    sent.end = rest.seq;
    sent.count = firstCount;
    this.tree.insertAfter(sent, rest);
    if (sent.isInOrder) this.order.insertAfter(sent, rest);
    const change = sent.count + rest.count - before;
    this.segments += change;
    if (sent.sacked) this.sacked += change;
    if (sent.lost) this.lost += change;
    if (sent.retransmitted) this.retransmitted += change;
    return rest;
  }

  clear(): void {
    this.tree.clear();
    this.order.clear();
    this.segments = this.sacked = this.lost = this.retransmitted = 0;
  }

  private refresh(sent: SentSegment): void {
    this.tree.mark(sent, marksOf(sent));
  }

  /** What `markLostBehind` concluded holds no more. */
  private judgeAgain(): void {
    if (this.head !== null) this.judgedBefore = this.head.seq;
  }

  private countOff(sent: SentSegment, count: number): void {
    result.count += count;
    this.segments -= count;
    if (sent.sacked) {
      result.sacked += count;
      this.sacked -= count;
    }
    if (sent.lost) this.lost -= count;
    if (sent.retransmitted) this.retransmitted -= count;
    if (sent.everRetransmitted) result.everRetransmitted = true;
    else if (!sent.sacked) {
      result.sentAt = sent.sentAt;
      if (result.firstSentAt < 0) result.firstSentAt = sent.sentAt;
    }
  }
}
