import type { Micros } from '../../time/wheel.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { armLossProbe, backedOff, retransmitWait } from '../tcb/timers.ts';

/**
 * When to send a tail loss probe (RFC 8985, section 7.2; tcp_schedule_loss_probe in net/ipv4/tcp_output.c): what is lost at the end of
 * a flight has nothing behind it by whose arrival RACK could see it. So before the retransmission timer goes off, which would
 * shut the window, one segment is sent, whose ACK tells.
 */

/** As the clock of Linux' timers is, two ticks of a millisecond: a probe after 2 SRTT of 50 us would only ask too early (TCP_TIMEOUT_MIN_US). */
const LEAST: Micros = 2000;

/**
 * Sets the timer of the probe in place of the retransmission timer, where one is to be sent.
 * @param acknowledged new data has just been acknowledged, from which the RTO counts
 */
export function scheduleLossProbe(c: Tcb, acknowledged: boolean): boolean {
  if (!wantsProbe(c)) return false;
  const until = acknowledged ? backedOff(c) : retransmitWait(c);
  const timeout = probeTimeout(c);
  // Not later than the RTO (section 7.2, step 3).
  armLossProbe(c, until > 0 ? Math.min(timeout, until) : timeout);
  return true;
}

function wantsProbe(c: Tcb): boolean {
  const { congestionState } = c.loss;
  // Where none may be sent when its time comes (`lossProbeTimeout`), the timer would only be late for the RTO.
  if (!c.rtt.isFresh) return false;
  if (congestionState !== 'Open' && congestionState !== 'CWR') return false;
  if (!c.sackPermitted || c.sent.isEmpty || c.state === 'SYN_RECEIVED' || c.state === 'SYN_SENT') return false;
  const { tcp_early_retrans } = c.tcp.sysctls;
  return tcp_early_retrans === 3 || tcp_early_retrans === 4;
}

/** PTO, in microseconds: two round trips; and where one segment is out, for whose ACK the peer may wait, as long as it may do so. */
function probeTimeout(c: Tcb): Micros {
  const { rtt, sent, tcp } = c;
  return Math.round(2 * rtt.srtt) + (sent.segments === 1 ? tcp.sysctls.tcp_rto_min_us : LEAST);
}
