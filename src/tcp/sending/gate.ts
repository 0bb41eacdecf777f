import type { Micros } from '../../time/wheel.ts';
import { pacingRate } from '../congestion/pacing.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { armPacing } from '../tcb/timers.ts';
import type { Pacing } from '../variables/pacing.ts';

/** How many segments may leave now; 0 or less: none. All data pass here, on their first way and on each later one. */
export interface Gate {
  /** Of those that were never sent. */
  roomForNew(c: Tcb): number;
  /** Of those that are believed lost. */
  roomToRetransmit(c: Tcb): number;
}

/** The congestion window; less while it fills again after an undo (recovery/undo.ts). */
const mayBeOut = ({ cc, loss }: Tcb): number => Math.min(cc.cwnd, loss.outAtMost);

/** As many as the congestion window takes, at once. */
const window: Gate = {
  roomForNew: (c) => mayBeOut(c) - c.inFlight,

  /** Where nothing else is on its way, one leaves whatever the window says: no ACK would come to open it. */
  roomToRetransmit(c) {
    const { inFlight } = c;
    return Math.max(mayBeOut(c) - inFlight, inFlight === 0 ? 1 : 0);
  },
};

/** The same for a connection that is not paced; else none before its time. */
export const gate: Gate = {
  roomForNew(c) {
    const room = window.roomForNew(c);
    return c.pacing !== null && room > 0 && waitsForDeparture(c) ? 0 : room;
  },

  roomToRetransmit(c) {
    const room = window.roomToRetransmit(c);
    return c.pacing !== null && room > 0 && waitsForDeparture(c) ? 0 : room;
  },
};

/**
 * Pacing: each segment has an earliest time of departure, when the one before has had its time at the pacing rate (RFC 9002,
 * section 7.7; Linux: tcp_pacing_check and tcp_update_skb_after_send in net/ipv4/tcp_output.c). New data and what is sent
 * again both wait for it; SYN, FIN without data, ACKs and probes don't.
 */

/** The first segments of a connection aren't spread: so many make no burst (Linux: `data_segs_out >= 10`). */
const UNPACED_SEGMENTS = 10;

/**
 * So much later than the time of departure, in microseconds, may a segment leave without the next ones being late, too: an
 * event loop that sleeps in milliseconds wakes late each time, and the path would get less than the rate. What would have
 * left meanwhile then leaves at once. More is not made up for: that would be a burst.
 */
const LATE_AT_MOST: Micros = 4000;

/** Something could leave, but its time has not come. The timer is set for it. */
export function waitsForDeparture(c: Tcb): boolean {
  const { pacing } = c;
  if (pacing === null || pacing.departure <= c.tcp.now) return false;
  pacing.waits = true;
  armPacing(c, pacing);
  return true;
}

/** The same, for those who only want to know. */
export const isHeldByPace = (c: Tcb): boolean => c.pacing !== null && c.pacing.departure > c.tcp.now;

/** `octets` of data leave now: when may the next ones? */
export function noteDeparture(c: Tcb, pacing: Pacing, octets: number): void {
  const { now } = c.tcp;
  const rate = pacingRate(c);
  const began = beginsAt(pacing, now);
  if (octets === 0 || rate === 0 || rate === Number.POSITIVE_INFINITY || c.dataSegsOut < UNPACED_SEGMENTS) {
    pacing.departure = now;
    pacing.waits = false;
    return;
  }
  // No slower than an octet a second, as with Linux's whole numbers: a rate just above 0 would make the departure infinite.
  const lasts = (octets * 1e6) / Math.max(rate, 1);
  // Not held by the pace, but by what there was to send or by the window: at most half of a segment's time is given back.
  const from = pacing.waits ? began : Math.max(began, now - lasts / 2);
  pacing.departure = from + lasts;
  if (pacing.departure <= now) return; // it is still late: the next one leaves at once
  pacing.waits = false;
}

/** When the segment that leaves now should have left. */
function beginsAt(pacing: Pacing, now: Micros): Micros {
  return Math.min(now, Math.max(pacing.departure, now - LATE_AT_MOST));
}
