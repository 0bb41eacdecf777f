import type { Tcb } from '../tcb/tcb.ts';

/**
 * Dynamic right-sizing (Feng, Fisk, Gardner, Weigle, 2003), as Linux does it (tcp_rcv_space_adjust): if the user takes
 * more in a round trip than ever before, the window may be what limits the peer, so the buffer grows to twice that and
 * some more, up to `tcp_rmem`'s largest.
 */
export function growBuffer(c: Tcb, octets: number): void {
  const { now, sysctls } = c.tcp;
  if (c.settings.receiveBuffer !== null) return; // the user has chosen its size
  c.spaceTaken += octets;
  if (now - c.spaceSince < c.rtt.srtt || c.rtt.srtt === 0) return;
  if (c.spaceTaken > c.spaceTarget) {
    const grow = c.spaceTarget > 0 ? (c.spaceTaken - c.spaceTarget) / c.spaceTarget : 0;
    const window = (2 * c.spaceTaken + 16 * c.advertisedMss) * (1 + Math.min(2 * grow, 2));
    c.receiveBuffer = Math.max(c.receiveBuffer, Math.min(Math.ceil(2 * window), sysctls.tcp_rmem[2]));
    c.spaceTarget = c.spaceTaken;
  }
  c.spaceTaken = 0;
  c.spaceSince = now;
}

/** All connections together may fill this many of the largest buffers; but each may have a quarter of a mebibyte. */
const LARGEST_BUFFERS = 4;
const LEAST_SHARE = 262_144;

/**
 * How much of its buffer a connection may use: its share of what all have. Many that all grew to the largest would promise
 * more than the link's queue holds, and the one with the largest window gets the most: 32 flows at once lay 12 to 60 percent
 * apart (measured). A buffer whose size the user has chosen is that large.
 */
export function bufferSpace(c: Tcb): number {
  const { sysctls, connections } = c.tcp;
  if (c.settings.receiveBuffer !== null) return c.receiveBuffer;
  const share = (LARGEST_BUFFERS * sysctls.tcp_rmem[2]) / connections.count;
  return Math.min(c.receiveBuffer, Math.max(LEAST_SHARE, sysctls.tcp_rmem[1], Math.floor(share)));
}
