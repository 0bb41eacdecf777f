import { FIN, type Segment } from '../../wire/segment.ts';
import { type Seq, seqAdd, seqDiff, seqGeq, seqLeq, seqMin } from '../../wire/seq.ts';
import { dueAck } from '../receiving/ack-policy.ts';
import { takeMark } from '../receiving/ecn.ts';
import { measureByEcho, measureByWindow } from '../receiving/receiver-rtt.ts';
import { growForHole } from '../receiving/right-sizing.ts';
import { noteArrival, receiveWindow, rightEdge } from '../receiving/window.ts';
import { sendAck } from '../sending/control-segments.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { sendCauses } from '../terms/causes.ts';
import type { TcpDrop } from '../terms/drops.ts';
import { dsack, dsackOverlap } from './d-sack.ts';

/** Quick ACKs at the start of a connection and after a pause: enough to see the peer through slow start. */
const QUICK_ACKS = 16;
/** After a pause this long the peer begins in slow start again (as `tcp_event_data_recv` compares with the RTO). */
const QUICK_AGAIN_AFTER = 1_000_000;

/**
 * The segment text (RFC 9293, section 3.10.7.4, seventh): checks it against the window, puts it in order, queues it for the user.
 */
export function receiveText(c: Tcb, segment: Segment, seq: Seq): void {
  const { rcv } = c;
  noteText(c, segment);
  let from = segment.payloadStart;
  const to = from + segment.length;
  let first = seq;
  const stale = seqDiff(rcv.nxt, first);
  if (stale > 0) {
    // What we have is older than what comes: the peer may have missed our ACK.
    dsack(c, first, seqMin(rcv.nxt, seqAdd(first, segment.length)), 'old');
    dueAck(c, sendCauses.ackDuplicate);
    if (stale >= segment.length) return;
    from += stale;
    first = rcv.nxt;
  }
  const reason = refusal(c, first, to - from);
  if (reason !== null) refuse(c, segment, reason);
  else if (first === rcv.nxt) inOrder(c, segment, from, to, stale <= 0);
  else outOfOrder(c, segment, first, from, to);
}

/** Text arrives: whatever becomes of it, it tells of the peer. */
function noteText(c: Tcb, segment: Segment): void {
  const { now } = c.tcp;
  const isFirst = c.bytesReceived === c.rcv.synOctets && !c.interactive;
  if (isFirst || now - c.lastDataReceivedAt > QUICK_AGAIN_AFTER) {
    c.quickAcks = QUICK_ACKS;
    c.interactive = false;
  }
  c.lastDataReceivedAt = now;
  c.dataSegsIn += segment.count;
  noteSegmentSize(c, segment);
}

/**
 * Why octets that begin at RCV.NXT or beyond it aren't taken; null: they are.
 *
 * A peer that sends more than it may gets none of it in, unless nothing waits to be read: then one segment may overdo it
 * (tcp_sequence in net/ipv4/tcp_input.c). Trimming would ask it for the same octets with every window update.
 */
function refusal(c: Tcb, first: Seq, length: number): Refusal | null {
  const { rcv, receiveQueue } = c;
  const inPlace = first === rcv.nxt;
  // The peer has said that its stream ends before that. (Octets on both sides of its FIN prove that FIN wrong.)
  if (c.finSeen && seqGeq(first, c.finSeq) && seqGeq(c.finSeq, rcv.nxt)) return 'TextBeyondFin';
  const window = receiveWindow(c);
  if (window === 0 && inPlace) return 'WindowShut';
  // Where the window has become smaller, what was promised before is taken in order only (tcp_data_queue).
  if (seqDiff(first, rcv.nxt) >= window) return 'OverWindow';
  if (receiveQueue.length === 0) return null;
  if (seqDiff(seqAdd(first, length), rightEdge(c)) > 0) return 'OverWindow';
  // The rounding of a scaled window promises a little more with each ACK: tiny segments could use that for ever.
  if (receiveQueue.length + length <= c.receiveBuffer) return null;
  return inPlace ? 'ReceiveQueueFull' : 'OutOfOrderQueueFull';
}

type Refusal = Extract<
  TcpDrop,
  'TextBeyondFin' | 'WindowShut' | 'OverWindow' | 'ReceiveQueueFull' | 'OutOfOrderQueueFull'
>;

/** The peer learns where we are, and what there is room for. */
function refuse(c: Tcb, segment: Segment, reason: Refusal): void {
  dueAck(c, sendCauses.ackRefused);
  c.tcp.drop(reason, segment, c);
}

/** @param whole all of the segment is new: of one of which the front is old, only that is told as a duplicate */
function inOrder(c: Tcb, segment: Segment, from: number, to: number, whole: boolean): void {
  takeMark(c, segment);
  const { rcv } = c;
  const before = rcv.nxt;
  // An urgent mark that has been read moves along, or it would lie ahead again after 2^31 octets.
  if (c.urgentLength === 0) rcv.up = seqAdd(rcv.nxt, -c.receiveQueue.length);
  measureByEcho(c, segment);
  noteArrival(c, to - from);
  c.receiveQueue.push(segment.slab, from, to);
  rcv.nxt = seqAdd(rcv.nxt, to - from);
  measureByWindow(c);
  if (!c.reassembly.isEmpty) {
    // A hole is filled, in part or whole: tell at once (RFC 5681, section 4.2).
    if (whole) dsackOverlap(c, before, rcv.nxt);
    rcv.nxt = c.reassembly.drain(rcv.nxt, c.receiveQueue);
    c.sackBlocks.advance(rcv.nxt);
    dueAck(c, sendCauses.ackHoleFilled);
  }
  c.bytesReceived += seqDiff(rcv.nxt, before);
  c.tellReadable = true;
}

function outOfOrder(c: Tcb, segment: Segment, seq: Seq, from: number, to: number): void {
  takeMark(c, segment);
  c.outOfOrderSegs += segment.count;
  const end = seqAdd(seq, to - from);
  if (c.reassembly.has(seq, end)) {
    dsack(c, seq, end, 'out of order');
  } else {
    if (!c.reassembly.isEmpty) dsackOverlap(c, seq, end);
    if (!c.reassembly.insert(segment.slab.bytes, seq, from, to, c.receiveBuffer)) {
      refuse(c, segment, 'OutOfOrderQueueFull');
      return;
    }
    c.tcp.counters.TCPOFOQueue++;
    if (c.sackPermitted) noteArrival(c, to - from);
    growForHole(c);
  }
  // A FIN has a sequence number, too: a sender that keeps it with its octets needs it in the block (tcp_data_queue_ofo).
  const fin = segment.flags & FIN && seqLeq(end, rightEdge(c)) && (!c.finSeen || c.finSeq === end);
  c.sackBlocks.add(seq, fin ? seqAdd(end, 1) : end);
  acknowledgeBeyondHole(c);
}

/** So many duplicate ACKs make the peer send again (RFC 5681, section 3.2). */
const DUPLICATE_ACKS_AT_ONCE = 3;

/**
 * A segment beyond a hole is answered by an ACK of its own (RFC 5681, section 4.2; RFC 9293, SHLD-31 and section 3.8.6.3):
 * the peer counts them. With SACK the blocks say the same, so beyond three those of a batch share one, as Linux compresses
 * them (__tcp_ack_snd_check). A super-segment is one arrival, as it is there: the kernel's TCP, which alone sends such to
 * us, has SACK, and copies of one ACK would tell it nothing.
 */
function acknowledgeBeyondHole(c: Tcb): void {
  if (c.holeAt !== c.rcv.nxt) {
    c.holeAt = c.rcv.nxt;
    c.duplicateAcksSent = 0;
  }
  if (c.sackPermitted && c.duplicateAcksSent >= DUPLICATE_ACKS_AT_ONCE) {
    dueAck(c, sendCauses.ackOutOfOrder);
    return;
  }
  c.duplicateAcksSent++;
  sendAck(c, sendCauses.ackOutOfOrder);
}

/** The size of the peer's full segments, which delayed ACKs count in (tcp_measure_rcv_mss). */
function noteSegmentSize(c: Tcb, segment: Segment): void {
  const size = segment.gsoSize > 0 ? segment.gsoSize : segment.length;
  if (size > c.rcv.mss) c.rcv.mss = Math.min(size, c.advertisedMss);
}
