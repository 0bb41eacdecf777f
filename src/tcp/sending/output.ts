// tcp/sending: which octets go now, and in which segment; SYN, ACK, RST, replies without a connection.

import { seqAdd, seqDiff, seqGt } from '../../wire/seq.ts';
import { paceBunches } from '../congestion/pacing.ts';
import { isReducing } from '../congestion/window.ts';
import { endPause, noteWindowUse } from '../congestion/window-use.ts';
import { scheduleLossProbe } from '../detection/tail-loss-probe.ts';
import { noteProbe, probeLength } from '../path/mtu-probing.ts';
import { followPath } from '../path/send-mss.ts';
import { ackIsDue } from '../receiving/ack-policy.ts';
import { growBuffer } from '../receiving/right-sizing.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { armDelayedAck, armProbe, armRetransmit } from '../tcb/timers.ts';
import { type Cause, sendCauses } from '../terms/causes.ts';
import type { MtuSearch } from '../variables/mtu-search.ts';
import { noteSent } from './buffer.ts';
import { sendAck } from './control-segments.ts';
import { gate } from './gate.ts';
import { holdOf, NOT_TOLD, noteHold, releaseOf } from './hold-times.ts';
import { effectiveMss, segmentLength, superSegmentOctets, WAIT_FOR_WINDOW } from './how-much.ts';
import { retransmit, retransmitLost } from './retransmit.ts';
import { transmitData } from './segment.ts';
import { sendSynWithData } from './syn.ts';

/**
 * Sends what a connection has to send, at the end of a batch: retransmissions first, new data within the windows, a FIN
 * behind the last octet, and an ACK if one is due and nothing carried it.
 */
export function output(c: Tcb): void {
  if (c.state === 'CLOSED' || c.state === 'LISTEN') return;
  if (c.links !== null) c.tcp.events.because = c.links.woken;
  if (c.state === 'SYN_SENT' || (c.state === 'SYN_RECEIVED' && !c.isFastOpenPending)) {
    if (c.fastOpen?.synWaits && !(c.fastOpen.waitsForWrite && c.sendQueue.length === 0)) sendSynWithData(c, c.fastOpen);
    noteHold(c, c.sendQueue.length > 0 ? 'handshake' : 'idle');
    return;
  }
  followPath(c);
  if (c.spaceLeft > 0) growBuffer(c);
  // Before the SYN-ACK is acknowledged, nothing else is sent again (tcp_retransmit_timer).
  if (!c.isFastOpenPending) repair(c);
  if (c.tcp.turnLeft > 0 && (c.finQueued ? !c.finSent : seqGt(c.sendQueue.end, c.snd.nxt))) sendNew(c);
  noteHold(c, holdOf(c));
  if (!c.active) c.pushNow = false;
  acknowledgeIfDue(c);
}

/** An ACK, if one is due and no data carried it; else a timer that will send one. */
function acknowledgeIfDue(c: Tcb): void {
  const cause = ackIsDue(c);
  if (c.links !== null) c.tcp.events.because = c.ackDue !== null ? c.links.ackDue : c.links.data;
  if (cause !== null) sendAck(c, cause);
  else if (c.rcv.nxt !== c.rcv.acked) armDelayedAck(c);
}

/** Sends octets that were never sent, while the peer's window, the congestion window and Nagle's algorithm allow. */
function sendNew(c: Tcb): void {
  const { tcp, snd, sendQueue } = c;
  const release = tcp.events.wants === 0 ? NOT_TOLD : releaseOf(c);
  let afterPause = c.sent.isEmpty;
  if (c.mtuSearch !== null) sendMtuProbe(c, c.mtuSearch);
  if (c.pacing === null) paceBunches(c);
  const first = snd.nxt;
  const unsentBefore = seqDiff(sendQueue.end, first);
  // The same for all that leaves now (tcp_write_xmit: max_segs).
  const longest = superSegmentOctets(c, effectiveMss(c));
  for (;;) {
    const mss = effectiveMss(c);
    const unsent = seqDiff(sendQueue.end, snd.nxt);
    const usable = seqDiff(seqAdd(snd.una, snd.wnd), snd.nxt);
    const room = gate.roomForNew(c);
    const length = segmentLength(c, mss, longest, sendQueue.lengthFrom(snd.nxt), usable, room);
    // In SYN_RECEIVED a FIN waits for ESTABLISHED (RFC 9293, section 3.10.4; tcp_shutdown).
    const fin = c.finQueued && !c.finSent && c.state !== 'SYN_RECEIVED' && length === unsent && usable > length;
    if (length <= 0 && !fin) {
      // Nothing on its way, so no ACK will come that opens the window: ask for it.
      if (c.sent.isEmpty && (length === WAIT_FOR_WINDOW || unsent <= 0 || c.settings.cork || c.moreComing)) armProbe(c);
      break;
    }
    // The pause ends with what leaves now: where nothing does it goes on, and must not count twice (tcp_event_data_sent).
    if (afterPause) {
      afterPause = false;
      if (endPause(c)) continue;
    }
    tcp.events.because = release.event;
    sendSegment(c, mss, length, fin, length === 0 ? sendCauses.fin : release.cause);
    if (fin || seqDiff(sendQueue.end, snd.nxt) <= 0) break;
    if (tcp.turnLeft <= 0) {
      tcp.waitForTurn(c);
      break;
    }
  }
  if (snd.nxt !== first) {
    noteSent(c, unsentBefore);
    noteWindowUse(c);
    scheduleLossProbe(c, false);
  } else if (gate.roomForNew(c) <= 0) noteWindowUse(c);
}

/** One segment, or super-segment, of octets that were never sent. */
function sendSegment(c: Tcb, mss: number, length: number, fin: boolean, cause: Cause): void {
  const { snd, loss } = c;
  const seq = snd.nxt;
  const count = length <= mss ? 1 : Math.ceil(length / mss);
  snd.nxt = seqAdd(seq, length + (fin ? 1 : 0));
  if (fin) c.finSent = true;
  if (length % mss !== 0) snd.smallEnd = snd.nxt;
  c.sent.add(seq, snd.nxt, count, c.tcp.now, mss);
  if (isReducing(c)) loss.prrOut += count;
  transmitData(c, mss, seq, length, fin, cause);
  armRetransmit(c);
}

function repair(c: Tcb): void {
  const { loss } = c;
  if (loss.newDataFirst) sendNewBeforeLost(c);
  else if (c.sent.lost > 0 && !(loss.awaitsVerdict && loss.congestionState === 'Loss')) retransmitLost(c);
}

/**
 * F-RTO (RFC 5682, section 3.1, step 2, b): what was never sent goes first, however little it is (tcp_xmit_recovery:
 * TCP_NAGLE_OFF). Until an ACK tells of it nothing else goes, though the user may write more meanwhile. Where none may go,
 * what is lost is sent again as usual.
 */
function sendNewBeforeLost(c: Tcb): void {
  const { loss, snd } = c;
  loss.newDataFirst = false;
  if (seqGt(c.sendQueue.end, snd.nxt)) {
    c.pushNow = true;
    sendNew(c);
  }
  loss.awaitsVerdict = seqGt(snd.nxt, loss.recover);
  if (loss.awaitsVerdict) return;
  loss.frto = false;
  retransmitLost(c);
}

/**
 * A tail loss probe (RFC 8985, section 7.3): a segment of new data, whatever the congestion window and Nagle's algorithm say; where
 * there is none, or the peer's window takes none, the last segment once more, the FIN too.
 * @returns what was sent; null: nothing could be
 */
export function sendLossProbe(c: Tcb): 'new' | 'again' | null {
  const { snd, sent, sendQueue } = c;
  followPath(c);
  const mss = effectiveMss(c);
  const unsent = seqDiff(sendQueue.end, snd.nxt);
  const length = Math.min(unsent, mss, seqDiff(seqAdd(snd.una, snd.wnd), snd.nxt));
  if (length > 0 && (length === mss || length === unsent)) {
    sendSegment(c, mss, length, false, sendCauses.lossProbe);
    return 'new';
  }
  const last = sent.last;
  if (last === null || last.sacked) return null;
  const tail = last.count > 1 ? sent.split(last, (last.count - 1) * last.mss, last.mss) : last;
  return retransmit(c, tail, 'tail loss probe', 0) ? 'again' : null;
}

/** One segment longer than the path is known to take, where it is time for one. */
function sendMtuProbe(c: Tcb, search: MtuSearch): void {
  const { snd, sendQueue } = c;
  const seq = snd.nxt;
  const octets = probeLength(c, search, sendQueue.lengthFrom(seq), seqDiff(seqAdd(snd.una, snd.wnd), seq));
  // Beside blocks it would be longer than the path that it asks about, or than the link (as tcp_mtu_probe).
  if (octets === 0 || effectiveMss(c) !== snd.mss) return;
  noteProbe(search, seq, octets);
  snd.nxt = seqAdd(seq, octets);
  c.sent.add(seq, snd.nxt, 1, c.tcp.now);
  transmitData(c, octets, seq, octets, false, sendCauses.mtuProbe);
  armRetransmit(c);
}
