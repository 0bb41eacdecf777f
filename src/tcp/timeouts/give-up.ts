import type { Micros } from '../../time/wheel.ts';
import { abandonHandshake, fail } from '../closing/end.ts';
import { orphanRetries } from '../closing/orphans.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { backedOff } from '../tcb/timers.ts';
import type { Cause } from '../terms/causes.ts';
import { TcpError } from '../terms/errors.ts';

/**
 * USER TIMEOUT (RFC 9293, section 3.10.8; TCP_USER_TIMEOUT, RFC 5482): what waits since then has waited too long, whatever
 * the peer answered meanwhile.
 */
export function isUserTimeoutOver(c: Tcb, since: Micros): boolean {
  const { userTimeout } = c.settings;
  return !!userTimeout && c.tcp.now - since >= userTimeout * 1000;
}

/**
 * R2 is reached, or the user's own limit, which takes R2's place (RFC 9293, section 3.8.3, MUST-21) once there is a
 * connection. Until then it can only be the shorter one (tcp_write_timeout).
 */
export function retriesExhausted(c: Tcb, tries: number, since: Micros): boolean {
  if (isUserTimeoutOver(c, since)) return true;
  const connecting = c.state === 'SYN_SENT' || c.state === 'SYN_RECEIVED';
  return (connecting || !c.settings.userTimeout) && tries >= retriesAllowed(c);
}

/** The time-out has not grown to its maximum yet. */
export const isBelowMaxRto = (c: Tcb): boolean => backedOff(c) < c.tcp.sysctls.tcp_rto_max_ms * 1000;

/** R2 of RFC 9293, section 3.8.3, in retransmissions. */
export function retriesAllowed(c: Tcb): number {
  const { sysctls } = c.tcp;
  if (c.state === 'SYN_SENT') {
    return (c.settings.synCount ?? sysctls.tcp_syn_retries) + sysctls.tcp_syn_linear_timeouts; // tcp_write_timeout
  }
  if (c.state === 'SYN_RECEIVED') return sysctls.tcp_synack_retries;
  if (c.orphan) return orphanRetries(c, isBelowMaxRto(c));
  return sysctls.tcp_retries2;
}

/**
 * R2 is reached: the connection is over (RFC 9293, section 3.8.3). What ICMP said is the better reason, if it said something. The peer
 * isn't told: section 3.10.8 deletes the TCB and returns, as does tcp_write_err. It learns it when it sends something.
 * @param reset tell it all the same, as Linux does when keep-alives stay unanswered (tcp_keepalive_timer)
 */
export function giveUp(c: Tcb, cause: Cause, reset = false): void {
  c.tcp.counters.TCPAbortOnTimeout++;
  if (c.state === 'SYN_RECEIVED' && c.listener !== null && !c.isFastOpenPending) abandonHandshake(c, cause);
  else fail(c, c.softError ?? new TcpError('ETIMEDOUT', 'Connection timed out'), cause, reset);
}
