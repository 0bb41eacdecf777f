import { abandonHandshake } from '../closing/end.ts';
import { retriesIn } from '../opening/defer-accept.ts';
import { enterLoss } from '../recovery/loss-state.ts';
import { retransmitSyn } from '../sending/syn.ts';
import type { ListenQueues } from '../tcb/listen-queues.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { restartRetransmit } from '../tcb/timers.ts';
import { causes, eventCauses } from '../terms/causes.ts';
import { giveUp } from './give-up.ts';

/**
 * The SYN-ACK of a pending Fast Open has had no answer. Its user may have it, and is told when it is given up; one try more than else is
 * made (tcp_fastopen_synack_timer).
 */
export function fastOpenSynAckTimeout(c: Tcb): void {
  const { counters, sysctls } = c.tcp;
  counters.TCPTimeouts++;
  const most = c.settings.synCount ?? sysctls.tcp_synack_retries + 1;
  if (c.retransmits >= most) {
    giveUp(c, causes.retriesExhausted);
    return;
  }
  // The second in a row is a sign of congestion for what the user has sent meanwhile, too.
  if (c.retransmits === 1) enterLoss(c, false);
  c.retransmits++;
  c.totalRto++;
  c.backoff++;
  retransmitSyn(c, most);
  restartRetransmit(c, eventCauses.backedOff);
}

/** Our SYN-ACK has had no answer, or none that the listener's user waits for (reqsk_timer_handler). */
export function synAckTimeout(c: Tcb, listener: ListenQueues): void {
  const { counters, sysctls } = c.tcp;
  const deferral = retriesIn(c.settings.deferAccept ?? 0, sysctls.tcp_rto_max_ms / 1000);
  counters.TCPTimeouts++;
  // An acknowledged one whose data is waited for stays for as long as that wait lasts.
  if (c.retransmits >= listener.synAckRetries && (!c.lastAckSeen || c.retransmits >= deferral)) {
    abandonHandshake(c, causes.retriesExhausted);
    return;
  }
  if (c.totalRto === 0) listener.aged();
  c.totalRto++;
  c.backoff++;
  // The peer has our SYN-ACK: it comes again only when the deferral ends, for a last ACK that will count.
  const resend = !c.lastAckSeen || c.retransmits >= deferral - 1;
  c.retransmits++;
  if (resend) retransmitSyn(c, listener.synAckRetries);
  restartRetransmit(c, eventCauses.backedOff);
}
