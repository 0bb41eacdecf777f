import type { Micros } from '../time/wheel.ts';
import { DOUBLE } from '../wire/double.ts';
import { type Seq, seqAdd, seqDiff, seqGeq } from '../wire/seq.ts';

/** A segment that was sent and is not acknowledged. The octets are in the send queue; this is what is known of them. */
export class SentSegment {
  seq: Seq = 0;
  /** Behind its last octet; SYN and FIN count (RFC 9293, section 3.4). */
  end: Seq = 0;
  /** Segments of the MSS that it stands for: a super-segment is many. */
  count = 0;
  /** When it was last sent, in microseconds. */
  sentAt: Micros = DOUBLE;
  /** The peer has it, beyond a hole (RFC 2018). */
  sacked = false;
  /** Believed lost; sent again since it was last believed lost; sent again ever (Karn: no RTT from it). */
  lost = false;
  retransmitted = false;
  everRetransmitted = false;
  next: SentSegment | null = null;
}

/** What a cumulative ACK took off the queue. Reused. */
export interface Acknowledged {
  /** Segments. */
  count: number;
  /** Of them: had been selectively acknowledged before. */
  sacked: number;
  /** One of them had been sent more than once. */
  everRetransmitted: boolean;
  /** When the newest never-retransmitted one had been sent; -1: there is none, so no RTT sample (Karn). */
  sentAt: Micros;
}

/** Records that wait to be used again, shared by all connections: sending allocates nothing once they exist. */
const pool: SentSegment[] = [];
const POOL_MAX = 4096;
/** What `acknowledge` returns, of whichever queue. */
const result: Acknowledged = { count: 0, sacked: 0, everRetransmitted: false, sentAt: DOUBLE };

/** The retransmission queue (RFC 9293, section 3.10.7.4, fifth), oldest first, and its counts in segments. */
export class RetransmissionQueue {
  head: SentSegment | null = null;
  private tail: SentSegment | null = null;
  /** packets_out, sacked_out, lost_out and retrans_out in Linux's terms. */
  segments = 0;
  sacked = 0;
  lost = 0;
  retransmitted = 0;

  get isEmpty(): boolean {
    return this.head === null;
  }

  add(seq: Seq, end: Seq, count: number, now: Micros): void {
    const sent = pool.pop() ?? new SentSegment();
    sent.seq = seq;
    sent.end = end;
    sent.count = count;
    sent.sentAt = now;
    sent.sacked = sent.lost = sent.retransmitted = sent.everRetransmitted = false;
    sent.next = null;
    if (this.tail === null) this.head = sent;
    else this.tail.next = sent;
    this.tail = sent;
    this.segments += count;
  }

  /** Takes off everything before `ack`. The result is borrowed until the next call, of any queue. */
  acknowledge(ack: Seq, mss: number): Acknowledged {
    result.count = result.sacked = 0;
    result.everRetransmitted = false;
    result.sentAt = -1;
    for (let sent = this.head; sent !== null && seqGeq(ack, sent.end); sent = this.head) {
      this.countOff(sent, sent.count);
      this.head = sent.next;
      if (this.head === null) this.tail = null;
      if (pool.length < POOL_MAX) pool.push(sent);
    }
    const { head } = this;
    if (head !== null && seqDiff(ack, head.seq) > 0) {
      // Part of a super-segment. What is left counts as what it would take to send it.
      const left = Math.max(1, Math.ceil(seqDiff(head.end, ack) / mss));
      if (left < head.count) {
        this.countOff(head, head.count - left);
        head.count = left;
      }
      head.seq = ack;
    }
    return result;
  }

  /** Believes everything lost (RFC 6298, section 5.4, and RFC 5681, section 3.1: the flight is over). */
  markAllLost(): void {
    this.lost = this.segments - this.sacked;
    this.retransmitted = 0;
    for (let sent = this.head; sent !== null; sent = sent.next) {
      sent.lost = !sent.sacked;
      sent.retransmitted = false;
    }
  }

  /** Believes a segment lost (again, if it was retransmitted). */
  markLost(sent: SentSegment): void {
    if (sent.retransmitted) {
      sent.retransmitted = false;
      this.retransmitted -= sent.count;
    }
    if (sent.lost) return;
    sent.lost = true;
    this.lost += sent.count;
  }

  /** The peer says that it has this segment. */
  markSacked(sent: SentSegment): void {
    if (sent.retransmitted) this.retransmitted -= sent.count;
    if (sent.lost) this.lost -= sent.count;
    sent.retransmitted = sent.lost = false;
    sent.sacked = true;
    this.sacked += sent.count;
  }

  /**
   * The MSS has become smaller: what was sent in longer segments counts as more of them, and is believed lost. `dataEnd` is
   * behind the last octet of data: a FIN makes no segment longer.
   */
  markTooLongLost(mss: number, dataEnd: Seq): void {
    for (let sent = this.head; sent !== null; sent = sent.next) {
      const octets = Math.min(seqDiff(sent.end, sent.seq), seqDiff(dataEnd, sent.seq));
      if (sent.sacked || octets <= sent.count * mss) continue;
      const more = Math.ceil(octets / mss) - sent.count;
      this.segments += more;
      if (sent.lost) this.lost += more;
      if (sent.retransmitted) this.retransmitted += more;
      sent.count += more;
      this.markLost(sent);
    }
  }

  /** Nothing was lost after all. */
  forgetLost(): void {
    this.lost = this.retransmitted = 0;
    for (let sent = this.head; sent !== null; sent = sent.next) sent.lost = sent.retransmitted = false;
  }

  /** The peer has taken its word back (RFC 2018, section 8: reneging). */
  forgetSacked(): void {
    this.sacked = 0;
    for (let sent = this.head; sent !== null; sent = sent.next) sent.sacked = false;
  }

  /** Believes the first segment lost: one MSS of it, where it is a super-segment. */
  markHeadLost(mss: number): void {
    const { head } = this;
    if (head === null || head.sacked || (head.lost && !head.retransmitted)) return;
    if (head.count > 1) this.split(head, mss);
    this.markLost(head);
  }

  /** The first segment that is lost and not on its way again. */
  firstToRetransmit(): SentSegment | null {
    if (this.lost === 0 || this.retransmitted >= this.lost) return null;
    for (let sent = this.head; sent !== null; sent = sent.next) if (sent.lost && !sent.retransmitted) return sent;
    return null;
  }

  noteRetransmitted(sent: SentSegment, now: Micros): void {
    sent.retransmitted = true;
    sent.everRetransmitted = true;
    sent.sentAt = now;
    this.retransmitted += sent.count;
  }

  /** Cuts `sent` so that it has `octets` at most; the rest becomes a segment of its own behind it. */
  split(sent: SentSegment, octets: number, mss = octets): void {
    if (octets >= seqDiff(sent.end, sent.seq)) return;
    const rest = pool.pop() ?? new SentSegment();
    rest.seq = seqAdd(sent.seq, octets);
    rest.end = sent.end;
    const firstCount = Math.max(1, Math.ceil(octets / mss));
    rest.count = Math.max(1, sent.count - firstCount);
    rest.sentAt = sent.sentAt;
    rest.sacked = sent.sacked;
    rest.lost = sent.lost;
    rest.retransmitted = sent.retransmitted;
    rest.everRetransmitted = sent.everRetransmitted;
    rest.next = sent.next;
    if (this.tail === sent) this.tail = rest;
    const before = sent.count;
    sent.end = rest.seq;
    sent.count = firstCount;
    sent.next = rest;
    const change = sent.count + rest.count - before;
    this.segments += change;
    if (sent.sacked) this.sacked += change;
    if (sent.lost) this.lost += change;
    if (sent.retransmitted) this.retransmitted += change;
  }

  clear(): void {
    this.head = this.tail = null;
    this.segments = this.sacked = this.lost = this.retransmitted = 0;
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
    else if (!sent.sacked) result.sentAt = sent.sentAt;
  }
}
