import { ACK, RST } from '../../wire/segment.ts';
import { type Seq, seqAdd, seqGt } from '../../wire/seq.ts';
import { writeTcp } from '../../wire/tcp.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { type Cause, sendCauses } from '../terms/causes.ts';
import { reflectField } from './ecn.ts';
import { beginSegment, finishSegment, markUrgent } from './segment.ts';
import { out } from './transmit.ts';

/**
 * The sequence number of what carries no octets: SND.NXT. Where the peer has taken its window back from under what we sent
 * already, that lies beyond it, and the peer would drop the segment with its ACK and its RST in it: two hosts whose
 * buffers are both full would never hear of each other again. The window's edge is in it still (tcp_acceptable_seq).
 */
function acceptableSeq(c: Tcb): Seq {
  const { snd } = c;
  const edge = seqAdd(snd.una, snd.wnd);
  // A SYN needs no window.
  return snd.una !== snd.iss && seqGt(snd.nxt, edge) ? edge : snd.nxt;
}

export function sendAck(c: Tcb, cause: Cause): void {
  const reflects = c.ecn?.reflects === true;
  beginSegment(c, ACK, acceptableSeq(c));
  if (reflects) reflectField(c.ecn!);
  writeTcp(c.tcp.frame, out);
  c.tcp.counters.TCPPureAcks++;
  finishSegment(c, c.tcp, 1, cause);
}

/**
 * A window probe or keep-alive: an old sequence number, no octets; the peer must answer it with an ACK. Being old, it could
 * tell of no urgent data; a segment at the shut window's edge can (RFC 9293, MUST-66), and goes first (tcp_write_wakeup).
 */
export function sendProbe(c: Tcb, cause: Cause): void {
  if (c.sendingUrgent) sendUrgentMark(c);
  beginSegment(c, ACK, seqAdd(c.snd.una, -1));
  writeTcp(c.tcp.frame, out);
  finishSegment(c, c.tcp, 1, cause);
}

function sendUrgentMark(c: Tcb): void {
  beginSegment(c, ACK, c.snd.una);
  markUrgent(c, c.snd.una);
  writeTcp(c.tcp.frame, out);
  finishSegment(c, c.tcp, 1, sendCauses.urgent);
}

/** A RST for a connection of ours: at SND.NXT if that is in the window, acknowledging what came (RFC 9293, section 3.10.5). */
export function sendReset(c: Tcb, cause: Cause): void {
  beginSegment(c, RST | ACK, acceptableSeq(c)); // with timestamps, if they are in use (RFC 7323, section 3.2)
  out.sackCount = 0;
  writeTcp(c.tcp.frame, out);
  c.tcp.counters.OutRsts++;
  finishSegment(c, c.tcp, 1, cause);
}
