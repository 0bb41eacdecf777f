import { ECT0 } from '../../wire/packet.ts';
import { ACK, RST, type Segment } from '../../wire/segment.ts';
import { type Seq, seqAdd } from '../../wire/seq.ts';
import { writeTcp } from '../../wire/tcp.ts';
import type { TcpContext } from '../tcb/context.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { type Cause, sendCauses } from '../terms/causes.ts';
import { beginHeader, emit, out } from './transmit.ts';

/** What is answered on behalf of no connection: the answer is made from the segment that asks for it. */

/**
 * The RST that answers a segment which is for no connection, or not for the one that is there (RFC 9293, sections 3.5.2 and
 * 3.10.7.1). Its number is the one that the sender expects next, since it is its own ACK; what we have sent that is still on
 * its way doesn't matter so.
 * @param c whose type of service and time to live it has
 */
export function sendResetFor(tcp: TcpContext, segment: Segment, c: Tcb | null, cause: Cause): void {
  if (segment.flags & RST) return;
  if (segment.flags & ACK) fillReply(segment, RST, segment.ack, 0);
  else fillReply(segment, RST | ACK, 0, seqAdd(segment.seq, segment.segLen));
  writeTcp(tcp.frame, out);
  tcp.counters.OutRsts++;
  if (c !== null) c.segsOut++;
  emit(tcp, c, 1, cause);
}

/**
 * An ACK on behalf of a connection that exists no more but in the TIME_WAIT table.
 * @param ect its packet has ECT(0)
 */
export function sendTimeWaitAck(
  tcp: TcpContext,
  segment: Segment,
  entry: { sndNxt: Seq; rcvNxt: Seq; rcvWnd: number; hasTimestamps: boolean; tsRecent: number; tsOffset: number },
  ect: boolean,
): void {
  fillReply(segment, ACK, entry.sndNxt, entry.rcvNxt);
  out.wnd = entry.rcvWnd;
  if (ect) out.tos = ECT0;
  if (entry.hasTimestamps) {
    out.hasTimestamps = true;
    out.tsVal = (Math.floor(tcp.now / 1000) + entry.tsOffset) | 0;
    out.tsEcr = entry.tsRecent;
  }
  writeTcp(tcp.frame, out);
  emit(tcp, null, 1, sendCauses.ackTimeWait);
}

/** Addresses and ports the other way round. */
export function fillReply(segment: Segment, flags: number, seq: Seq, ack: Seq): void {
  beginHeader(segment.dst, segment.dstPort, segment.src, segment.srcPort, flags, seq, ack);
  out.wnd = 0;
}
