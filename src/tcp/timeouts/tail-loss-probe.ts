import { sendLossProbe } from '../sending/output.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { restartRetransmit, resumeRetransmit } from '../tcb/timers.ts';

/** No ACK has come for two round trips: one segment asks for it, of new data or the last one again (RFC 8985, section 7.3; tcp_send_loss_probe). */
export function lossProbeTimeout(c: Tcb): void {
  const { loss, rtt, snd, tcp } = c;
  c.retransmitMode = 'none';
  // One at a time: its answer says whether there was a loss. And the round trip must have been measured since the last one, or it
  // could grow beyond the PTO without that anything but what was sent twice is ever acknowledged (conditions 1 and 2; Linux has the first).
  const kind = loss.probeOut || !rtt.isFresh ? null : sendLossProbe(c);
  if (kind === null) {
    resumeRetransmit(c);
    return;
  }
  loss.probeOut = true;
  rtt.isFresh = false;
  loss.probeRetransmitted = kind === 'again';
  loss.probeEnd = snd.nxt;
  tcp.counters.TCPLossProbes++;
  restartRetransmit(c);
}
