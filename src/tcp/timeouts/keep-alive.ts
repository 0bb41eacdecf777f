import type { Micros } from '../../time/wheel.ts';
import { sendProbe } from '../sending/control-segments.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { arm, keepAliveIdle } from '../tcb/timers.ts';
import { causes, eventCauses, sendCauses } from '../terms/causes.ts';
import { giveUp } from './give-up.ts';

/** Nothing has been heard for long: is the peer still there (RFC 9293, section 3.8.4)? */
export function keepAliveTimeout(c: Tcb, now: Micros): void {
  if (!c.settings.keepAlive || c.state === 'CLOSED') return;
  const { sysctls, counters } = c.tcp;
  const wait = keepAliveIdle(c);
  // Only silence is probed: with data on its way the retransmission timer is the judge.
  const idle = now - Math.max(c.lastDataReceivedAt, c.lastAckReceivedAt);
  if (!c.sent.isEmpty || (c.keepAliveProbes === 0 && idle < wait)) {
    c.keepAliveProbes = 0;
    arm(c, c.keepAliveTimer!, c.sent.isEmpty ? wait - idle : wait, 'keep-alive', eventCauses.heard);
    return;
  }
  if (c.keepAliveProbes > 0 && keepAliveIsHopeless(c, idle)) {
    giveUp(c, c.settings.userTimeout ? causes.userTimeout : causes.keepAliveExhausted, true);
    return;
  }
  c.keepAliveProbes++;
  counters.TCPKeepAlive++;
  sendProbe(c, sendCauses.keepAlive);
  arm(
    c,
    c.keepAliveTimer!,
    (c.settings.keepInterval ?? sysctls.tcp_keepalive_intvl) * 1e6,
    'keep-alive',
    eventCauses.nothingHeard,
  );
}

/** The user's limit for silence takes the place of the count of probes (tcp(7): TCP_USER_TIMEOUT; tcp_keepalive_timer). */
function keepAliveIsHopeless(c: Tcb, idle: Micros): boolean {
  const { userTimeout, keepCount } = c.settings;
  if (userTimeout) return idle >= userTimeout * 1000;
  return c.keepAliveProbes >= (keepCount ?? c.tcp.sysctls.tcp_keepalive_probes);
}
