import { isSentAfter, type SentSegment } from './sent-segment.ts';

/**
 * What may still arrive, in the order in which it was last sent: what is neither known to have arrived nor believed lost. RACK
 * looks at its beginning alone (RFC 8985, section 6.2, step 5; Linux: tsorted_sent_queue), so what an ACK costs doesn't grow with
 * what is out.
 */
export class SentOrder {
  first: SentSegment | null = null;
  last: SentSegment | null = null;

  /** It has just been sent. */
  append(sent: SentSegment): void {
    this.insertAfter(this.last, sent);
  }

  remove(sent: SentSegment): void {
    if (!sent.isInOrder) return;
    const { earlier, later } = sent;
    if (earlier === null) this.first = later;
    else earlier.later = later;
    if (later === null) this.last = earlier;
    else later.earlier = earlier;
    sent.earlier = sent.later = null;
    sent.isInOrder = false;
  }

  /** Puts `sent` behind `before`; null: it is the first. */
  insertAfter(before: SentSegment | null, sent: SentSegment): void {
    const later = before === null ? this.first : before.later;
    sent.earlier = before;
    sent.later = later;
    if (before === null) this.first = sent;
    else before.later = sent;
    if (later === null) this.last = sent;
    else later.earlier = sent;
    sent.isInOrder = true;
  }

  /** Puts each of `segments` where it belongs by the time at which it was sent. One walk along the list is enough for all. */
  restore(segments: SentSegment[]): void {
    segments.sort((a, b) => (isSentAfter(a.sentAt, a.end, b.sentAt, b.end) ? 1 : -1));
    let before: SentSegment | null = null;
    let next = this.first;
    for (const sent of segments) {
      while (next !== null && isSentAfter(sent.sentAt, sent.end, next.sentAt, next.end)) {
        before = next;
        next = next.later;
      }
      this.insertAfter(before, sent);
      before = sent;
    }
  }

  clear(): void {
    while (this.first !== null) this.remove(this.first);
  }
}
