import { seqGeq } from '../../wire/seq.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { causes } from '../terms/causes.ts';
import { beginAsking, INITIAL_WINDOW, tellOwnCauses } from './choice.ts';
import { raiseThreshold, setWindow } from './window.ts';

/**
 * Congestion window validation: a window that isn't used says nothing of the path. It doesn't grow (RFC 7661, section 4.3;
 * `CongestionWindow.isUsed`), and falls with time, as Linux has it from RFC 2861. The threshold keeps what it was worth, so
 * that slow start is soon there again.
 */

/**
 * Something new was sent, or the window forbade it: how well is it used? The best of a window of data counts for all of it
 * (tcp_cwnd_validate in net/ipv4/tcp_output.c).
 */
export function noteWindowUse(c: Tcb): void {
  const { cc } = c;
  const limited = c.inFlight >= cc.cwnd;
  const { segments } = c.sent;
  if (limited || seqGeq(c.snd.una, cc.windowUseSeq) || (!cc.cwndLimited && segments > cc.mostOut)) {
    cc.cwndLimited = limited;
    cc.mostOut = segments;
    cc.windowUseSeq = c.snd.nxt;
  }
  if (cc.isUsed) {
    cc.mostUsed = 0;
    cc.usedAt = c.tcp.now;
    return;
  }
  if (segments > cc.mostUsed) cc.mostUsed = segments;
  if (c.tcp.now - cc.usedAt >= c.rtt.rto && validates(c)) fallTowardsUse(c);
}

/** An algorithm that sets the window itself knows what it is worth (Linux: not where there is a `cong_control`). */
const validates = ({ tcp, cc }: Tcb): boolean =>
  tcp.sysctls.tcp_slow_start_after_idle !== 0 && cc.algorithm.control === undefined;

/** For an RTO it was the user or the peer's window that held data back: half the way to what was used (tcp_cwnd_application_limited). */
function fallTowardsUse(c: Tcb): void {
  const { cc } = c;
  // A send buffer that is full follows the window: it is for that, not for the user, that there was no more to send.
  if (c.loss.congestionState === 'Open' && c.hold !== 'sndbuf') {
    const used = Math.max(cc.mostUsed, INITIAL_WINDOW);
    if (used < cc.cwnd) {
      raiseThreshold(c);
      setWindow(c, (cc.cwnd + used) >> 1, causes.unused);
    }
    cc.mostUsed = 0;
  }
  cc.usedAt = c.tcp.now;
}

/**
 * Something is about to be sent, and nothing is out. After an RTO of silence the path is unknown again: no more than the
 * initial window (RFC 5681, section 4.1).
 * @returns whether the window is a smaller one now
 */
export function endPause(c: Tcb): boolean {
  const { cc } = c;
  const { now } = c.tcp;
  if (cc.algorithm.onPauseEnd !== undefined) {
    beginAsking(c);
    cc.algorithm.onPauseEnd(cc, now, c.lastDataSentAt);
    tellOwnCauses(c);
  }
  if (cc.algorithm.control !== undefined) return false; // its pace makes no burst (tcp_slow_start_after_idle_check)
  const idle = now - c.lastDataSentAt;
  if (cc.cwnd <= INITIAL_WINDOW || idle <= c.rtt.rto || !validates(c)) return false;
  // Linux halves once for each RTO of the pause (tcp_cwnd_restart), and remembers three quarters as the threshold.
  raiseThreshold(c);
  let { cwnd } = cc;
  for (let left = idle - c.rtt.rto; left > 0 && cwnd > INITIAL_WINDOW; left -= c.rtt.rto) cwnd >>= 1;
  setWindow(c, Math.max(cwnd, INITIAL_WINDOW), causes.idle);
  cc.mostUsed = 0;
  return true;
}
