import type { Segment } from '../../wire/segment.ts';
import { type Seq, seqDiff, seqGt, seqLeq, seqLt } from '../../wire/seq.ts';
import type { SentSegment } from '../queues/sent-segment.ts';
import type { Tcb } from '../tcb/tcb.ts';

/**
 * The sender's side of selective acknowledgment: the scoreboard (RFC 2018, RFC 6675). It is kept in the retransmission
 * queue: each record there says whether the peer has it, and whether it is believed lost.
 */

/**
 * Takes in the SACK blocks of an ACK. SND.UNA has been moved already.
 * @param from the first block that counts: 1 where one is a D-SACK
 * @returns how many segments are newly known to have arrived
 */
export function takeSackBlocks(c: Tcb, segment: Segment, from: number): number {
  const { sackEdges, sackCount } = segment;
  const before = c.sent.sacked;
  const overtaken = segment.ack !== c.snd.una;
  for (let i = from; i < sackCount; i++) markBlock(c, sackEdges[2 * i]!, sackEdges[2 * i + 1]!, overtaken);
  return c.sent.sacked - before;
}

/**
 * Marks all segments that lie wholly in `[left, right)`; super-segments are cut at its edges.
 * @param overtaken by a newer ACK was the one that has the block: then what this one acknowledged is no surprise
 */
function markBlock(c: Tcb, left: Seq, right: Seq, overtaken: boolean): void {
  const { snd, sent } = c;
  // A block must lie in what is outstanding, beyond a hole (RFC 2018, section 5; tcp_is_sackblock_valid): another is forged,
  // or out of date.
  if (!seqLt(left, right) || seqGt(right, snd.nxt) || seqLeq(right, snd.una) || seqLeq(left, snd.una)) {
    if (!overtaken || seqGt(right, snd.una)) c.tcp.counters.TCPSACKDiscard++;
    return;
  }
  // A receiver may leave our FIN out of its blocks: where it has all the octets, their segment has arrived.
  const reach = c.finSent && right === c.sendQueue.end ? snd.nxt : right;
  let s = sent.firstUnsackedFrom(left);
  for (; s !== null && seqLt(s.seq, right); s = sent.nextUnsacked(s)) {
    const from = seqLt(s.seq, left) ? wholeSegments(s, left, 'up') : 0;
    const to = seqGt(s.end, reach) ? wholeSegments(s, right, 'down') : seqDiff(s.end, s.seq);
    // Less than a segment of it: nothing is cut, or a peer could have a record for each octet.
    if (from >= to) continue;
    if (from > 0) s = sent.split(s, from, s.mss);
    sent.split(s, to - from, s.mss);
    sent.markSacked(s);
  }
}

/** How many octets of `s` lie before `edge`, as whole segments of those that were sent: blocks of a sane peer fall on them. */
function wholeSegments(s: SentSegment, edge: Seq, rounding: 'up' | 'down'): number {
  const octets = seqDiff(edge, s.seq);
  const { mss } = s;
  const rest = octets % mss;
  if (rest === 0) return octets;
  return rounding === 'up' ? octets + mss - rest : octets - rest;
}
