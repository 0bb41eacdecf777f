// tcp/recovery: what an ACK tells, and what follows: Recovery, Loss, or that nothing was lost.

import type { Micros } from '../../time/wheel.ts';
import { FIN, type Segment, SYN } from '../../wire/segment.ts';
import { seqDiff, seqGeq, seqLt, seqMin } from '../../wire/seq.ts';
import { controlWindow, countLongerSegments, growWindow, isReducing } from '../congestion/window.ts';
import { detectorOf } from '../detection/detectors.ts';
import { noteReordering } from '../detection/reordering.ts';
import { scheduleLossProbe } from '../detection/tail-loss-probe.ts';
import { noteProbeArrived } from '../path/mtu-probing.ts';
import { deliveries } from '../queues/deliveries.ts';
import type { Acknowledged } from '../queues/retransmission-queue.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { noteNews, tellRtt, tellWindow } from '../tcb/tell.ts';
import { restartRetransmit, resumeRetransmit, stopProbe } from '../tcb/timers.ts';
import { type Cause, eventCauses } from '../terms/causes.ts';
import { AckSample } from '../variables/ack-sample.ts';
import { NO_LIMIT } from '../variables/loss.ts';
import type { MtuSearch } from '../variables/mtu-search.ts';
import { beginDeliverySample, maybeDelayed, measureDelivery, noteLeastRtt } from './delivery-rate.ts';
import { takeMarks } from './ecn.ts';
import { noteLosses } from './loss-state.ts';
import { takeProbeAnswer } from './probe-answer.ts';
import { reduceWindow } from './prr.ts';
import { isDubious, recoverFromLoss } from './recovery.ts';
import { refill } from './undo.ts';

/** Filled for each ACK, of whichever connection; borrowed by loss recovery and congestion control. */
const sample = new AckSample();

/** Takes an acceptable ACK field in: SND.UNA, the window, the retransmission queue, RTT and congestion control. */
export function acknowledge(c: Tcb, segment: Segment): void {
  const { snd, tcp } = c;
  const advance = seqDiff(segment.ack, snd.una);
  if (advance < 0) {
    // It was overtaken; but what its SACK blocks say arrived has arrived (tcp_ack in net/ipv4/tcp_input.c, `old_ack`).
    if (!c.sackPermitted || segment.sackCount === 0) return;
    beginAck(c, segment);
    takeNews(c, segment, null);
    return;
  }
  // Only here, behind all checks, is it known that the peer lives (tcp_ack: rcv_tstamp).
  c.lastAckReceivedAt = tcp.now;
  c.keepAliveProbes = 0;
  const windowBefore = snd.wnd;
  updateSendWindow(c, segment, advance);
  if ((snd.wnd === 0) !== (windowBefore === 0)) tellWindow(c, 'peer', windowBefore, snd.wnd, eventCauses.windowTold);
  c.probesOut = 0;
  if (advance === 0 && snd.wnd === windowBefore && isPlainData(c, segment)) return;
  beginAck(c, segment);
  if (advance === 0) takeRepeatedAck(c, segment, windowBefore);
  else takeAdvancingAck(c, segment, advance);
}

/**
 * Does it bring octets, and tell nothing of ours? So it is with most segments of a download: they need no more than that (measured: 140
 * instructions a segment less).
 */
const isPlainData = (c: Tcb, segment: Segment): boolean =>
  segment.length > 0 &&
  segment.sackCount === 0 &&
  c.loss.congestionState === 'Open' &&
  !c.loss.probeOut &&
  c.ecn === null;

/** Before the ACK is taken in: what it is compared with. */
function beginAck(c: Tcb, segment: Segment): void {
  const { snd, rtt, loss, tcp } = c;
  beginDeliverySample(c, sample);
  sample.now = tcp.now;
  sample.priorInFlight = c.inFlight;
  sample.priorUna = snd.una;
  sample.rtt = -1;
  sample.delivered = sample.lost = sample.duplicated = sample.marked = 0;
  sample.advance = 0;
  sample.duplicate = sample.repeated = sample.probeDuplicated = sample.timerSet = sample.ofSyn = false;
  deliveries.now = tcp.now;
  deliveries.minRtt = rtt.minRtt;
  deliveries.echoedAt = -1;
  deliveries.highestSacked = c.sent.highestSacked(snd.una);
  deliveries.recover = loss.recover;
  deliveries.begin();
  if (c.timestamps && segment.hasTimestamps && segment.tsEcr !== 0) noteEcho(c, segment);
}

/** The clock of the timestamps ticks in milliseconds: what is echoed left before the end of one. */
function noteEcho(c: Tcb, segment: Segment): void {
  const { now } = c.tcp;
  const ticks = (c.tsNow(now) - segment.tsEcr) | 0;
  if (ticks >= 0) deliveries.echoedAt = (Math.floor(now / 1000) - ticks) * 1000 + 999;
}

/** An ACK that moves SND.UNA no further. */
function takeRepeatedAck(c: Tcb, segment: Segment, windowBefore: number): void {
  const { snd } = c;
  sample.repeated = isRepeated(c, segment, windowBefore);
  sample.duplicate = sample.repeated && !c.sackPermitted && !c.sent.isEmpty;
  if (sample.repeated || snd.wnd !== windowBefore || segment.sackCount > 0) noteNews(c);
  takeNews(c, segment, null);
  if (!sample.timerSet && sackRestartsTimer(c) && !scheduleLossProbe(c, true)) goOnWaiting(c, eventCauses.olderSacked);
  if (c.sent.isEmpty && snd.wnd > windowBefore) stopProbe(c);
  if (windowBefore === 0 && snd.wnd > 0) retransmitIntoOpened(c);
}

function takeAdvancingAck(c: Tcb, segment: Segment, advance: number): void {
  const { snd, tcp } = c;
  if (tcp.events.wants !== 0) noteNews(c);
  // A mark that has been passed moves along, or it would lie ahead again after 2^31 octets.
  if (!c.sendingUrgent || seqGeq(segment.ack, snd.up)) snd.up = segment.ack;
  const ofSyn = snd.una === snd.iss;
  snd.una = segment.ack;
  const acked = c.sent.acknowledge(segment.ack, snd.mss, c.sendQueue.end);
  sample.acked = acked;
  sample.advance = advance;
  sample.ofSyn = ofSyn;
  sample.maybeDelayed = maybeDelayed(c, sample, advance);
  releaseOctets(c);
  c.retransmits = 0;
  c.silentSince = -1;
  c.softError = null;
  takeNews(c, segment, acked);
  // Karn's other half: a backed-off time-out holds until it is measured again (RFC 6298, section 5, last paragraph), or
  // until something that was sent once is acknowledged within the time-out that is not backed off (RFC 8961, section 4, (3)).
  if (sample.rtt >= 0 || (acked.sentAt >= 0 && tcp.now - acked.sentAt <= c.rtt.rto)) c.backoff = 0;
  if (c.mtuSearch !== null) searchGoesOn(c, c.mtuSearch);
  if (!sample.timerSet && !scheduleLossProbe(c, true)) goOnWaiting(c, eventCauses.newDataAcknowledged);
}

/**
 * Does an ACK that acknowledges nothing start the timer anew? Where it tells of the arrival of what was sent before the first
 * segment was sent again, no ACK of this one can have come yet; what was sent later tells nothing of it, and the time-out must
 * not be put off for ever (FLAG_SET_XMIT_TIMER, tcp_clean_rtx_queue in net/ipv4/tcp_input.c).
 */
function sackRestartsTimer(c: Tcb): boolean {
  const { lastSackedAt } = deliveries;
  return lastSackedAt >= 0 && c.sent.head !== null && lastSackedAt < c.sent.head.sentAt;
}

/** The RTO begins anew; but where another timer stood in for it, it counts from the first segment (tcp_rearm_rto). */
function goOnWaiting(c: Tcb, cause: Cause): void {
  if (c.retransmitMode === 'loss probe' || c.retransmitMode === 'reordering') resumeRetransmit(c);
  else restartRetransmit(c, cause);
}

/** What has arrived, how long it took, what is lost, and how much may be out from now on. */
function takeNews(c: Tcb, segment: Segment, acked: Acknowledged | null): void {
  const { loss, snd } = c;
  sample.acked = acked;
  sample.una = snd.una;
  sample.nxt = snd.nxt;
  detectorOf(c).onAck(c, segment, sample);
  c.delivery.delivered += sample.delivered;
  if (loss.outAtMost !== NO_LIMIT) refill(c, sample.delivered);
  takeMarks(c, segment, sample);
  noteReordering(c, sample);
  sampleRtt(c, segment, acked);
  if (loss.probeOut) takeProbeAnswer(c, segment, sample);
  if (isDubious(c, sample)) recoverFromLoss(c, segment, sample);
  measureDelivery(c, sample);
  followWindow(c, sample);
}

/** The congestion window after an ACK (tcp_cong_control). */
function followWindow(c: Tcb, ack: AckSample): void {
  if (c.cc.algorithm.control !== undefined) controlWindow(c, ack);
  else if (isReducing(c)) {
    const advanced = ack.acked !== null;
    reduceWindow(c, ack.delivered, advanced && ack.lost === 0, advanced && ack.lost > 0 && !c.sackPermitted);
  } else if (mayGrow(c, ack)) growWindow(c, ack);
}

/** Where much is overtaken, what arrived beyond a hole counts as well (tcp_may_raise_cwnd). */
const mayGrow = (c: Tcb, ack: AckSample): boolean =>
  ack.acked !== null || (ack.delivered > 0 && c.loss.reordering > c.tcp.sysctls.tcp_reordering);

function searchGoesOn(c: Tcb, search: MtuSearch): void {
  const before = c.snd.mss;
  if (noteProbeArrived(c, search)) countLongerSegments(c, before);
}

/**
 * RFC 9293, section 3.10.7.4, fifth: only a segment newer than the one that told the window last may tell it. By SEQ alone
 * a retransmission of the peer's is old, although its ACK is new: if its window didn't count, the window of before would
 * slide along with SND.UNA, beyond what the peer takes. So an ACK that advances always tells the window
 * (tcp_may_update_window in net/ipv4/tcp_input.c).
 */
function updateSendWindow(c: Tcb, segment: Segment, advance: number): void {
  const { snd } = c;
  const newer = seqLt(snd.wl1, segment.seq) || (snd.wl1 === segment.seq && seqGeq(segment.ack, snd.wl2));
  if (!newer && advance <= 0) return;
  // A SYN's window is never scaled (RFC 7323, section 2.2).
  snd.wnd = segment.flags & SYN ? segment.wnd : segment.wnd << snd.wscale;
  snd.wl1 = segment.seq;
  snd.wl2 = segment.ack;
  if (snd.wnd > snd.maxWnd) snd.maxWnd = snd.wnd;
  if (snd.wnd > snd.usualWnd) snd.usualWnd = snd.wnd;
}

/**
 * The window was shut over octets that were out, and is open again. What the timer sent meanwhile only probed it, and was
 * refused: it goes again now, and not when the backed-off timer says so, which may be two minutes (as after the probes of
 * RFC 9293, section 3.8.6.1; Linux waits).
 */
function retransmitIntoOpened(c: Tcb): void {
  if (c.sent.isEmpty || c.loss.congestionState !== 'Loss') return;
  c.sent.markHeadLost(c.snd.mss);
  noteLosses(c, eventCauses.probeRefused);
  c.backoff = 0;
  restartRetransmit(c, eventCauses.windowOpened);
}

/** RFC 5681, section 2: no octets, no SYN or FIN, the same ACK, the same window. */
function isRepeated(c: Tcb, segment: Segment, windowBefore: number): boolean {
  return segment.length === 0 && !(segment.flags & (SYN | FIN)) && c.snd.wnd === windowBefore;
}

/** The user's octets that are acknowledged (SYN and FIN are not among them). */
function releaseOctets(c: Tcb): void {
  const { sendQueue } = c;
  const octets = seqDiff(seqMin(c.snd.una, sendQueue.end), sendQueue.start);
  if (octets <= 0) return;
  sendQueue.acknowledge(seqMin(c.snd.una, sendQueue.end));
  c.bytesAcked += octets;
  if (c.user !== null) c.tellWritable = true;
}

/**
 * One sample per ACK: from segments that were sent only once (Karn), else from such that it is the first to say have arrived beyond a
 * hole (tcp_ack_update_rtt), else from the timestamp echo, which tells retransmissions apart (RFC 7323, section 4.1).
 *
 * Of several, the time-out goes by the oldest: it has to bear what ACKs wait at the peer (tcp_clean_rtx_queue: first_ackt; so it is with
 * what is echoed, RFC 7323, section 4.3). The newest tells more of the path, and is congestion control's (last_ackt).
 *
 * But an echo older than the retransmission of the first segment that is acknowledged tells nothing. Either the first copy
 * is answered late; or the answer to the first copy was lost, and this one answers the second, which the peer had no use
 * for, so that it still echoes the first (its section 5.3, R2 before R3). Taken for a round trip, that would be a
 * time-out and a round trip; under heavy loss the time-out would grow by its own length, to the maximum. (Linux takes it:
 * tcp_ack_update_rtt.)
 *
 * Times are read where they are kept: as arguments, and as what is returned, they would be numbers on the heap (measured).
 */
function sampleRtt(c: Tcb, segment: Segment, acked: Acknowledged | null): void {
  const { now, sysctls } = c.tcp;
  // What waited at the peer behind a retransmitted segment was acknowledged late, which is not the path's doing.
  const inOrder = acked !== null && !acked.everRetransmitted && acked.sentAt >= 0;
  const { lastSackedAt, firstSackedAt } = deliveries;
  const resentAt = inOrder ? -1 : headResentAt(c, acked);
  const newest = inOrder ? acked.sentAt : lastSackedAt > resentAt ? lastSackedAt : -1;
  const oldest = inOrder ? acked.firstSentAt : firstSackedAt > resentAt ? firstSackedAt : newest;
  const ofSegment = newest >= 0;
  let measured = -1;
  if (ofSegment) {
    sample.rtt = now - newest;
    measured = now - oldest;
  } else if (acked === null) return;
  else if (c.timestamps && segment.hasTimestamps && segment.tsEcr !== 0) {
    // The clock ticks in milliseconds: what is shorter than a tick counts as one.
    const ticks = (c.tsNow(now) - segment.tsEcr) | 0;
    const answersTheLast = acked.resentAt < 0 || ((segment.tsEcr - c.tsNow(acked.resentAt)) | 0) >= 0;
    if (ticks >= 0 && answersTheLast) sample.rtt = measured = Math.max(ticks, 1) * 1000;
  }
  if (measured < 0) return;
  c.rtt.sample(measured, sysctls.tcp_rto_min_us, sysctls.tcp_rto_max_ms * 1000);
  noteLeastRtt(c, sample);
  if (c.tcp.events.wants !== 0) tellRtt(c, measured, ofSegment ? eventCauses.rttOfSegment : eventCauses.rttOfEcho);
}

/**
 * When the first segment was last sent again, of those that are acknowledged or of those that are out; -1: it never was. What was sent
 * before that and is SACKed now measures nothing: it may be the first one that this ACK answers, and the answer to the other was lost.
 */
function headResentAt(c: Tcb, acked: Acknowledged | null): Micros {
  const { head } = c.sent;
  const resentAt = acked?.resentAt ?? -1;
  return head?.everRetransmitted ? Math.max(resentAt, head.sentAt) : resentAt;
}
