import type { Segment } from '../../wire/segment.ts';
import { type Seq, seqDiff, seqGeq, seqGt, seqLeq, seqLt } from '../../wire/seq.ts';
import type { SentSegment } from '../queues/retransmission-queue.ts';
import type { Tcb } from '../tcb/tcb.ts';

/**
 * The sender's side of selective acknowledgment: the scoreboard (RFC 2018, RFC 6675). It is kept in the retransmission
 * queue: each record there says whether the peer has it, and whether it is believed lost.
 */

/**
 * Takes in the SACK blocks of an ACK. SND.UNA has been moved already.
 * @returns how many segments are newly known to have arrived
 */
export function takeSackBlocks(c: Tcb, segment: Segment): number {
  const { sackEdges, sackCount } = segment;
  const from = noteDuplicate(c, segment) ? 1 : 0;
  const before = c.sent.sacked;
  for (let i = from; i < sackCount; i++) markBlock(c, sackEdges[2 * i]!, sackEdges[2 * i + 1]!);
  return c.sent.sacked - before;
}

/**
 * Is the first block a D-SACK (RFC 2883, section 4): below the ACK, or within the second block? Then something that we
 * sent again was not lost.
 */
function noteDuplicate(c: Tcb, segment: Segment): boolean {
  const { sackEdges: e, sackCount, ack } = segment;
  const left = e[0]!;
  const right = e[1]!;
  const belowAck = seqLeq(right, ack);
  const withinSecond = sackCount > 1 && seqGeq(left, e[2]!) && seqLeq(right, e[3]!);
  if (!belowAck && !withinSecond) return false;
  c.tcp.counters.TCPDSACKRecv++;
  // One without octets says that none came twice (as tcp_dsack_seen in net/ipv4/tcp_input.c).
  if (!seqLt(left, right)) return true;
  c.dsackDups++;
  // Only of octets that we sent, not from a life before, and only as many as were sent again.
  if (c.loss.undoable && seqGt(right, c.loss.undoMarker) && c.loss.undoRetrans > 0) c.loss.undoRetrans--;
  return true;
}

/** Marks all segments that lie wholly in `[left, right)`; super-segments are cut at its edges. */
function markBlock(c: Tcb, left: Seq, right: Seq): void {
  const { snd, sent } = c;
  // A block must lie in what is outstanding (RFC 2018, section 5): another is forged, or out of date.
  if (!seqLt(left, right) || seqGt(right, snd.nxt) || seqLeq(right, snd.una) || seqLt(left, snd.una)) return;
  // A receiver may leave our FIN out of its blocks: where it has all the octets, their segment has arrived.
  const reach = c.finSent && right === c.sendQueue.end ? snd.nxt : right;
  let s = sent.firstUnsackedFrom(left);
  for (; s !== null && seqLt(s.seq, right); s = sent.nextUnsacked(s)) {
    const from = seqLt(s.seq, left) ? wholeSegments(c, s, left, 'up') : 0;
    const to = seqGt(s.end, reach) ? wholeSegments(c, s, right, 'down') : seqDiff(s.end, s.seq);
    // Less than a segment of it: nothing is cut, or a peer could have a record for each octet.
    if (from >= to) continue;
    if (from > 0) s = sent.split(s, from, snd.mss);
    sent.split(s, to - from, snd.mss);
    sent.markSacked(s);
  }
}

/** How many octets of `s` lie before `edge`, as whole segments of the MSS: blocks of a sane peer fall on them. */
function wholeSegments(c: Tcb, s: SentSegment, edge: Seq, rounding: 'up' | 'down'): number {
  const octets = seqDiff(edge, s.seq);
  const { mss } = c.snd;
  const rest = octets % mss;
  if (rest === 0) return octets;
  return rounding === 'up' ? octets + mss - rest : octets - rest;
}
