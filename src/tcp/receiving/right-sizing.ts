import { seqDiff } from '../../wire/seq.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { spaceOfWindow } from './space.ts';

/**
 * Dynamic right-sizing (Feng, Fisk, Gardner, Weigle, 2003), as Linux does it (tcp_rcv_space_adjust and tcp_rcvbuf_grow in
 * net/ipv4/tcp_input.c): if the user takes more in a round trip than ever before, the window may be what limits the peer, so
 * the buffer grows, up to `tcp_rmem`'s largest. It never becomes smaller.
 *
 * The round trip is the receiver's own (`receiver-rtt.ts`): one who only receives never measures another but the handshake's,
 * which the queues of a path that is full make longer.
 */

/** The user has taken octets. Is all taken, this is the moment to look; else he may go on, and the end of the batch is. */
export function noteTaken(c: Tcb, octets: number): void {
  c.spaceTaken += octets;
  c.spaceLeft = c.receiveQueue.length;
  if (c.spaceLeft === 0) growBuffer(c);
}

/** Looks, once in a round trip, at what the user has taken in it. */
export function growBuffer(c: Tcb): void {
  const { rcv } = c;
  const { now } = c.tcp;
  if (rcv.rtt === 0 || now - c.spaceSince < rcv.rtt) return;
  // What the user left lying is there because he is slow: a larger window would only make the queue longer.
  const taken = c.spaceTaken - c.spaceLeft;
  if (taken > c.spaceTarget) {
    const before = c.spaceTarget;
    c.spaceTarget = taken;
    growTo(c, wantedWindow(c, taken, before));
  }
  c.spaceTaken = 0;
  c.spaceSince = now;
}

/**
 * A segment has come beyond a hole: what the user can't take yet needs room beside what the peer goes on to send. Not before
 * the connection is accepted, nor once its user is gone: for those who never read there is no reason to promise more.
 */
export function growForHole(c: Tcb): void {
  if (c.user !== null && !c.orphan) growTo(c, wantedWindow(c, c.spaceTarget, c.spaceTarget));
}

/**
 * What is seen is a round trip old, and in slow start the peer doubles in each: so twice what was taken, and the more the
 * faster that grows. Where a round trip takes less than `tcp_rcvbuf_low_rtt` the buffer may come to its size a few
 * milliseconds later: a window that is too large makes the peer's queue long, which then shows as a longer round trip.
 */
function wantedWindow(c: Tcb, taken: number, before: number): number {
  const { rtt, nxt } = c.rcv;
  const { tcp_rcvbuf_low_rtt } = c.tcp.sysctls;
  const window = 2 * taken;
  const growth =
    rtt < tcp_rcvbuf_low_rtt
      ? (window * rtt) / tcp_rcvbuf_low_rtt
      : (2 * window * (taken - before)) / Math.max(before, 1);
  const beyondHole = c.reassembly.isEmpty ? 0 : seqDiff(c.reassembly.end, nxt);
  return window + growth + beyondHole;
}

function growTo(c: Tcb, window: number): void {
  const { tcp, settings } = c;
  const { tcp_rmem, tcp_moderate_rcvbuf } = tcp.sysctls;
  if (settings.receiveBuffer !== null || tcp_moderate_rcvbuf === 0) return; // the user has chosen its size
  const size = Math.min(spaceOfWindow(window), tcp_rmem[2]);
  if (size <= c.receiveBuffer) return;
  if (c.grownBy === 0) tcp.grownBuffers++;
  tcp.grownOctets += size - c.receiveBuffer;
  c.grownBy += size - c.receiveBuffer;
  c.receiveBuffer = size;
}

/** The connection is over: others may have what its buffer grew by. */
export function giveBackBuffer(c: Tcb): void {
  if (c.grownBy === 0) return;
  c.tcp.grownBuffers--;
  c.tcp.grownOctets -= c.grownBy;
  c.grownBy = 0;
}

/** The buffers of all connections together may have grown by so many of the largest. */
const LARGEST_BUFFERS = 1.5;
/** But whatever there are, each connection may have a quarter of a mebibyte. */
const LEAST_SHARE = 262_144;

/**
 * How much of its buffer a connection may use: all, as long as there are few large ones, else its share. Many that all grew to
 * the largest would promise more than the link's queue holds, and the one with the largest window gets the most: 32 flows
 * at once lay 12 to 60 percent apart (measured). Connections whose buffer never grew count for nothing. A buffer whose
 * size the user has chosen is that large.
 */
export function bufferSpace(c: Tcb): number {
  const { sysctls, grownOctets, grownBuffers } = c.tcp;
  const most = LARGEST_BUFFERS * sysctls.tcp_rmem[2];
  if (grownOctets <= most || c.grownBy === 0 || c.settings.receiveBuffer !== null) return c.receiveBuffer;
  return Math.min(c.receiveBuffer, Math.max(LEAST_SHARE, sysctls.tcp_rmem[1], Math.floor(most / grownBuffers)));
}

/** A segment shorter than this tells nothing of how much its peer has to send. */
const GROWS_FROM = 128;

/**
 * What may be promised grows with what comes: with each segment by twice its length, and by two full ones at least, so
 * threefold in a round trip (tcp_grow_window). So who opens a connection and sends nothing has been promised no more than
 * the first window, however large its buffer is.
 * @param room the most that could be promised now
 */
export function growPromise(c: Tcb, length: number, room: number): void {
  const { rcv } = c;
  if (length < GROWS_FROM || rcv.ssthresh >= room) return;
  rcv.ssthresh = Math.min(room, rcv.ssthresh + 2 * Math.max(length, c.advertisedMss));
}
