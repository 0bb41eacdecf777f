import type { Segment } from '../../wire/segment.ts';
import { type Seq, seqAdd, seqDiff, seqMin } from '../../wire/seq.ts';
import { noteRepeated } from '../receiving/acc-ecn.ts';
import { sendAck } from '../sending/control-segments.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { sendCauses } from '../terms/causes.ts';

/** A segment that is not taken in at all may be a duplicate of what we have: the peer should know (RFC 2883, section 4.1.1). */
export function dsackOld(c: Tcb, segment: Segment): void {
  const end = seqAdd(segment.seq, segment.length);
  if (segment.length === 0 || seqDiff(segment.seq, c.rcv.nxt) >= 0) return;
  dsack(c, segment.seq, seqMin(end, c.rcv.nxt), 'old');
}

/** Part of a segment was here already, beyond a hole (RFC 2883, section 4.2): one D-SACK tells the first such part. */
export function dsackOverlap(c: Tcb, seq: Seq, end: Seq): void {
  const overlap = c.reassembly.firstOverlap(seq, end);
  if (overlap !== null) dsack(c, overlap.left, overlap.right, 'out of order');
}

/** D-SACK (RFC 2883): the peer learns that it sent something needlessly. */
export function dsack(c: Tcb, left: Seq, right: Seq, where: 'old' | 'out of order'): void {
  const { sysctls, counters } = c.tcp;
  if (!c.sackPermitted || sysctls.tcp_dsack === 0) return;
  if (where === 'old') {
    noteRepeated(c, left);
    counters.TCPDSACKOldSent++;
  } else counters.TCPDSACKOfoSent++;
  // A segment tells one: what the batch brought twice before leaves first.
  if (!c.sackBlocks.addDuplicate(left, right)) {
    sendAck(c, sendCauses.ackDuplicate);
    c.sackBlocks.addDuplicate(left, right);
  }
}
