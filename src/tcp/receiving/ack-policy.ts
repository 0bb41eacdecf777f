import { seqDiff } from '../../wire/seq.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { noteAckDue } from '../tcb/tell.ts';
import { type Cause, sendCauses } from '../terms/causes.ts';

/** Data that leaves soon after data came makes the connection an interactive one: ACKs may ride on answers. */
export function noteAnswer(c: Tcb): void {
  if (c.tcp.now - c.lastDataReceivedAt < 40_000 && c.bytesReceived > 0) c.interactive = true;
}

/**
 * Must an ACK leave with this batch (RFC 9293, section 3.8.6.3; RFC 5681, section 4.2)? At once for what is out of
 * order, for more than one full segment, and at the start of a connection, where the peer's window still grows with
 * each ACK.
 * @returns why; null: it may wait
 */
export function ackIsDue(c: Tcb): Cause | null {
  if (c.ackDue !== null) return c.ackDue;
  const unacknowledged = seqDiff(c.rcv.nxt, c.rcv.acked);
  if (unacknowledged <= 0) return null;
  // More than the window came at once: an ACK now would only shut it, and the user may be about to read.
  if (unacknowledged > c.rcv.wnd) return null;
  if (unacknowledged > c.rcv.mss) return sendCauses.ackSecondSegment;
  if (c.ecn?.ackNow) return sendCauses.ackEcn;
  const quick = c.settings.quickAck ?? (c.quickAcks > 0 && !c.interactive);
  return quick ? sendCauses.ackQuick : null;
}

/** An ACK leaves with this batch, whatever else there is to send. */
export function dueAck(c: Tcb, cause: Cause): void {
  if (c.ackDue !== null) return;
  c.ackDue = cause;
  noteAckDue(c);
}
