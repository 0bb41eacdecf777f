// tcp/receiving: the window that we offer and the buffer behind it; when an ACK is due.
import { seqAdd, seqDiff } from '../../wire/seq.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellWindow } from '../tcb/tell.ts';
import { eventCauses, sendCauses } from '../terms/causes.ts';
import { dueAck } from './ack-policy.ts';
import { bufferSpace, growPromise, noteTaken } from './right-sizing.ts';
import { windowOfSpace } from './space.ts';

/** RFC 7323, section 2.3: the shift count is at most 14. */
export const MAX_WSCALE = 14;

/** The shift count that lets the window field express the largest buffer (tcp_select_initial_window). */
export function windowScaleFor(largestBuffer: number): number {
  let shift = 0;
  while (shift < MAX_WSCALE && largestBuffer >>> shift > 0xffff) shift++;
  return shift;
}

/** The first window: whole segments of half the buffer, and never more than an unscaled field can say. */
export function firstWindow(buffer: number, mss: number, clamp: number | null): number {
  const space = windowOfSpace(buffer);
  const whole = space > mss ? space - (space % mss) : space;
  return Math.min(0xffff, whole, clamp ?? 0xffff);
}

export const initialWindow = (c: Tcb): number => firstWindow(c.receiveBuffer, c.advertisedMss, c.settings.windowClamp);

/** The octets that the peer may still send: the right edge that it was told, less what has come. */
export const receiveWindow = (c: Tcb): number => Math.max(0, c.rcv.wnd - seqDiff(c.rcv.nxt, c.rcv.acked));

/** What the window can be at the most: half the buffer, what the user allows, and what its field can say. */
const largestWindow = (c: Tcb): number =>
  Math.min(windowOfSpace(bufferSpace(c)), c.settings.windowClamp ?? 0x3fffffff, 0xffff << c.rcv.wscale);

/** A segment in order is about to be queued: what may be promised grows with it. */
export function noteArrival(c: Tcb, length: number): void {
  growPromise(c, length, largestWindow(c) - c.receiveQueue.length);
}

/**
 * Chooses the window for the segment that is about to leave (RFC 9293, section 3.8.6.2.2: the right edge moves only by
 * at least an MSS or half the buffer, never left, unless `tcp_shrink_window` lets it), and sets RCV.WND to it.
 */
export function selectWindow(c: Tcb): number {
  const { rcv } = c;
  const edge = rightEdge(c);
  const window = rcv.wscale > 0 && c.tcp.sysctls.tcp_shrink_window !== 0 ? windowOfRoom(c) : windowThatStays(c);
  if ((window === 0) !== (rcv.wnd === 0)) countZeroWindow(c, window);
  rcv.wnd = window;
  rcv.acked = rcv.nxt;
  rcv.shrunkBy = Math.max(0, seqDiff(edge, seqAdd(rcv.nxt, window)));
  return window >>> rcv.wscale;
}

function windowThatStays(c: Tcb): number {
  const current = receiveWindow(c);
  const whole = windowOfSpace(bufferSpace(c));
  const { length } = c.receiveQueue;
  const space = Math.min(Math.max(0, whole - length), c.rcv.ssthresh);
  const step = Math.min(whole >> 1, c.rcv.mss);
  const clamp = c.settings.windowClamp;
  let window = space - current >= step || length === 0 ? space : current;
  if (clamp !== null && window > clamp) window = clamp;
  if (window < current) window = current;
  // Rounded up to what the field can say, or the edge would move left by the rounding (RFC 7323, section 2.4).
  const unit = 1 << c.rcv.wscale;
  window = Math.min((window + unit - 1) & -unit, 0xffff << c.rcv.wscale);
  if (window < current) window = current & -unit;
  return window;
}

/** No window at all is told where less than this part of the largest is free. */
const WORTH_TELLING = 1 / 16;

/**
 * What there is room for, though more was promised before (`tcp_shrink_window`; __tcp_select_window in net/ipv4/tcp_output.c):
 * where the scale is coarse, what rounding promises too much adds up to more than the buffer, else.
 */
function windowOfRoom(c: Tcb): number {
  const { rcv } = c;
  const unit = 1 << rcv.wscale;
  const whole = windowOfSpace(bufferSpace(c));
  const space = Math.max(0, whole - c.receiveQueue.length) & -unit;
  const most = Math.min(whole, largestWindow(c));
  if (space < whole >> 1 && (space < most * WORTH_TELLING || space < rcv.mss)) return 0;
  const promised = (rcv.ssthresh + unit - 1) & -unit;
  return Math.min(space, promised, c.settings.windowClamp ?? space, 0xffff << rcv.wscale);
}

/** The window is shut now, or open again. */
function countZeroWindow(c: Tcb, window: number): void {
  if (window === 0) c.tcp.counters.TCPToZeroWindowAdv++;
  else c.tcp.counters.TCPFromZeroWindowAdv++;
  tellWindow(c, 'own', c.rcv.wnd, window, window === 0 ? eventCauses.windowFull : eventCauses.windowRead);
}

/** The user has taken octets: the window may open. */
export function userTookOctets(c: Tcb, octets: number): void {
  noteTaken(c, octets);
  // Nothing has come since the SYN (Fast Open): the window of the SYN-ACK is whole still.
  if (c.bytesReceived === c.rcv.synOctets) return;
  // Worth telling the peer: the window opened from (nearly) nothing, or by a good part of the buffer (tcp_cleanup_rbuf).
  const window = receiveWindow(c);
  const most = largestWindow(c);
  if (2 * window > most) return;
  const whole = windowOfSpace(bufferSpace(c));
  const space = Math.min(whole - c.receiveQueue.length, most, c.rcv.ssthresh);
  // With a window that is kept smaller than that by its user, all of it is a step.
  const step = Math.min(whole >> 1, most >> 1, 2 * c.rcv.mss);
  if (space - window >= step && space >= 2 * window && !c.finReceived) {
    dueAck(c, sendCauses.ackWindow);
    c.tcp.activate(c);
  }
}

/** The edge beyond which octets are not acceptable: the furthest one that was told. */
export const rightEdge = (c: Tcb): number => seqAdd(c.rcv.acked, c.rcv.wnd + c.rcv.shrunkBy);
