// tcp/timeouts: what each timer does when it fires (RFC 9293, section 3.10.8).
import type { Micros, Timer } from '../../time/wheel.ts';
import { finTimeoutOver } from '../closing/end.ts';
import { sendAck } from '../sending/control-segments.ts';
import type { TimerName } from '../tcb/events.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellFired } from '../tcb/tell.ts';
import { RETRANSMIT_TIMER_NAMES } from '../tcb/timers.ts';
import { type Cause, eventCauses, sendCauses } from '../terms/causes.ts';
import { keepAliveTimeout } from './keep-alive.ts';
import { reorderingTimeout } from './reordering.ts';
import { retransmissionTimeout } from './retransmission.ts';
import { lossProbeTimeout } from './tail-loss-probe.ts';
import { probeTimeout } from './window-probe.ts';

const CAUSE_OF: Readonly<Record<TimerName, Cause>> = {
  retransmit: eventCauses.retransmissionTimeout,
  'tail loss probe': eventCauses.tailMayBeLost,
  reordering: eventCauses.mayBeOvertaken,
  'window probe': eventCauses.windowShut,
  'delayed ACK': eventCauses.ackWaits,
  'keep-alive': eventCauses.nothingHeard,
  FIN_WAIT_2: eventCauses.waitsForFin,
  pacing: eventCauses.paced,
};

/** A timer of a connection has expired (RFC 9293, section 3.10.8). */
export function timerFired(c: Tcb, timer: Timer, now: Micros): void {
  const name = timerName(c, timer);
  tellFired(c, name, CAUSE_OF[name]);
  switch (name) {
    case 'retransmit':
      retransmissionTimeout(c);
      return;
    case 'tail loss probe':
      lossProbeTimeout(c);
      return;
    case 'reordering':
      reorderingTimeout(c);
      return;
    case 'window probe':
      probeTimeout(c);
      return;
    case 'delayed ACK':
      c.tcp.counters.DelayedACKs++;
      sendAck(c, sendCauses.ackTimer);
      return;
    case 'keep-alive':
      keepAliveTimeout(c, now);
      return;
    case 'FIN_WAIT_2':
      finTimeoutOver(c);
      return;
    case 'pacing':
      c.tcp.activate(c); // what waited leaves with the output of this batch
      return;
    default:
      name satisfies never;
  }
}

function timerName(c: Tcb, timer: Timer): TimerName {
  if (timer === c.ackTimer) return 'delayed ACK';
  if (timer === c.pacing?.timer) return 'pacing';
  if (timer === c.retransmitTimer) return RETRANSMIT_TIMER_NAMES[c.retransmitMode];
  return c.orphan && c.state === 'FIN_WAIT_2' ? 'FIN_WAIT_2' : 'keep-alive';
}
