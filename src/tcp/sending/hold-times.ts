import { DOUBLE } from '../../basics/double.ts';
import { seqAdd, seqDiff } from '../../wire/seq.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellHold } from '../tcb/tell.ts';
import { type Cause, sendCauses } from '../terms/causes.ts';
import { HOLD_REASONS, type HoldReason } from '../terms/holds.ts';
import { sendSpace } from './buffer.ts';
import { gate, isHeldByPace } from './gate.ts';

/**
 * What holds a connection back: looked at whenever it has sent what it could, so that at every moment there is one reason, and
 * all its time is accounted for (as tcp_chrono_start in net/ipv4/tcp_output.c does for three of them).
 */

/** An array of doubles: a Float64Array is three objects, one of them outside of the heap (272 bytes for each connection, measured). */
const NO_TIMES = HOLD_REASONS.map(() => DOUBLE).fill(0);

/** Nothing more is sent for now, because of `hold`. */
export function noteHold(c: Tcb, hold: HoldReason): void {
  if (hold !== c.hold) changeHold(c, hold);
}

/** The connection is over: no time counts any more. */
export function endHold(c: Tcb): void {
  if (c.hold !== 'idle') changeHold(c, 'idle');
}

function changeHold(c: Tcb, hold: HoldReason): void {
  const { now } = c.tcp;
  const before = c.hold;
  const lasted = now - c.holdSince;
  c.holdTimes ??= NO_TIMES.slice();
  c.holdTimes[HOLD_REASONS.indexOf(before)]! += lasted;
  c.hold = hold;
  c.holdSince = now;
  tellHold(c, before, lasted);
}

/** So long, in microseconds, has `reason` held the connection back, up to now. */
export function heldFor(c: Tcb, reason: HoldReason): number {
  const before = c.holdTimes?.[HOLD_REASONS.indexOf(reason)] ?? 0;
  return c.hold === reason ? before + c.tcp.now - c.holdSince : before;
}

/** With octets out or to send, since the handshake, in microseconds (tcp_info: tcpi_busy_time). */
export function busyTime(c: Tcb): number {
  let time = 0;
  for (const reason of HOLD_REASONS) if (reason !== 'idle' && reason !== 'handshake') time += heldFor(c, reason);
  return time;
}

/** What keeps the next segment from leaving once the handshake is complete, in the order in which `output` asks. */
export function holdOf(c: Tcb): HoldReason {
  const { snd, sent, sendQueue } = c;
  const unsent = seqDiff(sendQueue.end, snd.nxt);
  const unsentFin = c.finQueued && !c.finSent;
  if (sent.lost > 0 && sent.firstToRetransmit() !== null) {
    if (c.tcp.turnLeft <= 0) return 'turn';
    return c.pacing !== null && c.cc.cwnd > c.inFlight && isHeldByPace(c) ? 'pacing' : 'recovery';
  }
  if (unsent <= 0 && !unsentFin) {
    if (sent.isEmpty) return 'idle';
    // Who has written all that he wanted waits for no room, however full the buffer is (tcp_cwnd_validate: SOCK_NOSPACE).
    return c.wantsSpace && sendSpace(c) <= 0 && !c.finQueued ? 'sndbuf' : 'application';
  }
  if (c.tcp.turnLeft <= 0) return 'turn';
  // Where both windows are full, the congestion window counts (tcp_write_xmit asks it first).
  const hasRoom = gate.roomForNew(c) > 0;
  if (!hasRoom && c.cc.cwnd <= c.inFlight) return isRepairing(c) ? 'recovery' : 'cwnd';
  const usable = seqDiff(seqAdd(snd.una, snd.wnd), snd.nxt);
  if (usable <= 0) return 'rwnd';
  if (!hasRoom) return c.pacing !== null && isHeldByPace(c) ? 'pacing' : 'cwnd';
  // There is room, and yet nothing leaves: the window is too small for all that is left and for a segment, or that is too short.
  if (unsent >= snd.mss || unsent > usable) return 'rwnd';
  return c.settings.cork || c.moreComing ? 'cork' : 'nagle';
}

/** A loss has made the congestion window smaller; in Disorder there are only signs of one (tcp_ca_state). */
function isRepairing(c: Tcb): boolean {
  const { congestionState } = c.loss;
  return congestionState === 'Recovery' || congestionState === 'Loss';
}

const CAUSE_AFTER: Readonly<Record<HoldReason, Cause>> = {
  idle: sendCauses.newData,
  handshake: sendCauses.afterHandshake,
  application: sendCauses.newData,
  sndbuf: sendCauses.roomInBuffer,
  nagle: sendCauses.nagleOver,
  cork: sendCauses.uncorked,
  cwnd: sendCauses.roomInCwnd,
  recovery: sendCauses.roomInRecovery,
  rwnd: sendCauses.roomInWindow,
  turn: sendCauses.itsTurn,
  pacing: sendCauses.itsTime,
};

/** Why data leaves now that did not leave before: what held it back does no longer. */
export interface Release {
  readonly cause: Cause;
  /** The event that released it; 0: none that was made. */
  readonly event: number;
}

/** Of a connection that is not observed. */
export const NOT_TOLD: Release = { cause: sendCauses.newData, event: 0 };

export const releaseOf = (c: Tcb): Release => ({ cause: causeOfRelease(c), event: eventOfRelease(c) });

function causeOfRelease(c: Tcb): Cause {
  if (c.pushNow && c.hold === 'rwnd') return sendCauses.smallWindow;
  if (c.loss.congestionState === 'Disorder' && c.hold === 'cwnd') return sendCauses.limitedTransmit;
  return CAUSE_AFTER[c.hold];
}

function eventOfRelease(c: Tcb): number {
  const { links } = c;
  if (links === null) return 0;
  // The timer of a window that stays small, or the user who wants no delay: neither is an ACK's doing, nor a write's.
  if (c.pushNow) return links.woken;
  switch (c.hold) {
    case 'cwnd':
    case 'recovery':
    case 'rwnd':
      return links.news || links.woken;
    case 'nagle':
      // An ACK, or more data, or the end of it: what came last, and events have growing numbers.
      return Math.max(links.news, links.call) || links.woken;
    case 'idle':
    case 'application':
    case 'sndbuf':
      return links.call || links.woken;
    case 'handshake':
    case 'cork':
    case 'turn':
    case 'pacing':
      return links.woken;
    default:
      return c.hold satisfies never;
  }
}
