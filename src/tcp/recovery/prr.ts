import { lowerThreshold, rememberWindow, setWindow } from '../congestion/window.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { causes } from '../terms/causes.ts';
import { type CongestionSignal, NO_THRESHOLD } from '../variables/congestion-control.ts';
import { announceReduction } from './ecn.ts';

/**
 * Proportional Rate Reduction (RFC 9937; tcp_cwnd_reduction in net/ipv4/tcp_input.c): while the window falls to the threshold, in the
 * states Recovery and CWR, each ACK lets as much leave as keeps the ratio of what was sent to what arrived at that of the
 * threshold to the window before. So it neither stops for half a round trip nor sends a burst.
 *
 * `cwnd` is set to what is in flight and what may leave now. Segments are counted, where the RFC counts octets.
 */

/** The window begins to fall (section 6.1). @param remember whether it may be undone */
export function beginReduction(c: Tcb, signal: CongestionSignal, remember: boolean): void {
  const { loss, cc } = c;
  loss.recover = c.snd.nxt;
  loss.probeOut = false;
  loss.prrDelivered = loss.prrOut = 0;
  rememberWindow(c);
  if (!remember) cc.priorSsthresh = 0;
  lowerThreshold(c, signal);
  announceReduction(c);
}

/**
 * An ACK came in the meantime (section 6.2: on each ACK).
 * @param delivered segments that it shows to have arrived
 * @param isSafe it moved SND.UNA, and no further loss shows (SafeACK)
 * @param hole it shows that the next segment is missing, and needs it at once: a partial ACK without SACK (RFC 6582, section 3.2, step
 *   3; Linux waits for room)
 */
export function reduceWindow(c: Tcb, delivered: number, isSafe: boolean, hole: boolean): void {
  const { loss, cc } = c;
  if (delivered <= 0 || cc.priorCwnd === 0) return;
  loss.prrDelivered += delivered;
  const { inFlight } = c;
  const below = cc.ssthresh - inFlight;
  let mayLeave: number;
  if (below < 0) {
    // Proportional: ssthresh of each priorCwnd that arrive.
    mayLeave = Math.ceil((loss.prrDelivered * cc.ssthresh) / cc.priorCwnd) - loss.prrOut;
  } else {
    // Already below the threshold: conservation of packets, and slow start up to it while no further loss shows (PRR-CRB, PRR-SSRB).
    mayLeave = Math.max(loss.prrDelivered - loss.prrOut, delivered);
    if (isSafe) mayLeave++;
    mayLeave = Math.min(below, mayLeave);
  }
  // Fast retransmit: the first one leaves whatever the window says (RFC 5681, section 3.2, step 3).
  mayLeave = Math.max(mayLeave, loss.prrOut > 0 && !hole ? 0 : 1);
  setWindow(c, inFlight + mayLeave, causes.rateReduction);
}

/** All that was out when it began is acknowledged (section 6.3): the window is the threshold, unless Recovery has been undone (tcp_end_cwnd_reduction). */
export function endReduction(c: Tcb): void {
  const { loss, cc } = c;
  if (cc.algorithm.control !== undefined) return;
  if (cc.ssthresh < NO_THRESHOLD && (loss.congestionState === 'CWR' || loss.undoable)) {
    cc.cwndCount = 0;
    setWindow(c, Math.max(cc.ssthresh, 1), causes.recovered);
  }
}
