import { seqGt } from '../../wire/seq.ts';
import { lowerThreshold, raiseThreshold, rememberWindow, setCongestionState, setWindow } from '../congestion/window.ts';
import { lostIfSentBefore } from '../detection/rack.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellLoss } from '../tcb/tell.ts';
import { type Cause, causes, eventCauses } from '../terms/causes.ts';
import { announceReduction } from './ecn.ts';
import { beginFrto } from './f-rto.ts';
import { arrivedBeyondHole, beginEpisode } from './undo.ts';

/** How the state Loss begins; what an ACK does in it is in `recovery.ts`. */

/**
 * The retransmission timer went off (RFC 6298, section 5.4 to 5.6; RFC 5681, section 3.1; tcp_enter_loss).
 * @param again it did so before, and nothing new has been acknowledged since
 */
export function enterLoss(c: Tcb, again: boolean): void {
  const { sent, loss, cc, tcp } = c;
  const { congestionState } = loss;
  if (!again) countFailure(c);
  // Three duplicates were beyond the hole, and yet the timer had to say it: less is overtaken than was thought.
  if ((congestionState === 'Open' || congestionState === 'Disorder') && sent.sacked >= tcp.sysctls.tcp_reordering) {
    loss.reordering = Math.min(loss.reordering, tcp.sysctls.tcp_reordering);
  }
  markLost(c);
  if (isNewEpisode(c, again)) {
    c.totalRtoRecoveries++;
    loss.lossSince = c.silentSince;
    rememberWindow(c);
    lowerThreshold(c, 'timeout');
    beginEpisode(c);
  }
  announceReduction(c);
  beginFrto(c, again);
  setCongestionState(c, 'Loss');
  cc.cwndCount = 0;
  // One segment, beside what may arrive yet.
  setWindow(c, c.inFlight + 1, causes.timeout);
  loss.lostToPath = false;
  loss.recover = c.snd.nxt;
  loss.probeOut = false;
  noteLosses(c, eventCauses.lostByTimeout);
}

/** What had begun to repair the loss, or had seen that something is missing, did not do (tcp_retransmit_timer). */
function countFailure(c: Tcb): void {
  const { counters } = c.tcp;
  const { congestionState } = c.loss;
  if (congestionState === 'Recovery') {
    if (c.sackPermitted) counters.TCPSackRecoveryFail++;
    else counters.TCPRenoRecoveryFail++;
  } else if (congestionState === 'Loss') counters.TCPLossFailures++;
  else if (congestionState === 'Disorder' || arrivedBeyondHole(c) > 0) {
    if (c.sackPermitted) counters.TCPSackFailures++;
    else counters.TCPRenoFailures++;
  }
}

/** Losses have been found; some may be of what had been sent again already. */
export function noteLosses(c: Tcb, cause: Cause): void {
  const { loss, sent, tcp } = c;
  tcp.counters.TCPLostRetransmit += sent.lostAgain - loss.lostAgain;
  loss.lostAgain = sent.lostAgain;
  tellLoss(c, 'marked', cause);
}

/** Has the window not been lowered yet for what is out? What was too long for the path was no sign of congestion; this is. */
function isNewEpisode(c: Tcb, again: boolean): boolean {
  const { loss } = c;
  const { congestionState } = loss;
  if (congestionState === 'Open' || congestionState === 'Disorder') return true;
  return !seqGt(loss.recover, c.snd.una) || (congestionState === 'Loss' && !again) || loss.lostToPath;
}

/** What was sent only just now may arrive yet (RFC 8985, section 6.3; tcp_timeout_mark_lost). */
function markLost(c: Tcb): void {
  const { sent, loss } = c;
  if (sent.head?.sacked) {
    // SACKed but not acknowledged: the receiver reneged, and has thrown away what it had (RFC 2018, section 8).
    c.tcp.counters.TCPSACKReneging++;
    sent.forgetSacked();
    sent.markLostAtTimeout(Number.POSITIVE_INFINITY);
    return;
  }
  loss.duplicateAcks = 0;
  sent.markLostAtTimeout(lostIfSentBefore(c) + 1);
}

/** After an ACK that advances, is the first segment one that the peer has said to have? It wouldn't be, if it still had it. */
export const seemsReneging = (c: Tcb): boolean => c.sent.head?.sacked ?? false;

/** Segments were too long for the path: no sign of congestion, so the window stays (tcp_simple_retransmit). */
export function enterLossToPath(c: Tcb): void {
  const { loss } = c;
  setCongestionState(c, 'Loss');
  loss.recover = c.snd.nxt;
  raiseThreshold(c);
  loss.lostToPath = true;
  loss.duplicateAcks = 0;
  loss.undoable = loss.frto = loss.newDataFirst = loss.awaitsVerdict = false;
  c.cc.priorSsthresh = 0;
}
