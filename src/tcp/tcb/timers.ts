import { type Micros, Timer, TimerWheel } from '../../time/wheel.ts';
import { type Cause, eventCauses } from '../terms/causes.ts';
import type { Pacing } from '../variables/pacing.ts';
import type { TimerName } from './events.ts';
import type { RetransmitMode, Tcb } from './tcb.ts';
import { tellTimer } from './tell.ts';

/** How long an ACK waits for data to carry it, in microseconds: as Linux's TCP_DELACK_MIN (RFC 9293, section 3.8.6.3: below 0.5 s). */
export const DELAYED_ACK_MIN: Micros = 40_000;

/** RFC 6298, section 5.1: whenever data is sent, the timer runs. */
export function armRetransmit(c: Tcb): void {
  if (c.retransmitMode === 'none' || c.retransmitMode === 'probe') restartRetransmit(c);
}

/** RFC 6298, section 5.3: an ACK of new data starts it afresh; section 5.2: an ACK of everything stops it. */
export function restartRetransmit(c: Tcb, cause = eventCauses.dataOut): void {
  // The SYN-ACK of a pending Fast Open is in no queue.
  if (c.sent.isEmpty && !c.isFastOpenPending) {
    stopRetransmit(c, eventCauses.allAcknowledged);
    return;
  }
  c.retransmitMode = 'retransmit';
  c.shutSince = -1;
  arm(c, c.retransmitTimer, clampToUserTimeout(c, backedOff(c), c.silentSince), 'retransmit', cause);
}

/** How long until the RTO of the first segment is over, counted from when it was sent; negative: it is. */
export const retransmitWait = (c: Tcb): Micros =>
  c.sent.head === null ? backedOff(c) : c.sent.head.sentAt - c.tcp.now + backedOff(c);

/** Another job that this timer had is done: the RTO goes on from when the first segment was sent (tcp_rearm_rto). */
export function resumeRetransmit(c: Tcb): void {
  if (c.sent.isEmpty) {
    stopRetransmit(c, eventCauses.allAcknowledged);
    return;
  }
  c.retransmitMode = 'retransmit';
  c.shutSince = -1;
  const wait = clampToUserTimeout(c, Math.max(1, retransmitWait(c)), c.silentSince);
  arm(c, c.retransmitTimer, wait, 'retransmit', eventCauses.dataOut);
}

/** The tail loss probe takes the place of the retransmission timer, which goes on after it. */
export function armLossProbe(c: Tcb, after: Micros): void {
  c.retransmitMode = 'loss probe';
  c.shutSince = -1;
  arm(c, c.retransmitTimer, clampToUserTimeout(c, after, c.silentSince), 'tail loss probe', eventCauses.tailMayBeLost);
}

/** Two ticks of Linux's clock are added (TCP_TIMEOUT_MIN_US), since timers are never that exact. */
const REORDERING_SLACK: Micros = 2000;

/**
 * What was overtaken counts as lost when this is over; then the retransmission timer goes on. It waits no longer than that would: the
 * round trip that it goes by may be one with an outage in it.
 */
export function armReordering(c: Tcb, after: Micros): void {
  c.retransmitMode = 'reordering';
  arm(c, c.retransmitTimer, Math.min(after + REORDERING_SLACK, backedOff(c)), 'reordering', eventCauses.mayBeOvertaken);
}

/** The peer seems to have thrown away what it had: the RTO waits only so long for it to prove the contrary (tcp_check_sack_reneging). */
export function armReneging(c: Tcb): void {
  c.retransmitMode = 'retransmit';
  arm(c, c.retransmitTimer, Math.max(Math.round(c.rtt.srtt / 2), 10_000), 'retransmit', eventCauses.seemsReneging);
}

function stopRetransmit(c: Tcb, cause: Cause): void {
  const mode = c.retransmitMode;
  c.retransmitMode = 'none';
  const { retransmitTimer: timer } = c;
  if (!timer.armed) return;
  // A name is looked up only where it is told: the look-up is dear (measured).
  if (c.tcp.events.wants !== 0) tellTimer(c, RETRANSMIT_TIMER_NAMES[mode], 'cancelled', timer.deadline, cause);
  c.tcp.wheel.cancel(timer);
}

/** What the retransmission timer is called while it does each of its jobs. */
export const RETRANSMIT_TIMER_NAMES: Readonly<Record<RetransmitMode, TimerName>> = {
  none: 'retransmit',
  retransmit: 'retransmit',
  probe: 'window probe',
  'loss probe': 'tail loss probe',
  reordering: 'reordering',
};

/** The window is closed: ask for it, first after an RTO, then ever more seldom (RFC 9293, section 3.8.6.1; SHLD-29, SHLD-30). */
export function armProbe(c: Tcb): void {
  if (c.retransmitMode === 'probe' || c.isFastOpenPending) return; // there, the SYN-ACK has the timer
  c.retransmitMode = 'probe';
  arm(c, c.retransmitTimer, clampToUserTimeout(c, backedOff(c), c.shutSince), 'window probe', eventCauses.windowShut);
}

/** The peer's window is open again. */
export function stopProbe(c: Tcb): void {
  c.probesOut = 0;
  c.shutSince = -1;
  c.backoff = 0;
  if (c.retransmitMode === 'probe') stopRetransmit(c, eventCauses.windowOpened);
}

export function armDelayedAck(c: Tcb): void {
  if (!c.ackTimer.armed) arm(c, c.ackTimer, DELAYED_ACK_MIN, 'delayed ACK', eventCauses.ackWaits);
}

export function disarmDelayedAck(c: Tcb): void {
  if (c.ackTimer.armed) cancel(c, c.ackTimer, 'delayed ACK', eventCauses.ackSent);
}

export function armKeepAlive(c: Tcb): void {
  const { state } = c;
  if (!c.settings.keepAlive || state === 'SYN_SENT' || state === 'SYN_RECEIVED') return;
  // Its user may ask for them when it is over, too: it has left the tables, and no timer of its own may end it once more.
  if (state === 'CLOSED' || state === 'TIME_WAIT') return;
  c.keepAliveTimer ??= new Timer(c);
  arm(c, c.keepAliveTimer, keepAliveIdle(c), 'keep-alive', eventCauses.heard);
}

/** TCP_KEEPIDLE, or `tcp_keepalive_time`. */
export const keepAliveIdle = (c: Tcb): Micros => (c.settings.keepIdle ?? c.tcp.sysctls.tcp_keepalive_time) * 1e6;

/** An orphan waits for the peer's FIN only so long (`tcp_fin_timeout`). */
export function armFinTimeout(c: Tcb): void {
  c.keepAliveTimer ??= new Timer(c);
  arm(
    c,
    c.keepAliveTimer,
    (c.settings.linger2 || c.tcp.sysctls.tcp_fin_timeout) * 1e6,
    'FIN_WAIT_2',
    eventCauses.waitsForFin,
  );
}

/** What is ready leaves when its time has come: exactly then, if the driver wakes the host exactly then. */
export function armPacing(c: Tcb, { timer, departure }: Pacing): void {
  if (timer.deadline === departure) return;
  const { events } = c.tcp;
  const action = timer.armed ? 'moved' : 'set';
  (c.tcp.paceWheel ??= new TimerWheel(c.tcp.now, 1)).arm(timer, departure);
  if (events.wants !== 0) tellTimer(c, 'pacing', action, departure, eventCauses.paced);
}

/** Lets go of all timers of a connection that has ended. */
export function removeTimers(c: Tcb): void {
  const { wheel } = c.tcp;
  stopRetransmit(c, eventCauses.connectionOver);
  wheel.remove(c.retransmitTimer);
  wheel.remove(c.ackTimer);
  if (c.keepAliveTimer) wheel.remove(c.keepAliveTimer);
  if (c.pacing !== null) c.tcp.paceWheel?.remove(c.pacing.timer);
}

export function arm(c: Tcb, timer: Timer, after: Micros, name: TimerName, cause: Cause): void {
  const { now, wheel, events } = c.tcp;
  const deadline = now + after;
  const action = timer.armed ? 'moved' : 'set';
  wheel.arm(timer, deadline);
  if (events.wants !== 0) tellTimer(c, name, action, deadline, cause);
}

function cancel(c: Tcb, timer: Timer, name: TimerName, cause: Cause): void {
  if (!timer.armed) return;
  if (c.tcp.events.wants !== 0) tellTimer(c, name, 'cancelled', timer.deadline, cause);
  c.tcp.wheel.cancel(timer);
}

/** RTO, doubled for each time-out in a row (RFC 6298, section 5.5), up to `tcp_rto_max_ms`. */
export function backedOff(c: Tcb): Micros {
  // V8 calls a function for each power: with that of the super-segments' length 6 percent of what sending took (measured).
  const rto = c.backoff === 0 ? c.rtt.rto : c.rtt.rto * 2 ** c.backoff;
  return Math.min(rto, c.tcp.sysctls.tcp_rto_max_ms * 1000);
}

/**
 * Not beyond the user's limit, once the peer has begun to be silent (tcp_clamp_rto_to_user_timeout,
 * tcp_clamp_probe0_to_user_timeout). @param since when it began; -1: it has not
 */
function clampToUserTimeout(c: Tcb, wait: Micros, since: Micros): Micros {
  const { userTimeout } = c.settings;
  if (!userTimeout || since < 0) return wait;
  return Math.min(wait, Math.max(1000, since + userTimeout * 1000 - c.tcp.now));
}
