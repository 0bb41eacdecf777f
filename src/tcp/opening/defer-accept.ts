import type { Tcb } from '../tcb/tcb.ts';

/** The first SYN-ACK waits so long (RFC 6298, section 2.1), in seconds. */
const FIRST_WAIT = 1;

/** Does the user still wait for data rather than for a bare ACK? (TCP_DEFER_ACCEPT, as tcp_check_req.) */
export function defersAccept(c: Tcb): boolean {
  const { deferAccept } = c.settings;
  return deferAccept !== null && c.retransmits < retriesIn(deferAccept, c.tcp.sysctls.tcp_rto_max_ms / 1000);
}

/** How many SYN-ACKs sent again it takes to wait for so many seconds (secs_to_retrans). */
export function retriesIn(seconds: number, longestWait: number): number {
  if (seconds <= 0) return 0;
  let retries = 1;
  let wait = FIRST_WAIT;
  for (let waited = wait; waited < seconds && retries < 255; waited += wait) {
    wait = Math.min(2 * wait, longestWait);
    retries++;
  }
  return retries;
}
