import { seqAdd, seqDiff, seqGt, seqMin } from '../../wire/seq.ts';
import { isReducing } from '../congestion/window.ts';
import { noteProbeLost } from '../path/mtu-probing.ts';
import type { SentSegment } from '../queues/sent-segment.ts';
import type { RetransmitReason } from '../tcb/events.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellRetransmission } from '../tcb/tell.ts';
import { restartRetransmit } from '../tcb/timers.ts';
import { type Cause, sendCauses } from '../terms/causes.ts';
import { gate } from './gate.ts';
import { effectiveMss, superSegmentOctets } from './how-much.ts';
import { transmitData } from './segment.ts';

/** Sends again what is believed lost, as far as the gate and the peer's window let it. */
export function retransmitLost(c: Tcb): void {
  for (let sent = c.sent.firstToRetransmit(); sent !== null; sent = c.sent.firstToRetransmit()) {
    const room = gate.roomToRetransmit(c);
    if (room <= 0 || octetsWithinWindow(c, sent) === 0) return;
    cutTo(c, sent, room);
    retransmit(c, sent, retransmitReason(c, sent), 0);
    noteRepaired(c, sent);
    if (c.tcp.turnLeft <= 0) {
      c.tcp.waitForTurn(c);
      return;
    }
  }
}

/**
 * Cuts `sent` to so many segments, as long as they may be now: the options, or the path, may leave less room than when it was
 * sent before (tcp_retransmit_skb).
 */
export function cutTo(c: Tcb, sent: SentSegment, segments: number): void {
  const mss = effectiveMss(c);
  c.sent.resize(sent, mss, c.sendQueue.end);
  if (sent.count > segments) c.sent.split(sent, segments * mss, mss);
}

/** What was lost is on its way again. */
function noteRepaired(c: Tcb, sent: SentSegment): void {
  const { loss, tcp } = c;
  const { congestionState } = loss;
  if (congestionState === 'Loss') tcp.counters.TCPSlowStartRetrans += sent.count;
  else tcp.counters.TCPFastRetrans += sent.count;
  if (isReducing(c)) loss.prrOut += sent.count;
  // RFC 6298, section 5.1; tcp_xmit_retransmit_queue: the time-out counts from when the first segment was sent last.
  if (sent === c.sent.head && c.retransmitMode !== 'reordering') restartRetransmit(c);
}

/**
 * How many octets of `sent` the peer's window takes. It may have shrunk over what is out: then nothing beyond it is sent
 * again (RFC 9293, section 3.8.6: SHLD-16), but the first segment, which probes it.
 */
function octetsWithinWindow(c: Tcb, sent: SentSegment): number {
  const mss = effectiveMss(c);
  const within = seqDiff(seqAdd(c.snd.una, c.snd.wnd), sent.seq);
  if (within >= seqDiff(sent.end, sent.seq)) return within;
  if (within <= 0) return sent.seq === c.snd.una ? mss : 0;
  return within < mss ? within : within - (within % mss);
}

function retransmitReason(c: Tcb, sent: SentSegment): RetransmitReason {
  if (c.fastOpen !== null && seqDiff(sent.seq, c.snd.iss) <= c.fastOpen.synOctets && !sent.everRetransmitted)
    return 'SYN data';
  if (c.loss.congestionState === 'Loss') return c.loss.lostToPath ? 'path MTU' : 'slow start after RTO';
  return c.sackPermitted || c.snd.una === c.loss.undoMarker ? 'fast retransmit' : 'partial ACK';
}

const CAUSE_OF: Readonly<Record<RetransmitReason, Cause>> = {
  RTO: sendCauses.rto,
  'path MTU': sendCauses.pathMtu,
  'fast retransmit': sendCauses.fastRetransmit,
  'partial ACK': sendCauses.partialAck,
  'SYN data': sendCauses.synDataRefused,
  'slow start after RTO': sendCauses.slowStartAfterRto,
  'tail loss probe': sendCauses.lossProbe,
  SYN: sendCauses.rto,
  'SYN-ACK': sendCauses.rto,
};

/**
 * Sends one segment of the retransmission queue again.
 * @param limit where the RTO is the reason: how many of them there may be in a row (R2)
 * @returns whether the peer's window let it
 */
export function retransmit(c: Tcb, sent: SentSegment, reason: RetransmitReason, limit: number): boolean {
  const { tcp } = c;
  const taken = octetsWithinWindow(c, sent);
  if (taken === 0) return false;
  const mss = effectiveMss(c);
  const most = Math.min(superSegmentOctets(c, mss), taken);
  // A FIN takes an octet of the window, but none of the segment.
  const octets = seqDiff(seqMin(sent.end, c.sendQueue.end), sent.seq);
  if (octets > most || seqDiff(sent.end, sent.seq) > taken) c.sent.split(sent, most, mss);
  c.sent.resize(sent, mss, c.sendQueue.end);
  if (c.mtuSearch !== null) noteProbeLost(c, c.mtuSearch, sent.seq);
  if (reason === 'tail loss probe') c.sent.noteProbed(sent, tcp.now);
  else noteRetransmitted(c, sent);
  c.totalRetrans += sent.count;
  tcp.counters.RetransSegs += sent.count;
  const dataEnd = seqGt(sent.end, c.sendQueue.end) ? c.sendQueue.end : sent.end;
  const length = Math.max(0, seqDiff(dataEnd, sent.seq));
  c.bytesRetrans += length;
  const attempt = reason === 'RTO' ? c.retransmits : 0;
  const cause = CAUSE_OF[reason];
  if (tcp.events.wants !== 0) tellRetransmission(c, { seq: sent.seq, length, reason, attempt, limit, cause });
  transmitData(c, mss, sent.seq, length, sent.end !== dataEnd, cause, true);
  return true;
}

/** For undo: since when, and how much, was sent again (tcp_retransmit_skb). */
function noteRetransmitted(c: Tcb, sent: SentSegment): void {
  const { loss, tcp } = c;
  if (!loss.retransmittedAny) loss.retransmitTs = c.tsNow(tcp.now);
  loss.retransmittedAny = true;
  c.sent.noteRetransmitted(sent, tcp.now);
  loss.undoRetrans = Math.max(0, loss.undoRetrans) + sent.count;
}
