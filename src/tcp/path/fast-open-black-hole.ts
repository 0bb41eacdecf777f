import type { Tcb } from '../tcb/tcb.ts';

/**
 * Boxes on the way that don't know Fast Open may swallow a connection that began with it: its SYN, or what comes after the
 * SYN-ACK (RFC 7413, section 7.1). A user who keeps `tcp_fastopen_blackhole_timeout_sec` above zero has Fast Open pause for all servers
 * once that is seen, since such a box is mostly near us.
 */

/** The third time-out in a row without a word, or the last: is Fast Open to blame (tcp_fastopen_active_detect_blackhole)? */
export function suspectFastOpen(c: Tcb, over: boolean): void {
  const { fastOpen, retransmits, tcp } = c;
  if (fastOpen === null || c.openedPassively || !(fastOpen.isTried || fastOpen.synDataArrived)) return;
  if (retransmits !== SUSPICIOUS_TIMEOUTS && !(retransmits < SUSPICIOUS_TIMEOUTS && over)) return;
  tcp.counters.TCPFastOpenActiveFail++;
  pause(c);
}

const SUSPICIOUS_TIMEOUTS = 2;

/** A RST from beyond what has come, and nothing has come: made by a box on the way, perhaps (tcp_validate_incoming). */
export function suspectReset(c: Tcb): void {
  if (isTriedInVain(c) && c.state === 'ESTABLISHED') pause(c);
}

/** The connection ends: has it got anything (tcp_fastopen_active_disable_ofo_check)? */
export function judgeFastOpen(c: Tcb): void {
  if (c.openedPassively || !c.fastOpen!.isTried) return;
  // Nothing but a FIN, and that beyond a hole: what came before it was swallowed.
  if (isTriedInVain(c) && c.finSeen && !c.finReceived) pause(c);
  else if (c.dataSegsIn > 0 && c.fastOpen!.isTrial) c.tcp.fastOpenCache.blackHoleIsGone();
}

const isTriedInVain = (c: Tcb): boolean =>
  c.fastOpen !== null && !c.openedPassively && c.fastOpen.option.length >= 0 && c.dataSegsIn === 0;

function pause({ tcp }: Tcb): void {
  if (tcp.sysctls.tcp_fastopen_blackhole_timeout_sec === 0) return;
  tcp.counters.TCPFastOpenBlackhole++;
  tcp.fastOpenCache.noteBlackHole(tcp.now);
}
