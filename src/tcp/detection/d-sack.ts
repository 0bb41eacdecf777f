import type { Segment } from '../../wire/segment.ts';
import { seqDiff, seqGeq, seqGt, seqLeq, seqLt } from '../../wire/seq.ts';
import type { Tcb } from '../tcb/tcb.ts';
import type { AckSample } from '../variables/ack-sample.ts';

/**
 * Is the first block of an ACK a D-SACK (RFC 2883, section 4): below the ACK, or within the second block? Then something came twice:
 * the path has doubled it, or it was sent again without having been lost (tcp_check_dsack, tcp_dsack_seen in
 * net/ipv4/tcp_input.c).
 * @returns whether it is one, and tells of no arrival
 */
export function takeDsack(c: Tcb, segment: Segment, ack: AckSample): boolean {
  const { sackEdges: e, sackCount } = segment;
  const { counters } = c.tcp;
  const left = e[0]!;
  const right = e[1]!;
  const belowAck = seqLt(left, segment.ack);
  const withinSecond = sackCount > 1 && seqGeq(left, e[2]!) && seqLeq(right, e[3]!);
  if (!belowAck && !withinSecond) return false;
  if (belowAck) counters.TCPDSACKRecv++;
  else counters.TCPDSACKOfoRecv++;
  const segments = segmentsOf(c, seqDiff(right, left));
  if (segments > 0 && c.loss.probeOut && c.loss.probeEnd === right && segments === 1) ack.probeDuplicated = true;
  c.dsackDups += segments;
  // One without octets says that none came twice; and no more can have come twice than were sent twice.
  if (segments === 0 || c.dsackDups > c.totalRetrans) {
    counters.TCPDSACKIgnoredDubious++;
    return true;
  }
  counters.TCPDSACKRecvSegs += segments;
  ack.duplicated = segments;
  countIgnored(c, left, right);
  if (countsTowardsUndo(c, left, right, ack)) c.loss.undoRetrans = Math.max(0, c.loss.undoRetrans - segments);
  return true;
}

/** It is of something that an undo has nothing to do with (tcp_is_sackblock_valid, as a D-SACK). */
function countIgnored(c: Tcb, left: number, right: number): void {
  const { loss, snd } = c;
  const { counters } = c.tcp;
  if (seqGt(left, snd.una)) return;
  if (!loss.undoable) counters.TCPDSACKIgnoredNoUndo++;
  else if (seqGt(right, snd.una) || !seqGt(right, loss.undoMarker)) counters.TCPDSACKIgnoredOld++;
}

/** Segments that so many octets are; 0: they can't have come twice, since the peer never had room for as many. */
function segmentsOf(c: Tcb, octets: number): number {
  if (octets <= 0 || octets > c.snd.maxWnd) return 0;
  return Math.max(1, Math.ceil(octets / c.snd.mss));
}

/** Does it tell that a retransmission of this episode was needless? Only of octets that we sent in it, and sent again. */
function countsTowardsUndo(c: Tcb, left: number, right: number, ack: AckSample): boolean {
  const { loss } = c;
  if (!loss.undoable || loss.undoRetrans <= 0 || !seqGt(right, loss.undoMarker)) return false;
  if (seqLeq(right, ack.priorUna)) return true;
  // Of what this ACK took off the queue, and of what is beyond a hole, it is known whether it was sent again.
  if (seqLeq(right, ack.una)) return ack.acked?.everRetransmitted ?? false;
  return c.sent.at(left)?.everRetransmitted ?? false;
}
