import { PIECE_COST } from '../../../src/tcp/queues/reassembly.ts';
import { rightEdge } from '../../../src/tcp/receiving/window.ts';
import type { Connection } from '../../../src/tcp/user/connection.ts';
import { seqDiff } from '../../../src/wire/seq.ts';

/** Edges that only move right; what `checkInvariants` saw last. */
export interface Edges {
  rightEdge: number;
  nxt: number;
  una: number;
  rcvNxt: number;
}

/** What must hold after every event, whatever the wire does. */
export function checkInvariants(c: Connection, last: Edges | null): Edges | null {
  if (c.state === 'CLOSED' || c.state === 'TIME_WAIT') return null;
  const { snd, rcv, sent } = c;
  const must = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(`Invariant broken in ${c.state}: ${what}`);
  };
  must(seqDiff(snd.nxt, snd.una) >= 0, 'SND.UNA =< SND.NXT');
  must(c.inFlight >= 0, `in flight ${c.inFlight}`);
  const counts = { segments: 0, sacked: 0, lost: 0, retransmitted: 0 };
  let seq = snd.una;
  for (let s = sent.head; s !== null; s = s.next) {
    must(s.seq === seq && seqDiff(s.end, s.seq) > 0, 'the retransmission queue has no holes');
    must(s.count >= 1, 'a record stands for a segment at least');
    must(!(s.sacked && (s.lost || s.retransmitted)), 'what has arrived is not lost');
    counts.segments += s.count;
    if (s.sacked) counts.sacked += s.count;
    if (s.lost) counts.lost += s.count;
    if (s.retransmitted) counts.retransmitted += s.count;
    seq = s.end;
  }
  must(seq === snd.nxt, 'the retransmission queue ends at SND.NXT');
  const { segments, sacked, lost, retransmitted } = sent;
  must(JSON.stringify({ segments, sacked, lost, retransmitted }) === JSON.stringify(counts), 'counts are sums');
  must(sent.isEmpty || c.retransmitTimer.armed, 'something is out, so the retransmission timer runs');
  const waits = seqDiff(c.sendQueue.end, snd.nxt) > 0 && c.state !== 'SYN_SENT' && c.state !== 'SYN_RECEIVED';
  const paced = c.pacing?.timer.armed === true;
  must(!waits || c.retransmitTimer.armed || paced, 'something waits, so a timer or an ACK will see to it');
  checkReassembly(c, must);
  must(c.receiveQueue.memory <= 16_384 + 2 * c.receiveQueue.length, 'an octet that waits costs at most two bytes');
  const edge = rightEdge(c);
  if (last !== null && rcv.irs !== 0) {
    must(seqDiff(edge, last.rightEdge) >= 0 || last.rcvNxt === 0, 'the right edge of the window never moves left');
    must(seqDiff(rcv.nxt, last.rcvNxt) >= 0 || last.rcvNxt === 0, 'RCV.NXT never moves left');
    must(seqDiff(snd.nxt, last.nxt) >= 0, 'SND.NXT never moves left');
    must(seqDiff(snd.una, last.una) >= 0, 'SND.UNA never moves left');
  }
  // One segment may overdo it where nothing waits to be read; then its ACK waits (segment-text.ts; tcp_sequence in Linux).
  const overdone = rcv.nxt !== rcv.acked && seqDiff(rcv.nxt, edge) <= 0xffff;
  must(seqDiff(edge, rcv.nxt) >= 0 || c.finReceived || overdone, 'RCV.NXT is within the window');
  return { rightEdge: edge, nxt: snd.nxt, una: snd.una, rcvNxt: rcv.nxt };
}

function checkReassembly({ reassembly, rcv }: Connection, must: (holds: boolean, what: string) => void): void {
  let [memory, octets, end] = [0, 0, rcv.nxt];
  for (const piece of reassembly.pieces) {
    must(seqDiff(piece.seq, end) > 0 || (end !== rcv.nxt && piece.seq === end), 'pieces are in order, beyond a hole');
    memory += piece.bytes.length + PIECE_COST;
    octets += seqDiff(piece.end, piece.seq);
    end = piece.end;
  }
  must(reassembly.memory === memory && reassembly.octets === octets, 'reassembly accounts for its pieces');
  must(memory <= 16_384 + 2 * octets, 'reassembly keeps to its memory');
}
