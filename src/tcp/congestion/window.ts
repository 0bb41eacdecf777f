import type { Tcb } from '../tcb/tcb.ts';
import { tellCwnd } from '../tcb/tell.ts';
import { type Cause, causes } from '../terms/causes.ts';
import type { AckSample } from '../variables/ack-sample.ts';
import type { CongestionSignal } from '../variables/congestion-control.ts';
import type { CongestionState } from '../variables/loss.ts';
import { beginAsking, tellOwnCauses } from './choice.ts';

/**
 * What happens to a connection's congestion window, whatever its algorithm is: the algorithm is asked, and who watches is
 * told. Windows count segments of the MSS.
 */

/** SND.UNA has moved: the algorithm may let the window grow. */
export function growWindow(c: Tcb, ack: AckSample): void {
  const { cc } = c;
  const { cwnd, ssthresh } = cc;
  beginAsking(c);
  cc.algorithm.onAck(cc, ack);
  cc.usedAt = ack.now;
  if (cc.ssthresh !== ssthresh) countEndOfSlowStart(c);
  if (cc.cwnd === cwnd && cc.ssthresh === ssthresh) return;
  if (cc.cause !== null) tellOwnCauses(c);
  else noteWindow(c, cc.cwnd <= cc.ssthresh ? causes.slowStart : causes.congestionAvoidance);
}

function countEndOfSlowStart({ cc, tcp: { counters } }: Tcb): void {
  if (cc.cause === causes.hystartTrain) {
    counters.TCPHystartTrainDetect++;
    counters.TCPHystartTrainCwnd += cc.ssthresh;
  } else if (cc.cause === causes.hystartDelay) {
    counters.TCPHystartDelayDetect++;
    counters.TCPHystartDelayCwnd += cc.ssthresh;
  }
}

/** RFC 5681, section 3.1: LW, after a time-out, or after a SYN that was lost more than once. */
export const LOSS_WINDOW = 1;

/** A connection that lost SYNs begins: that says nothing yet of the path's capacity, but one segment is all that is safe (RFC 6298, 5.7). */
export function beginWithLossWindow(c: Tcb): void {
  c.cc.cwnd = LOSS_WINDOW;
}

/** A window of data had losses: the algorithm says what the threshold is from now on. */
export function lowerThreshold(c: Tcb, signal: CongestionSignal): void {
  const { cc } = c;
  beginAsking(c);
  cc.ssthresh = cc.algorithm.onCongestion(cc, c.sent.segments, signal);
  cc.cwndCount = 0;
  tellOwnCauses(c);
}

/** The window is `cwnd` from now on, whatever it was. */
export function setWindow(c: Tcb, cwnd: number, cause: Cause): void {
  c.cc.cwnd = cwnd;
  c.cc.usedAt = c.tcp.now;
  noteWindow(c, cause);
}

/** What the windows are now, in case that what follows proves needless (tcp_current_ssthresh: not less than three quarters of cwnd). */
export function rememberWindow(c: Tcb): void {
  const { cc } = c;
  cc.priorCwnd = cc.cwnd;
  cc.priorSsthresh = isReducing(c) ? cc.ssthresh : Math.max(cc.ssthresh, (cc.cwnd >> 1) + (cc.cwnd >> 2));
}

/** The window falls to the threshold: PRR has it (tcp_in_cwnd_reduction; recovery/prr.ts). */
export const isReducing = (c: Tcb): boolean =>
  c.loss.congestionState === 'Recovery' || c.loss.congestionState === 'CWR';

/** Another state of loss recovery begins: the algorithm is told. */
export function setCongestionState(c: Tcb, to: CongestionState): void {
  const { loss, cc } = c;
  if (loss.congestionState === to) return;
  loss.congestionState = to;
  if (cc.algorithm.onState === undefined) return;
  beginAsking(c);
  cc.algorithm.onState(cc);
  tellOwnCauses(c);
}

/** An algorithm that sets the window itself hears of each ACK, in whatever state. */
export function controlWindow(c: Tcb, ack: AckSample): void {
  const { cc } = c;
  const before = cc.cwnd;
  beginAsking(c);
  cc.algorithm.control?.(cc, ack);
  if (cc.cause !== null) tellOwnCauses(c);
  else if (cc.cwnd !== before) noteWindow(c, causes.controlled);
}

/** What followed was needless: the windows are what `rememberWindow` has (RFC 4015; tcp_undo_cwnd_reduction). */
export function restoreWindow(c: Tcb, cause: Cause): void {
  beginAsking(c);
  c.cc.algorithm.onUndo(c.cc);
  tellOwnCauses(c);
  noteWindow(c, cause);
}

/** Segments have grown from `before` octets: no more octets than before may be out at once (tcp_mtup_probe_success). */
export function countLongerSegments(c: Tcb, before: number): void {
  const { cc } = c;
  cc.cwnd = Math.max(1, Math.floor((cc.cwnd * before) / c.snd.mss));
}

/** The window falls for another reason than congestion: the threshold is three quarters of it at least (tcp_current_ssthresh). */
export function raiseThreshold(c: Tcb): void {
  const { cc } = c;
  cc.ssthresh = Math.max(cc.ssthresh, (cc.cwnd >> 1) + (cc.cwnd >> 2));
}

function noteWindow(c: Tcb, cause: Cause): void {
  tellCwnd(c, c.cc.cwnd, c.cc.ssthresh, cause);
}
