import { type Micros, Timer } from '../time/wheel.ts';
import { seqAdd, seqDiff, seqGt } from '../wire/seq.ts';
import { type Cause, causes } from './causes.ts';
import { drop, fail, finTimeoutOver } from './ending.ts';
import { TcpError } from './errors.ts';
import type { TimerName } from './events.ts';
import { suspectBlackHole } from './mtu-search.ts';
import { dropIfTooMany, orphanRetries } from './orphans.ts';
import { retransmit, sendAck, sendProbe, sendSyn } from './output.ts';
import { followPath } from './path-mtu.ts';
import { enterLoss } from './recovery.ts';
import { synAckTimeout } from './syn-ack-timer.ts';
import type { Tcb } from './tcb.ts';

/** How long an ACK waits for data to carry it, in microseconds: as Linux's TCP_DELACK_MIN (RFC 9293, section 3.8.6.3: below 0.5 s). */
export const DELAYED_ACK_MIN: Micros = 40_000;

// ---- Arming

/** RFC 6298, section 5.1: whenever data is sent, the timer runs. */
export function armRetransmit(c: Tcb): void {
  if (c.retransmitMode !== 'retransmit') restartRetransmit(c);
}

/** RFC 6298, section 5.3: an ACK of new data starts it afresh; section 5.2: an ACK of everything stops it. */
export function restartRetransmit(c: Tcb): void {
  if (c.sent.isEmpty) {
    stopRetransmit(c);
    return;
  }
  c.retransmitMode = 'retransmit';
  c.shutSince = -1;
  arm(c, c.retransmitTimer, withinPatience(c, backedOff(c), c.silentSince), 'retransmit');
}

export function stopRetransmit(c: Tcb): void {
  c.retransmitMode = 'none';
  c.tcp.wheel.cancel(c.retransmitTimer);
}

/** The window is closed: ask for it, first after an RTO, then ever more seldom (RFC 9293, section 3.8.6.1; SHLD-29, SHLD-30). */
export function armProbe(c: Tcb): void {
  if (c.retransmitMode === 'probe') return;
  c.retransmitMode = 'probe';
  arm(c, c.retransmitTimer, withinPatience(c, backedOff(c), c.shutSince), 'window probe');
}

/** The peer's window is open again. */
export function stopProbe(c: Tcb): void {
  c.probesOut = 0;
  c.shutSince = -1;
  c.backoff = 0;
  if (c.retransmitMode === 'probe') stopRetransmit(c);
}

export function armDelayedAck(c: Tcb): void {
  if (!c.ackTimer.armed) arm(c, c.ackTimer, DELAYED_ACK_MIN, 'delayed ACK');
}

export function disarmDelayedAck(c: Tcb): void {
  if (c.ackTimer.armed) c.tcp.wheel.cancel(c.ackTimer);
}

export function armKeepAlive(c: Tcb): void {
  if (!c.settings.keepAlive || c.state === 'CLOSED' || c.state === 'SYN_SENT' || c.state === 'SYN_RECEIVED') return;
  c.keepAliveTimer ??= new Timer(c);
  arm(c, c.keepAliveTimer, keepAliveIdle(c), 'keep-alive');
}

/** TCP_KEEPIDLE, or `tcp_keepalive_time`. */
const keepAliveIdle = (c: Tcb): Micros => (c.settings.keepIdle ?? c.tcp.sysctls.tcp_keepalive_time) * 1e6;

/** An orphan waits for the peer's FIN only so long (`tcp_fin_timeout`). */
export function armFinTimeout(c: Tcb): void {
  c.keepAliveTimer ??= new Timer(c);
  arm(c, c.keepAliveTimer, (c.settings.linger2 || c.tcp.sysctls.tcp_fin_timeout) * 1e6, 'FIN_WAIT_2');
}

/** Lets go of all timers of a connection that has ended. */
export function removeTimers(c: Tcb): void {
  const { wheel } = c.tcp;
  wheel.remove(c.retransmitTimer);
  wheel.remove(c.ackTimer);
  if (c.keepAliveTimer) wheel.remove(c.keepAliveTimer);
  c.retransmitMode = 'none';
}

function arm(c: Tcb, timer: Timer, after: Micros, name: TimerName): void {
  const { now, observer, wheel } = c.tcp;
  const deadline = now + after;
  wheel.arm(timer, deadline);
  if (observer) observer({ type: 'timer', now, connection: c, timer: name, action: 'set', deadline });
}

/** RTO, doubled for each time-out in a row (RFC 6298, section 5.5), up to `tcp_rto_max_ms`. */
const backedOff = (c: Tcb): Micros => Math.min(c.rtt.rto * 2 ** c.backoff, c.tcp.sysctls.tcp_rto_max_ms * 1000);

/**
 * Not beyond the user's limit, once the peer has begun to be silent (tcp_clamp_rto_to_user_timeout,
 * tcp_clamp_probe0_to_user_timeout). @param since when it began; -1: it has not
 */
function withinPatience(c: Tcb, wait: Micros, since: Micros): Micros {
  const { userTimeout } = c.settings;
  if (!userTimeout || since < 0) return wait;
  return Math.min(wait, Math.max(1000, since + userTimeout * 1000 - c.tcp.now));
}

/**
 * USER TIMEOUT (RFC 9293, section 3.10.8; TCP_USER_TIMEOUT, RFC 5482): what waits since then has waited too long, whatever
 * the peer answered meanwhile.
 */
function isUserTimeoutOver(c: Tcb, since: Micros): boolean {
  const { userTimeout } = c.settings;
  return !!userTimeout && c.tcp.now - since >= userTimeout * 1000;
}

// ---- Firing (RFC 9293, section 3.10.8)

export function timerFired(c: Tcb, timer: Timer, now: Micros): void {
  const name = timerName(c, timer);
  const { observer } = c.tcp;
  if (observer) observer({ type: 'timer', now, connection: c, timer: name, action: 'fired', deadline: now });
  switch (name) {
    case 'retransmit':
      retransmissionTimeout(c);
      return;
    case 'window probe':
      probeTimeout(c);
      return;
    case 'delayed ACK':
      c.tcp.counters.DelayedACKs++;
      sendAck(c);
      return;
    case 'keep-alive':
      keepAliveTimeout(c, now);
      return;
    case 'FIN_WAIT_2':
      finTimeoutOver(c);
      return;
    default:
      name satisfies never;
  }
}

function timerName(c: Tcb, timer: Timer): TimerName {
  if (timer === c.ackTimer) return 'delayed ACK';
  if (timer === c.retransmitTimer) return c.retransmitMode === 'probe' ? 'window probe' : 'retransmit';
  return c.orphan && c.state === 'FIN_WAIT_2' ? 'FIN_WAIT_2' : 'keep-alive';
}

function retransmissionTimeout(c: Tcb): void {
  const { tcp } = c;
  c.retransmitMode = 'none';
  if (c.state === 'SYN_RECEIVED' && c.listener !== null) {
    synAckTimeout(c, c.listener);
    return;
  }
  if (c.silentSince < 0) c.silentSince = c.sent.head?.sentAt ?? tcp.now;
  if (c.orphan && dropIfTooMany(c)) return;
  const shut = isShutOverData(c); // MUST-34
  if (shut ? isSilent(c) : isOutOfPatience(c, c.retransmits, c.silentSince)) {
    giveUp(c, isUserTimeoutOver(c, c.silentSince) ? causes.userTimeout : causes.retriesExhausted);
    return;
  }
  if (!shut) c.retransmits++;
  c.backoff++;
  c.totalRto++;
  tcp.counters.TCPTimeouts++;
  if (!shut && c.retransmits >= tcp.sysctls.tcp_retries1) noteTrouble(c);
  if (c.state === 'SYN_SENT' || c.state === 'SYN_RECEIVED') retransmitSyn(c);
  else {
    followPath(c);
    enterLoss(c);
    // R1: the path may be at fault, perhaps for what is as long as this.
    if (!shut && c.retransmits >= tcp.sysctls.tcp_retries1) shortenIfBlackHole(c);
    const first = c.sent.firstToRetransmit();
    if (first !== null) {
      if (first.count > 1) c.sent.split(first, c.snd.mss, c.snd.mss);
      retransmit(c, first, 'RTO');
    }
  }
  restartRetransmit(c);
}

function shortenIfBlackHole(c: Tcb): void {
  const { head } = c.sent;
  if (head === null || !suspectBlackHole(c, Math.min(seqDiff(head.end, head.seq), c.snd.mss))) return;
  c.sent.markTooLongLost(c.snd.mss, c.sendQueue.end);
}

/**
 * The peer has shut its window over octets that are out. Sending them again only probes it, so a peer that answers may
 * keep it shut for ever, as with any zero window (RFC 9293, section 3.8.6: SHLD-17, MUST-37). Nobody waits for an orphan so.
 */
const isShutOverData = (c: Tcb): boolean =>
  c.snd.wnd === 0 && !c.orphan && c.state !== 'SYN_SENT' && c.state !== 'SYN_RECEIVED';

/**
 * Nothing has been heard for two of the longest time-outs, or the window has been shut for as long as the user allows
 * (tcp_rtx_probe0_timed_out).
 */
function isSilent(c: Tcb): boolean {
  const { now, sysctls } = c.tcp;
  if (isUserTimeoutOver(c, c.silentSince)) return true;
  return now - Math.max(c.silentSince, c.lastAckReceivedAt) > 2 * sysctls.tcp_rto_max_ms * 1000;
}

/** R1 (RFC 9293, section 3.8.3): the layers below and above should know. */
function noteTrouble(c: Tcb): void {
  const { tcp } = c;
  if (c.retransmits === tcp.sysctls.tcp_retries1) tcp.network.noteTrouble(c.remote);
  if (c.user?.onTrouble === undefined) return;
  c.tellTrouble = true;
  tcp.activate(c);
}

export function retransmitSyn(c: Tcb): void {
  const { tcp } = c;
  const answered = c.state === 'SYN_RECEIVED';
  const syn = c.sent.head;
  if (syn !== null) {
    syn.everRetransmitted = true;
    syn.sentAt = tcp.now;
  }
  c.totalRetrans++;
  tcp.counters.RetransSegs++;
  const reason = answered ? 'SYN-ACK' : 'SYN';
  if (tcp.observer)
    tcp.observer({ type: 'retransmit', now: tcp.now, connection: c, seq: c.snd.iss, length: 0, reason });
  sendSyn(c, answered);
}

/**
 * R2 is reached, or the user's own limit, which takes R2's place (RFC 9293, section 3.8.3, MUST-21) once there is a
 * connection. Until then it can only be the shorter one (tcp_write_timeout).
 */
function isOutOfPatience(c: Tcb, tries: number, since: Micros): boolean {
  if (isUserTimeoutOver(c, since)) return true;
  const connecting = c.state === 'SYN_SENT' || c.state === 'SYN_RECEIVED';
  return (connecting || !c.settings.userTimeout) && tries >= retriesAllowed(c);
}

/** The time-out has not grown to its maximum yet. */
const hasPatienceLeft = (c: Tcb): boolean => backedOff(c) < c.tcp.sysctls.tcp_rto_max_ms * 1000;

/** R2 of RFC 9293, section 3.8.3, in retransmissions. */
function retriesAllowed(c: Tcb): number {
  const { sysctls } = c.tcp;
  if (c.state === 'SYN_SENT') return c.settings.synCount ?? sysctls.tcp_syn_retries;
  if (c.state === 'SYN_RECEIVED') return sysctls.tcp_synack_retries;
  if (c.orphan) return orphanRetries(c, hasPatienceLeft(c));
  return sysctls.tcp_retries2;
}

function probeTimeout(c: Tcb): void {
  c.retransmitMode = 'none';
  const blocked = seqDiff(seqAdd(c.snd.una, c.snd.wnd), c.snd.nxt) <= 0;
  const waiting = seqGt(c.sendQueue.end, c.snd.nxt) || (c.finQueued && !c.finSent);
  if (!waiting || !c.sent.isEmpty) return;
  // A peer that answers may keep its window shut for ever (MUST-37): only silence counts; but the user may have set a limit,
  // which runs from the first probe on, answered or not (tcp_probe_timer).
  if (c.shutSince < 0) c.shutSince = c.tcp.now;
  if (c.orphan && dropIfTooMany(c)) return;
  // But nobody waits for an orphan: there, answers that keep it shut don't help once the time-out is at its maximum.
  const stuck = c.orphan && !hasPatienceLeft(c) && c.backoff >= orphanRetries(c, false);
  if (stuck || isOutOfPatience(c, c.probesOut, c.shutSince)) {
    giveUp(c, isUserTimeoutOver(c, c.shutSince) ? causes.userTimeout : causes.retriesExhausted);
    return;
  }
  c.probesOut++;
  c.backoff = Math.min(c.backoff + 1, 16);
  c.tcp.counters.TCPWinProbe++;
  if (blocked) sendProbe(c);
  else sendIntoSmallWindow(c);
  armProbe(c);
}

/** The window is open but smaller than a segment, and stays so: send what fits (RFC 9293, section 3.8.6.2.1, (4): override). */
function sendIntoSmallWindow(c: Tcb): void {
  c.snd.usualWnd = Math.min(c.snd.usualWnd, 2 * c.snd.wnd);
  c.retransmitMode = 'none';
  // A cork holds no longer than this either (tcp_write_wakeup).
  c.pushNow = true;
  c.sendQueue.pushAll();
  c.tcp.activate(c);
}

function keepAliveTimeout(c: Tcb, now: Micros): void {
  if (!c.settings.keepAlive || c.state === 'CLOSED') return;
  const { sysctls, counters } = c.tcp;
  const wait = keepAliveIdle(c);
  // Only silence is probed: with data on its way the retransmission timer is the judge.
  const idle = now - Math.max(c.lastDataReceivedAt, c.lastAckReceivedAt);
  if (!c.sent.isEmpty || (c.keepAliveProbes === 0 && idle < wait)) {
    c.keepAliveProbes = 0;
    arm(c, c.keepAliveTimer!, c.sent.isEmpty ? wait - idle : wait, 'keep-alive');
    return;
  }
  if (c.keepAliveProbes > 0 && keepAliveIsHopeless(c, idle)) {
    giveUp(c, c.settings.userTimeout ? causes.userTimeout : causes.keepAliveExhausted);
    return;
  }
  c.keepAliveProbes++;
  counters.TCPKeepAlive++;
  sendProbe(c);
  arm(c, c.keepAliveTimer!, (c.settings.keepInterval ?? sysctls.tcp_keepalive_intvl) * 1e6, 'keep-alive');
}

/** The user's limit for silence takes the place of the count of probes (tcp(7): TCP_USER_TIMEOUT; tcp_keepalive_timer). */
function keepAliveIsHopeless(c: Tcb, idle: Micros): boolean {
  const { userTimeout, keepCount } = c.settings;
  if (userTimeout) return idle >= userTimeout * 1000;
  return c.keepAliveProbes >= (keepCount ?? c.tcp.sysctls.tcp_keepalive_probes);
}

/** R2 is reached: the connection is over (RFC 9293, section 3.8.3). What ICMP said is the better reason, if it said something. */
function giveUp(c: Tcb, cause: Cause): void {
  c.tcp.counters.TCPAbortOnTimeout++;
  if (c.state === 'SYN_RECEIVED' && c.listener !== null) drop(c, cause);
  else fail(c, c.softError ?? new TcpError('ETIMEDOUT', 'Connection timed out'), cause, c.state !== 'SYN_SENT');
}
