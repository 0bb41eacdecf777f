import { ACK, RST, type Segment, SYN } from '../../wire/segment.ts';
import { seqAdd, seqGt, seqLeq } from '../../wire/seq.ts';
import { fail } from '../closing/end.ts';
import { takeCrossingSyn, takeSynAck } from '../opening/ecn.ts';
import { established } from '../opening/established.ts';
import { fastOpenAnswered } from '../opening/fast-open-client.ts';
import { negotiate } from '../opening/options.ts';
import { dueAck } from '../receiving/ack-policy.ts';
import { acknowledge } from '../recovery/acknowledge.ts';
import { enterLossToPath } from '../recovery/loss-state.ts';
import { sendResetFor } from '../sending/replies.ts';
import { sendSyn } from '../sending/syn.ts';
import { setState } from '../tcb/set-state.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellLoss } from '../tcb/tell.ts';
import { restartRetransmit } from '../tcb/timers.ts';
import { causes, eventCauses, sendCauses } from '../terms/causes.ts';
import { TcpError } from '../terms/errors.ts';
import { finishArrival } from './other-states.ts';

/** SYN-SENT STATE (RFC 9293, section 3.10.7.3). */
export function arrivesInSynSent(c: Tcb, segment: Segment): void {
  const { flags } = segment;
  if (!checkAck(c, segment)) return;
  // Second, the RST bit: acceptable only if it acknowledges our SYN.
  if (flags & RST) {
    if (flags & ACK) fail(c, new TcpError('ECONNREFUSED', 'Connection refused'), causes.refused, false);
    else c.tcp.drop('RstNotExact', segment, c);
    return;
  }
  // Third, security: none. Fourth, the SYN bit.
  if (!(flags & SYN)) {
    c.tcp.drop('NotASyn', segment, c);
    return;
  }
  if (!(flags & ACK) && isFromPreviousIncarnation(c, segment)) {
    c.tcp.drop('PawsSyn', segment, c);
    return;
  }
  c.rcv.irs = segment.seq;
  c.rcv.nxt = c.rcv.acked = c.rcv.up = seqAdd(segment.seq, 1);
  negotiate(c, segment);
  if (flags & ACK) synAckArrives(c, segment);
  else synCrosses(c, segment);
}

/** First, the ACK bit: where it is set, is it our SYN that the segment answers? */
function checkAck(c: Tcb, segment: Segment): boolean {
  const { tcp } = c;
  if (!(segment.flags & ACK)) return true;
  if (seqLeq(segment.ack, c.snd.iss) || seqGt(segment.ack, c.snd.nxt)) {
    tcp.drop('AckUnsent', segment, c);
    sendResetFor(tcp, segment, c, sendCauses.resetBadAck);
    return false;
  }
  if (echoesNoSynOfOurs(c, segment)) {
    tcp.drop('PawsActive', segment, c);
    sendResetFor(tcp, segment, c, sendCauses.resetBadEcho);
    return false;
  }
  return true;
}

function synAckArrives(c: Tcb, segment: Segment): void {
  c.snd.wl1 = seqAdd(segment.seq, -1);
  takeSynAck(c, segment);
  setState(c, 'ESTABLISHED', causes.synAckReceived);
  acknowledge(c, segment);
  if (c.fastOpen !== null) {
    if (fastOpenAnswered(c, c.fastOpen, segment)) resendSynData(c);
    // The rest of a longer request follows at once: what comes next is the answer to it, which needs no ACK of its own at
    // once (tcp_rcv_synsent_state_process with a writer waiting; tcp_event_data_sent).
    if (seqGt(c.sendQueue.end, c.snd.nxt)) c.interactive = true;
  }
  established(c, segment);
  dueAck(c, sendCauses.ackHandshake);
  // Data or controls that came with the SYN: go on at the sixth step.
  finishArrival(c, segment, seqAdd(segment.seq, 1));
}

/** Their SYN crossed ours (section 3.5, figure 7): a simultaneous open. */
function synCrosses(c: Tcb, segment: Segment): void {
  setState(c, 'SYN_RECEIVED', causes.simultaneousOpen);
  c.snd.wnd = segment.wnd;
  c.snd.wl1 = segment.seq;
  takeCrossingSyn(c, segment);
  sendSyn(c, true, sendCauses.simultaneousOpen);
  restartRetransmit(c);
}

/**
 * The server did not take the data of our SYN, or not all of it: it goes again at once, as ordinary data (RFC 7413, section 4.2.1). That is
 * no sign of congestion (tcp_non_congestion_loss_retransmit).
 */
function resendSynData(c: Tcb): void {
  c.sent.markTooLongLost(c.snd.mss, c.sendQueue.end);
  c.sent.markLostAtTimeout(Number.POSITIVE_INFINITY);
  tellLoss(c, 'marked', eventCauses.synDataRefused);
  enterLossToPath(c);
}

/** A timestamp echo from before our first SYN, or from the future: an answer to another connection (RFC 7323, section 3.2). */
function echoesNoSynOfOurs(c: Tcb, segment: Segment): boolean {
  if (!segment.hasTimestamps || segment.tsEcr === 0 || c.tcp.sysctls.tcp_timestamps === 0) return false;
  const { now } = c.tcp;
  const first = c.tsNow(c.stateSince);
  return ((segment.tsEcr - first) | 0) < 0 || ((c.tsNow(now) - segment.tsEcr) | 0) < 0;
}

/** Our connection took the place of one in TIME_WAIT, and a SYN comes that is older than that one's last segment (PAWS). */
const isFromPreviousIncarnation = (c: Tcb, segment: Segment): boolean =>
  c.tsRecent !== 0 && segment.hasTimestamps && ((segment.tsVal - c.tsRecent) | 0) < 0;
