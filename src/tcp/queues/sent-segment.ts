import { DOUBLE } from '../../basics/double.ts';
import type { Micros } from '../../time/wheel.ts';
import { type Seq, seqGt } from '../../wire/seq.ts';
import type { Stamped } from './delivery.ts';
import { SequenceNode } from './sequence-tree.ts';

/**
 * A segment that was sent and is not acknowledged. The octets are in the send queue; this is what is known of them. The
 * queue alone changes it, since it keeps counts, and finds segments, by what they are.
 */
export class SentSegment extends SequenceNode implements Stamped {
  /** Behind its last octet; SYN and FIN count (RFC 9293, section 3.4). */
  end: Seq = 0;
  /** Segments of the MSS that it stands for: a super-segment is many. */
  count = 0;
  /** Octets of each of them but the last: the path MTU may have changed since. */
  mss = 0;
  /** When it was last sent, in microseconds. */
  sentAt: Micros = DOUBLE;
  /** The peer has it, beyond a hole (RFC 2018). */
  sacked = false;
  /** Believed lost; sent again since it was last believed lost; sent again ever (Karn: no RTT from it). */
  lost = false;
  retransmitted = false;
  everRetransmitted = false;
  /** What `Delivery` had counted when it was last sent. */
  delivered = DOUBLE;
  deliveredAt: Micros = DOUBLE;
  firstSentAt: Micros = DOUBLE;
  limited = false;
  /** Its neighbours in the order of sending (`SentOrder`), where it is on that list. */
  earlier: SentSegment | null = null;
  later: SentSegment | null = null;
  isInOrder = false;
}

/** Was what was sent at `at` and ends before `end` sent after the other? What left in one microsecond left in the order of the sequence (RFC 8985, section 6.2, step 2). */
export const isSentAfter = (at: Micros, end: Seq, otherAt: Micros, otherEnd: Seq): boolean =>
  at > otherAt || (at === otherAt && seqGt(end, otherEnd));
