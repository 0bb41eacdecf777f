import { seqLt } from '../../wire/seq.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellCwnd } from '../tcb/tell.ts';
import { type Cause, causes } from '../terms/causes.ts';
import type { AckSample } from '../variables/ack-sample.ts';
import type { CongestionSignal } from '../variables/congestion-control.ts';
import type { CongestionState } from '../variables/loss.ts';
import { INITIAL_WINDOW } from './choice.ts';

/**
 * What happens to a connection's congestion window, whatever its algorithm is: the algorithm is asked, and who watches is
 * told. Windows count segments of the MSS.
 */

/** SND.UNA has moved: the algorithm may let the window grow. */
export function growWindow(c: Tcb, ack: AckSample): void {
  const { cc } = c;
  const before = cc.cwnd;
  showConnection(c);
  cc.algorithm.onAck(cc, ack);
  if (cc.cwnd !== before) noteWindow(c, cc.cwnd <= cc.ssthresh ? causes.slowStart : causes.congestionAvoidance);
}

/** What an algorithm may see of a connection beside its window: as it is now. */
function showConnection(c: Tcb): void {
  const { cc, rtt } = c;
  cc.congestionState = c.loss.congestionState;
  cc.srtt = rtt.srtt;
  cc.minRtt = rtt.minRtt;
  cc.mss = c.snd.mss;
  cc.inFlight = c.inFlight;
}

/**
 * Something new was sent, or the window forbade it: how well is it used? The best of a window of data counts for all of it
 * (tcp_cwnd_validate).
 */
export function noteWindowUse(c: Tcb): void {
  const { cc } = c;
  const limited = c.inFlight >= cc.cwnd;
  const { segments } = c.sent;
  if (!limited && seqLt(c.snd.una, cc.windowUseSeq) && (cc.cwndLimited || segments <= cc.mostOut)) return;
  cc.cwndLimited = limited;
  cc.mostOut = segments;
  cc.windowUseSeq = c.snd.nxt;
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
  showConnection(c);
  cc.ssthresh = cc.algorithm.onCongestion(cc, c.sent.segments, signal);
  cc.cwndCount = 0;
}

/** The window is `cwnd` from now on, whatever it was. */
export function setWindow(c: Tcb, cwnd: number, cause: Cause): void {
  c.cc.cwnd = cwnd;
  noteWindow(c, cause);
}

/** What the windows are now, in case that what follows proves needless (tcp_current_ssthresh: not less than three quarters of cwnd). */
export function rememberWindow(c: Tcb): void {
  const { cc, loss } = c;
  cc.priorCwnd = cc.cwnd;
  const isFalling = loss.congestionState === 'CWR' || loss.congestionState === 'Recovery';
  cc.priorSsthresh = isFalling ? cc.ssthresh : Math.max(cc.ssthresh, (cc.cwnd >> 1) + (cc.cwnd >> 2));
}

/** Another state of loss recovery begins: the algorithm is told. */
export function setCongestionState(c: Tcb, to: CongestionState): void {
  const { loss, cc } = c;
  if (loss.congestionState === to) return;
  loss.congestionState = to;
  if (cc.algorithm.onState === undefined) return;
  showConnection(c);
  cc.algorithm.onState(cc);
}

/** An algorithm that sets the window itself hears of each ACK, in whatever state. */
export function controlWindow(c: Tcb, ack: AckSample): void {
  const { cc } = c;
  const before = cc.cwnd;
  showConnection(c);
  cc.algorithm.control?.(cc, ack);
  if (cc.cwnd !== before) noteWindow(c, causes.controlled);
}

/** It did (RFC 4015; tcp_undo_cwnd_reduction). */
export function restoreWindow(c: Tcb, cause: Cause): void {
  c.cc.algorithm.onUndo(c.cc);
  noteWindow(c, cause);
}

/** Segments have grown from `before` octets: no more octets than before may be out at once (tcp_mtup_probe_success). */
export function countLongerSegments(c: Tcb, before: number): void {
  const { cc } = c;
  cc.cwnd = Math.max(1, Math.floor((cc.cwnd * before) / c.snd.mss));
}

/**
 * Something is about to be sent. After an RTO of silence the path is unknown again: no more than the initial window (RFC 5681,
 * section 4.1).
 * @returns whether the window is a smaller one now
 */
export function idleRestart(c: Tcb): boolean {
  const { cc } = c;
  const { now, sysctls } = c.tcp;
  if (cc.cwnd <= INITIAL_WINDOW || !c.sent.isEmpty || sysctls.tcp_slow_start_after_idle === 0) return false;
  const idle = now - c.lastDataSentAt;
  if (idle <= c.rtt.rto) return false;
  // Linux halves once for each RTO of the pause (tcp_cwnd_restart), and remembers three quarters as the threshold.
  raiseThreshold(c);
  let { cwnd } = cc;
  for (let left = idle - c.rtt.rto; left > 0 && cwnd > INITIAL_WINDOW; left -= c.rtt.rto) cwnd >>= 1;
  setWindow(c, Math.max(cwnd, INITIAL_WINDOW), causes.idle);
  return true;
}

/** The window falls for another reason than congestion: the threshold is three quarters of it at least (tcp_current_ssthresh). */
export function raiseThreshold(c: Tcb): void {
  const { cc } = c;
  cc.ssthresh = Math.max(cc.ssthresh, (cc.cwnd >> 1) + (cc.cwnd >> 2));
}

function noteWindow(c: Tcb, cause: Cause): void {
  tellCwnd(c, c.cc.cwnd, c.cc.ssthresh, cause);
}
