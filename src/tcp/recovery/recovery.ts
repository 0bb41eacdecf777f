import type { Segment } from '../../wire/segment.ts';
import { seqGeq } from '../../wire/seq.ts';
import { isReducing, setCongestionState, setWindow } from '../congestion/window.ts';
import { detectorOf } from '../detection/detectors.ts';
import type { LossDetector } from '../detection/loss-detector.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { armReneging } from '../tcb/timers.ts';
import { causes } from '../terms/causes.ts';
import type { AckSample } from '../variables/ack-sample.ts';
import { continueFrto, showsNeedlessTimeout } from './f-rto.ts';
import { noteLosses, seemsReneging } from './loss-state.ts';
import { beginReduction, endReduction } from './prr.ts';
import {
  beginEpisode,
  forgetRetransmissions,
  keepOpen,
  undoByDsack,
  undoLoss,
  undoOrEnd,
  undoPartially,
} from './undo.ts';

/**
 * The states of loss recovery, and what an ACK does in each (RFC 5681, section 3.2; RFC 6675; RFC 6582; tcp_fastretrans_alert in
 * net/ipv4/tcp_input.c). What is lost a `LossDetector` says, how much may be out meanwhile PRR (`prr.ts`), and whether there was a
 * loss at all `undo.ts` and `f-rto.ts`.
 *
 * | state    | what it means                                                    | the window       |
 * | Open     | nothing is missing                                               | grows            |
 * | Disorder | something is missing, and perhaps only late                      | grows            |
 * | CWR      | the path said so by marks, or a probe by its loss                | falls (PRR)      |
 * | Recovery | something is lost, and is sent again                             | falls (PRR)      |
 * | Loss     | the retransmission timer went off                                | grows from one   |
 *
 * Inflating and deflating cwnd is not done literally. What is known to have left the network (by SACK, or a segment for
 * each duplicate ACK) lowers the count of segments in flight (`Tcb.inFlight`); the effect is the same.
 */
export function recoverFromLoss(c: Tcb, segment: Segment, ack: AckSample): void {
  const { loss } = c;
  const detector = detectorOf(c);
  if (ack.acked !== null && seemsReneging(c)) {
    armReneging(c);
    ack.timerSet = true;
    return;
  }
  // Marks are no error, whatever proves needless (FLAG_ECE).
  if (ack.echoes) c.cc.priorSsthresh = 0;
  if (loss.congestionState === 'Open') loss.retransmittedAny = false;
  else if (seqGeq(c.snd.una, loss.recover) && endsState(c, segment)) return;
  switch (loss.congestionState) {
    case 'Recovery':
      inRecovery(c, detector, segment, ack);
      return;
    case 'Loss':
      inLoss(c, detector, segment, ack);
      return;
    case 'Open':
    case 'Disorder':
    case 'CWR':
      outsideRecovery(c, detector, ack);
      return;
    default:
      loss.congestionState satisfies never;
  }
}

/** Has it anything to tell but that all goes well (tcp_ack_is_dubious)? Most ACKs haven't, and only let the window grow. */
export const isDubious = (c: Tcb, ack: AckSample): boolean =>
  c.loss.congestionState !== 'Open' || ack.duplicate || ack.repeated || ack.duplicated > 0 || ack.echoes;

/** All that was out when the state began is acknowledged. @returns whether nothing more is to be done with this ACK */
function endsState(c: Tcb, segment: Segment): boolean {
  const { loss, snd } = c;
  if (loss.congestionState === 'CWR') {
    // CWR lasts until something behind `recover` is acknowledged, so that the peer has seen our CWR flag by then.
    if (snd.una !== loss.recover) {
      endReduction(c);
      setCongestionState(c, 'Open');
    }
  } else if (loss.congestionState === 'Recovery') {
    if (!c.sackPermitted) loss.duplicateAcks = 0;
    if (undoOrEnd(c, segment)) return true;
    endReduction(c);
  }
  return false;
}

function inRecovery(c: Tcb, detector: LossDetector, segment: Segment, ack: AckSample): void {
  if (ack.acked !== null && undoPartially(c, segment, ack)) return;
  if (undoByDsack(c)) keepOpen(c);
  findLosses(c, detector, ack);
  // An undo ended Recovery; but something else is lost.
  if (c.loss.congestionState !== 'Recovery' && c.sent.lost > 0) enterRecovery(c, ack.echoes);
}

function inLoss(c: Tcb, detector: LossDetector, segment: Segment, ack: AckSample): void {
  const { loss, sent } = c;
  const { retransmitted } = sent;
  takeAckInLoss(c, segment, ack);
  if (loss.congestionState !== 'Loss' && !loss.lostToPath) c.totalRtoTime += ack.now - loss.lossSince;
  findLosses(c, detector, ack);
  // The windows are what they were, or what was sent again was lost again: it is an ordinary loss from here on.
  const lostAgain = sent.retransmitted < retransmitted;
  if (loss.congestionState === 'Open' || lostAgain) recoverOrKeepOpen(c, ack);
}

function takeAckInLoss(c: Tcb, segment: Segment, ack: AckSample): void {
  const recovered = seqGeq(c.snd.una, c.loss.recover);
  if (ack.acked !== null && undoLoss(c, segment, false)) return;
  if (showsNeedlessTimeout(c)) {
    undoLoss(c, segment, true);
    return;
  }
  continueFrto(c, ack, recovered);
  if (recovered) undoOrEnd(c, segment);
}

function outsideRecovery(c: Tcb, detector: LossDetector, ack: AckSample): void {
  if (c.loss.congestionState !== 'CWR') undoByDsack(c);
  findLosses(c, detector, ack);
  recoverOrKeepOpen(c, ack);
}

function recoverOrKeepOpen(c: Tcb, ack: AckSample): void {
  if (c.sent.lost > 0) {
    enterRecovery(c, ack.echoes);
    return;
  }
  forgetRetransmissions(c);
  if (ack.echoes && (ack.acked !== null || !c.sent.isEmpty)) enterCwr(c);
  if (c.loss.congestionState !== 'CWR') keepOpen(c);
}

function findLosses(c: Tcb, detector: LossDetector, ack: AckSample): void {
  const { sent, loss, delivery } = c;
  if (sent.isEmpty) return;
  const { lost } = delivery;
  detector.detect(c, ack);
  if (delivery.lost === lost) return;
  noteLosses(c, loss.congestionState === 'Recovery' ? detector.further : detector.first);
}

/** The path marks packets: the window falls as for a loss, once for each window of data (RFC 3168, section 6.1.2; tcp_enter_cwr). */
function enterCwr(c: Tcb): void {
  const { loss } = c;
  if (loss.congestionState === 'CWR') return;
  loss.undoable = false;
  beginReduction(c, 'ECN', false);
  setCongestionState(c, 'CWR');
  setWindow(c, c.cc.cwnd, causes.ecnMarks);
}

/**
 * Fast retransmit and Recovery (tcp_enter_recovery). The window may be falling already for another reason.
 * @param marked the path marked packets, too: so there was congestion, whatever proves needless
 */
export function enterRecovery(c: Tcb, marked: boolean): void {
  const { counters } = c.tcp;
  beginEpisode(c);
  // It has fallen for what was out already, so there is nothing to go back to.
  if (isReducing(c)) c.cc.priorSsthresh = 0;
  else beginReduction(c, 'loss', !marked);
  setCongestionState(c, 'Recovery');
  setWindow(c, c.cc.cwnd, causes.fastRetransmit);
  if (c.sackPermitted) counters.TCPSackRecovery++;
  else counters.TCPRenoRecovery++;
}
