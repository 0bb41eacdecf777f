import { seqLt } from '../../wire/seq.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellCwnd } from '../tcb/tell.ts';
import { type Cause, causes } from '../terms/causes.ts';
import { newReno } from './newreno.ts';

/** RFC 6928: ten segments (`TCP_INIT_CWND`). */
export const INITIAL_WINDOW = 10;

export function startCongestionControl(c: Tcb): void {
  c.cwnd = INITIAL_WINDOW;
  c.ssthresh = 0x7fffffff;
}

/** Lets the window grow for `acked` segments, if it was the window that held the sender back (RFC 7661, section 4.3). */
export function growWindow(c: Tcb, acked: number): void {
  // In slow start a window of which half was used counts as used: it may have filled within one round trip.
  if (!c.cwndLimited && !(c.cwnd < c.ssthresh && c.cwnd < 2 * c.mostOut)) return;
  const before = c.cwnd;
  newReno.grow(c, acked);
  if (c.cwnd !== before) noteWindow(c, c.cwnd <= c.ssthresh ? causes.slowStart : causes.congestionAvoidance);
}

/**
 * Something new was sent, or the window forbade it: how well is it used? The best of a window of data counts for all of it
 * (tcp_cwnd_validate).
 */
export function noteWindowUse(c: Tcb): void {
  const limited = c.inFlight >= c.cwnd;
  const { segments } = c.sent;
  if (!limited && seqLt(c.snd.una, c.windowUseSeq) && (c.cwndLimited || segments <= c.mostOut)) return;
  c.cwndLimited = limited;
  c.mostOut = segments;
  c.windowUseSeq = c.snd.nxt;
}

/** Halves: the window falls to the threshold (fast retransmit) or to one segment (time-out). */
export function shrinkWindow(c: Tcb, cwnd: number | 'threshold', cause: Cause): void {
  c.ssthresh = newReno.thresholdAfterLoss(c);
  c.cwnd = cwnd === 'threshold' ? c.ssthresh : cwnd;
  c.cwndCount = 0;
  noteWindow(c, cause);
}

/** After an RTO of silence the path is unknown again: no more than the initial window (RFC 5681, section 4.1). */
export function idleRestart(c: Tcb): void {
  const { now, sysctls } = c.tcp;
  if (c.cwnd <= INITIAL_WINDOW || !c.sent.isEmpty || sysctls.tcp_slow_start_after_idle === 0) return;
  const idle = now - c.lastDataSentAt;
  if (idle <= c.rtt.rto) return;
  // Linux halves once for each RTO of the pause (tcp_cwnd_restart), and remembers three quarters as the threshold.
  c.ssthresh = Math.max(c.ssthresh, (c.cwnd >> 1) + (c.cwnd >> 2));
  for (let left = idle - c.rtt.rto; left > 0 && c.cwnd > INITIAL_WINDOW; left -= c.rtt.rto) c.cwnd >>= 1;
  c.cwnd = Math.max(c.cwnd, INITIAL_WINDOW);
  noteWindow(c, causes.idle);
}

export function noteWindow(c: Tcb, cause: Cause): void {
  tellCwnd(c, c.cwnd, c.ssthresh, cause);
}
