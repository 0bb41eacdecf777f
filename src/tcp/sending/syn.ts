import type { FastOpenOption } from '../../wire/options/fast-open.ts';
import { ACK, SYN } from '../../wire/segment.ts';
import { seqAdd } from '../../wire/seq.ts';
import { writeTcp } from '../../wire/tcp.ts';
import { fillFirstOption } from '../receiving/acc-ecn.ts';
import { initialWindow } from '../receiving/window.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellRetransmission } from '../tcb/tell.ts';
import { armRetransmit } from '../tcb/timers.ts';
import { type Cause, sendCauses } from '../terms/causes.ts';
import type { FastOpen } from '../variables/fast-open.ts';
import { flagsOfSyn, flagsOfSynAck, type SynAck } from './ecn.ts';
import { finishSegment } from './segment.ts';
import { beginHeader, out } from './transmit.ts';

/**
 * SYN, or with `ack` SYN-ACK: the segment that announces our options (RFC 9293, section 3.7.1; RFC 7323, section 1.3).
 * @param option of Fast Open: only the first one has it
 * @param length how many octets of the send queue it carries
 * @param which SYN-ACK it is: with ECN they differ
 */
export function sendSyn(
  c: Tcb,
  ack: boolean,
  cause: Cause,
  option: FastOpenOption | null = null,
  length = 0,
  which: SynAck = 'first',
): void {
  const { tcp } = c;
  beginHeader(c.local, c.localPort, c.remote, c.remotePort, ack ? SYN | ACK : SYN, c.snd.iss, ack ? c.rcv.nxt : 0);
  // The window of a SYN is never scaled (RFC 7323, section 2.2). A challenge ACK may have offered more meanwhile: that stays.
  c.rcv.wnd = c.rcv.ssthresh = Math.max(c.rcv.wnd, initialWindow(c));
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
  if (option !== null) out.fastOpen.copyFrom(option);
  if (c.ecn !== null) {
    out.flags |= ack ? flagsOfSynAck(c, which) : flagsOfSyn(c);
    // Once: the path may drop what has it (RFC 9768, section 3.2.3.2.2).
    const told = ack && which === 'first' && c.ecn.mode === 'accurate' && tcp.sysctls.tcp_ecn_option !== 0;
    if (told) fillFirstOption(out);
  }
  c.ackDue = null;
  out.length = length;
  writeTcp(tcp.frame, out);
  if (length > 0) c.sendQueue.addTo(tcp.frame, seqAdd(c.snd.iss, 1), length);
  finishSegment(c, tcp, 1, cause);
  if (tcp.events.wants !== 0) tcp.events.because = tcp.events.lastSent; // the timer that runs for it is its effect
}

/**
 * The SYN that waited for data (RFC 7413, section 4.2.1). SYN and data lie in the retransmission queue as two segments, for the SYN
 * goes again without data, if it must, and data that isn't acknowledged with it as ordinary data (tcp_send_syn_data).
 */
export function sendSynWithData(c: Tcb, fastOpen: FastOpen): void {
  const { tcp, snd } = c;
  const length = c.sendingUrgent ? 0 : Math.min(fastOpen.room, c.sendQueue.lengthFrom(seqAdd(snd.iss, 1)));
  fastOpen.synWaits = false;
  fastOpen.synOctets = length;
  snd.nxt = seqAdd(snd.iss, 1);
  c.sent.add(snd.iss, snd.nxt, 1, tcp.now);
  if (length > 0) {
    c.sent.add(snd.nxt, seqAdd(snd.nxt, length), 1, tcp.now);
    snd.nxt = seqAdd(snd.nxt, length);
    c.bytesSent += length;
    c.dataSegsOut++;
    c.lastDataSentAt = tcp.now;
  }
  sendSyn(c, false, length > 0 ? sendCauses.openWithData : sendCauses.open, fastOpen.option, length);
  armRetransmit(c);
}

/** The peer's SYN came again: so does our SYN-ACK (RFC 9293, section 3.10.7.4). */
export function repeatSynAck(c: Tcb): void {
  markResent(c);
  sendSyn(c, true, sendCauses.synRepeated, null, 0, 'asked for');
}

/** What acknowledges it may be about either copy, so it gives no sample without timestamps (RFC 6298, section 3: Karn). */
function markResent(c: Tcb): void {
  if (c.isFastOpenPending) {
    c.fastOpen!.synAckAgain = true; // it is in no queue
    return;
  }
  const syn = c.sent.head;
  if (syn === null) return;
  syn.everRetransmitted = true;
  syn.sentAt = c.tcp.now;
}

/**
 * The SYN, or the SYN-ACK, again.
 * @param limit how often at most (R2); 0: no time-out caused it
 */
export function retransmitSyn(c: Tcb, limit: number, cause: Cause = sendCauses.rto): void {
  const { tcp } = c;
  const answered = c.state === 'SYN_RECEIVED' || c.isFastOpenPending;
  markResent(c);
  c.totalRetrans++;
  tcp.counters.RetransSegs++;
  const reason = answered ? 'SYN-ACK' : 'SYN';
  const attempt = limit === 0 ? 0 : c.totalRetrans;
  tellRetransmission(c, { seq: c.snd.iss, length: 0, reason, attempt, limit, cause });
  sendSyn(c, answered, cause, null, 0, 'timed out');
}
