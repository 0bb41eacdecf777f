import { ACK, FIN, PSH, URG } from '../../wire/segment.ts';
import { type Seq, seqAdd, seqDiff, seqGt } from '../../wire/seq.ts';
import { writeTcp } from '../../wire/tcp.ts';
import { fillOption, planOptions } from '../receiving/acc-ecn.ts';
import { noteAnswer } from '../receiving/ack-policy.ts';
import { selectWindow } from '../receiving/window.ts';
import type { TcpContext } from '../tcb/context.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { disarmDelayedAck } from '../tcb/timers.ts';
import type { Cause } from '../terms/causes.ts';
import { markNewData, markSegment } from './ecn.ts';
import { noteDeparture } from './gate.ts';
import { beginHeader, emit, out } from './transmit.ts';

/**
 * A segment of the send queue, or a super-segment of many.
 * @param length octets from `seq` on
 * @param fin our FIN is behind them
 * @param again they were sent before
 */
export function transmitData(
  c: Tcb,
  mss: number,
  seq: Seq,
  length: number,
  fin: boolean,
  cause: Cause,
  again = false,
): void {
  const { tcp } = c;
  beginSegment(c, ACK, seq);
  if (c.ecn !== null && length > 0 && !again) markNewData(c, c.ecn);
  out.length = length;
  if (length > 0 && (c.sendQueue.endsAt(seqAdd(seq, length)) || (c.fastOpen !== null && endsSynData(c, seq, length)))) {
    out.flags |= PSH;
  }
  if (fin) out.flags |= FIN;
  markUrgent(c, seq);
  out.gsoSize = length > mss ? mss : 0;
  // What joins segments again on the way hands them up at a PSH, and needn't wait for more (__tcp_transmit_skb).
  if (length > mss) out.flags |= PSH;
  const count = out.count;
  c.bytesSent += length;
  tcp.turnLeft -= length;
  if (length > 0) c.dataSegsOut += count;
  if (c.pacing !== null) noteDeparture(c, c.pacing, length);
  noteAnswer(c);
  c.lastDataSentAt = tcp.now;
  const { frame } = tcp;
  writeTcp(frame, out);
  frame.gsoSize = out.gsoSize;
  if (length > 0) c.sendQueue.addTo(frame, seq, length);
  finishSegment(c, tcp, count, cause);
  if (tcp.events.wants !== 0) tcp.events.because = tcp.events.lastSent; // the timer that runs for it is its effect
}

/** What our SYN carried was all that was to be said at once: sent again, it says so (tcp_send_syn_data). */
const endsSynData = (c: Tcb, seq: Seq, length: number): boolean =>
  !c.openedPassively && seqDiff(seqAdd(seq, length), c.snd.iss) === c.fastOpen!.synOctets + 1;

/** Says how far urgent data reach, as seen from a segment at `seq` (RFC 9293, section 3.1: Urgent Pointer). */
export function markUrgent(c: Tcb, seq: Seq): void {
  if (!c.sendingUrgent || !seqGt(c.snd.up, seq)) return;
  out.flags |= URG;
  out.urg = Math.min(seqDiff(c.snd.up, seq), 0xffff);
}

/** Begins a segment, which acknowledges everything received so far. */
export function beginSegment(c: Tcb, flags: number, seq: Seq): void {
  const { tcp } = c;
  beginHeader(c.local, c.localPort, c.remote, c.remotePort, flags, seq, c.rcv.nxt);
  const pending = c.rcv.acked !== c.rcv.nxt;
  if (pending && c.quickAcks > 0) c.quickAcks--;
  c.ackDue = null;
  disarmDelayedAck(c);
  out.wnd = selectWindow(c);
  if (c.timestamps) {
    out.hasTimestamps = true;
    out.tsVal = c.tsNow(tcp.now);
    out.tsEcr = c.tsRecent;
  }
  if (c.ecn !== null) {
    const { blocks, counters } = planOptions(c);
    const dsack = c.sackBlocks.hasDuplicate;
    if (!c.sackBlocks.isEmpty) c.sackBlocks.fill(out, blocks);
    markSegment(c.ecn);
    if (c.ecn.mode === 'accurate') fillOption(c, c.ecn, out, counters, dsack && blocks > 0);
  } else if (c.sackPermitted && !c.sackBlocks.isEmpty) {
    c.sackBlocks.fill(out, c.sackBlocks.count(c.timestamps, c.snd.mss));
  }
}

/** Sends what `beginSegment` and what followed it have made; `count`: of how many segments. */
export function finishSegment(c: Tcb, tcp: TcpContext, count: number, cause: Cause): void {
  c.segsOut += count;
  emit(tcp, c, count, cause);
}
