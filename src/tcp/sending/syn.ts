import { ACK, SYN } from '../../wire/segment.ts';
import { writeTcp } from '../../wire/tcp.ts';
import { initialWindow } from '../receiving/window.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellRetransmission } from '../tcb/tell.ts';
import { type Cause, sendCauses } from '../terms/causes.ts';
import { finishSegment } from './segment.ts';
import { beginHeader, out } from './transmit.ts';

/** SYN, or with `ack` SYN-ACK: the segment that announces our options (RFC 9293, section 3.7.1; RFC 7323, section 1.3). */
export function sendSyn(c: Tcb, ack: boolean, cause: Cause): void {
  const { tcp } = c;
  beginHeader(c.local, c.localPort, c.remote, c.remotePort, ack ? SYN | ACK : SYN, c.snd.iss, ack ? c.rcv.nxt : 0);
  // The window of a SYN is never scaled (RFC 7323, section 2.2). A challenge ACK may have offered more meanwhile: that stays.
  c.rcv.wnd = Math.max(c.rcv.wnd, initialWindow(c));
  out.wnd = Math.min(c.rcv.wnd, 0xffff);
  c.rcv.acked = c.rcv.nxt;
  out.mss = c.advertisedMss;
  // A SYN offers; a SYN-ACK repeats only what the SYN offered.
  if (ack ? c.windowScaling : tcp.sysctls.tcp_window_scaling) out.wscale = c.rcv.wscale;
  out.sackPermitted = ack ? c.sackPermitted : tcp.sysctls.tcp_sack !== 0;
  if (ack ? c.timestamps : tcp.sysctls.tcp_timestamps) {
    out.hasTimestamps = true;
    out.tsVal = c.tsNow(tcp.now);
    out.tsEcr = ack ? c.tsRecent : 0;
  }
  c.ackDue = null;
  writeTcp(tcp.frame, out);
  finishSegment(c, tcp, 1, cause);
  if (tcp.events.wants !== 0) tcp.events.because = tcp.events.lastSent; // the timer that runs for it is its effect
}

/** The peer's SYN came again: so does our SYN-ACK (RFC 9293, section 3.10.7.4). */
export function repeatSynAck(c: Tcb): void {
  markResent(c);
  sendSyn(c, true, sendCauses.synRepeated);
}

/** What acknowledges it may be about either copy, so it gives no sample without timestamps (RFC 6298, section 3: Karn). */
function markResent(c: Tcb): void {
  const syn = c.sent.head;
  if (syn === null) return;
  syn.everRetransmitted = true;
  syn.sentAt = c.tcp.now;
}

/**
 * The SYN, or the SYN-ACK, again.
 * @param limit how often at most (R2)
 */
export function retransmitSyn(c: Tcb, limit: number): void {
  const { tcp } = c;
  const answered = c.state === 'SYN_RECEIVED';
  markResent(c);
  c.totalRetrans++;
  tcp.counters.RetransSegs++;
  const reason = answered ? 'SYN-ACK' : 'SYN';
  const cause = sendCauses.rto;
  tellRetransmission(c, { seq: c.snd.iss, length: 0, reason, attempt: c.totalRetrans, limit, cause });
  sendSyn(c, answered, cause);
}
