import type { Segment } from '../../wire/segment.ts';
import { seqGeq, seqGt } from '../../wire/seq.ts';
import { growWindow, LOSS_WINDOW, lowerThreshold, raiseThreshold, setWindow } from '../congestion/window.ts';
import { lossByDuplicateAcks } from '../detection/loss-by-duplicate-acks.ts';
import { lossBySack } from '../detection/loss-by-sack.ts';
import type { LossDetector } from '../detection/loss-detector.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellLoss } from '../tcb/tell.ts';
import { causes, eventCauses } from '../terms/causes.ts';
import type { AckSample } from '../variables/ack-sample.ts';
import { announceReduction, takeMarks } from './ecn.ts';
import { type RecoveryWindow, thresholdAtOnce } from './recovery-window.ts';
import { beginEpisode, mayUndo, undo } from './undo.ts';

/**
 * Loss recovery: fast retransmit and fast recovery (RFC 5681, section 3.2), with SACK as in RFC 6675, without as in
 * RFC 6582 (NewReno). Here is the state; what is lost a `LossDetector` says, and what may be out meanwhile a `RecoveryWindow`.
 *
 * Inflating and deflating cwnd is not done literally. What is known to have left the network (by SACK, or a segment for
 * each duplicate ACK) lowers the count of segments in flight (`Tcb.inFlight`); the effect is the same, and cwnd
 * stays what it says.
 */

const detectorOf = (c: Tcb): LossDetector => (c.sackPermitted ? lossBySack : lossByDuplicateAcks);

const recoveryWindow: RecoveryWindow = thresholdAtOnce;

export function recoverFromLoss(c: Tcb, segment: Segment, ack: AckSample): void {
  const detector = detectorOf(c);
  detector.onAck(c, segment, ack);
  c.delivery.delivered += ack.delivered;
  takeMarks(c, segment, ack);
  // Marks are no error, whatever proves needless (tcp_fastretrans_alert: FLAG_ECE).
  if (ack.echoes) c.loss.undoable = false;
  if (c.loss.undoable && mayUndo(c, segment, ack)) undo(c);
  switch (c.loss.congestionState) {
    case 'CWR':
      inCwr(c);
      outsideRecovery(c, detector, ack);
      return;
    case 'Open':
    case 'Disorder':
      if (ack.echoes && (ack.acked !== null || !c.sent.isEmpty)) enterCwr(c);
      outsideRecovery(c, detector, ack);
      return;
    case 'Recovery':
      inRecovery(c, detector, ack);
      return;
    case 'Loss':
      inLoss(c, ack);
      return;
    default:
      c.loss.congestionState satisfies never;
  }
}

function outsideRecovery(c: Tcb, detector: LossDetector, ack: AckSample): void {
  const { loss } = c;
  if (ack.acked !== null) {
    if (seqGt(c.snd.una, loss.recover)) loss.recoveredOnce = false;
    if (loss.congestionState !== 'CWR') growWindow(c, ack);
  }
  const lost = detector.showsLoss(c, ack);
  // Limited transmit (RFC 3042): with fewer segments in flight, output sends new ones meanwhile.
  if (loss.congestionState !== 'CWR') loss.congestionState = detector.arrivedBeyondHole(c) > 0 ? 'Disorder' : 'Open';
  if (lost) enterRecovery(c, detector);
}

/** The path marks packets: the window falls as for a loss, once for each window of data (RFC 3168, section 6.1.2). */
function enterCwr(c: Tcb): void {
  const { loss } = c;
  loss.congestionState = 'CWR';
  loss.recover = c.snd.nxt;
  lowerThreshold(c, 'ECN');
  setWindow(c, c.cc.ssthresh, causes.ecnMarks);
  announceReduction(c);
}

/** What was out when the marks were told has arrived. */
function inCwr(c: Tcb): void {
  const { loss } = c;
  if (seqGt(c.snd.una, loss.recover)) loss.congestionState = 'Open';
}

function enterRecovery(c: Tcb, detector: LossDetector): void {
  const { counters } = c.tcp;
  beginEpisode(c);
  recoveryWindow.enter(c);
  announceReduction(c);
  c.loss.congestionState = 'Recovery';
  counters.TCPFastRetrans++;
  if (c.sackPermitted) counters.TCPSackRecovery++;
  else counters.TCPRenoRecovery++;
  const { lost } = c.sent;
  detector.onRecovery(c);
  if (c.sent.lost !== lost) tellLoss(c, 'marked', detector.first);
}

function inRecovery(c: Tcb, detector: LossDetector, ack: AckSample): void {
  if (ack.acked !== null && seqGeq(c.snd.una, c.loss.recover)) {
    leaveRecovery(c);
    return;
  }
  const { lost } = c.sent;
  detector.detect(c, ack);
  if (c.sent.lost > lost) tellLoss(c, 'marked', detector.further);
  recoveryWindow.onAck(c, ack);
}

/** A full acknowledgment: everything that was out when the loss was noticed has arrived (RFC 6582, step 3). */
function leaveRecovery(c: Tcb): void {
  const { loss } = c;
  loss.congestionState = 'Open';
  loss.duplicateAcks = 0;
  loss.undoable = false;
  recoveryWindow.leave(c);
}

function inLoss(c: Tcb, ack: AckSample): void {
  const { loss } = c;
  if (ack.acked === null) return;
  loss.duplicateAcks = 0;
  growWindow(c, ack);
  if (!seqGeq(c.snd.una, loss.recover)) return;
  if (!loss.lostToPath) c.totalRtoTime += ack.now - loss.lossSince;
  loss.congestionState = 'Open';
  loss.undoable = false;
}

/** The retransmission timer went off (RFC 6298, section 5.4 to 5.6; RFC 5681, section 3.1). */
export function enterLoss(c: Tcb): void {
  const { sent, loss } = c;
  // What was too long for the path was no sign of congestion; this is.
  if (loss.congestionState !== 'Loss' || loss.lostToPath) {
    beginEpisode(c);
    c.totalRtoRecoveries++;
    loss.lossSince = c.silentSince;
    lowerThreshold(c, 'timeout');
    announceReduction(c);
  }
  setWindow(c, LOSS_WINDOW, causes.timeout);
  loss.congestionState = 'Loss';
  loss.lostToPath = false;
  loss.recover = c.snd.nxt;
  loss.duplicateAcks = 0;
  if (sent.head?.sacked) {
    // SACKed but not acknowledged: the receiver reneged, and has thrown away what it had (RFC 2018, section 8).
    c.tcp.counters.TCPSACKReneging++;
    sent.forgetSacked();
  }
  sent.markAllLost();
  tellLoss(c, 'marked', eventCauses.lostByTimeout);
}

/** Segments were too long for the path: no sign of congestion, so the window stays (tcp_simple_retransmit). */
export function enterLossToPath(c: Tcb): void {
  const { loss } = c;
  loss.congestionState = 'Loss';
  loss.recover = c.snd.nxt;
  loss.recoveredOnce = true;
  raiseThreshold(c);
  loss.lostToPath = true;
  loss.duplicateAcks = 0;
  loss.undoable = false;
}
