import { causes } from './causes.ts';
import { drop } from './ending.ts';
import type { ListenQueues } from './listen-queues.ts';
import type { Tcb } from './tcb.ts';
import { restartRetransmit, retransmitSyn } from './timeouts.ts';

/** The first SYN-ACK waits so long (RFC 6298, section 2.1), in seconds. */
const FIRST_WAIT = 1;

/** Our SYN-ACK has had no answer, or none that the listener's user waits for (reqsk_timer_handler). */
export function synAckTimeout(c: Tcb, listener: ListenQueues): void {
  const { counters, sysctls } = c.tcp;
  const deferral = retriesIn(c.settings.deferAccept ?? 0, sysctls.tcp_rto_max_ms / 1000);
  counters.TCPTimeouts++;
  // An acknowledged one whose data is waited for stays for as long as that wait lasts.
  if (c.retransmits >= listener.synAckRetries && (!c.lastAckSeen || c.retransmits >= deferral)) {
    drop(c, causes.retriesExhausted);
    return;
  }
  if (c.totalRto === 0) listener.aged();
  c.totalRto++;
  c.backoff++;
  // The peer has our SYN-ACK: it comes again only when the deferral ends, for a last ACK that will count.
  const resend = !c.lastAckSeen || c.retransmits >= deferral - 1;
  c.retransmits++;
  if (resend) retransmitSyn(c);
  restartRetransmit(c);
}

/** Does the user still wait for data rather than for a bare ACK? (TCP_DEFER_ACCEPT, as tcp_check_req.) */
export function defersAccept(c: Tcb): boolean {
  const { deferAccept } = c.settings;
  return deferAccept !== null && c.retransmits < retriesIn(deferAccept, c.tcp.sysctls.tcp_rto_max_ms / 1000);
}

/** How many SYN-ACKs sent again it takes to wait for so many seconds (secs_to_retrans). */
function retriesIn(seconds: number, longestWait: number): number {
  if (seconds <= 0) return 0;
  let retries = 1;
  let wait = FIRST_WAIT;
  for (let waited = wait; waited < seconds && retries < 255; waited += wait) {
    wait = Math.min(2 * wait, longestWait);
    retries++;
  }
  return retries;
}
