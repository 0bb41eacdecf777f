import type { Connection } from '../../tcp/user/connection.ts';
import { seqAdd, seqDiff } from '../../wire/seq.ts';

/** The longest super-segment, less room for headers (GSO_LEGACY_MAX_SIZE). */
const SUPER_SEGMENT_MAX = 65_535 - 40;

/** What a buffer costs beside its octets: its structures, and room for headers (skb->truesize on a 64-bit machine). */
const OVERHEAD = 1280;

/**
 * How many of `wanted` octets Linux would take into the send buffer at once (tcp_sendmsg_locked). It fills one buffer of
 * up to a super-segment after the other, and begins another as long as less than SO_SNDBUF is queued, so that it takes up
 * to a super-segment more than one might think. How much that is shows in what a write returns that doesn't block.
 */
export function acceptedOctets(c: Connection, wanted: number): number {
  const goal = bufferGoal(c);
  const lowWater = c.notSentLowat;
  const limit = c.sendBufferSize;
  let queued = c.sendQueueLength + Math.ceil(c.sendQueueLength / goal) * OVERHEAD;
  let unsent = Math.max(0, seqDiff(c.sendQueue.end, c.snd.nxt));
  let sendable = sendableOctets(c);
  // One packet takes no more than half of the congestion window (tcp_cwnd_test).
  const packetMax = Math.max(1, c.cc.cwnd >> 1) * c.snd.mss;
  let taken = 0;
  while (taken < wanted) {
    let room = (goal - (unsent % goal)) % goal;
    if (unsent === 0 || room === 0) {
      if (queued >= limit || unsent >= lowWater) break;
      room = goal;
      queued += OVERHEAD;
    }
    const octets = Math.min(room, wanted - taken);
    taken += octets;
    queued += octets;
    unsent += octets;
    // A full buffer that is the first one leaves while the rest is still being copied; what can't leave is filled up again.
    if (unsent === goal) {
      const leaves = Math.min(unsent, sendable, packetMax);
      sendable -= leaves;
      unsent -= leaves;
    }
  }
  return taken;
}

/** Whole segments, no longer than a super-segment or half of the peer's largest window (tcp_bound_to_half_wnd). */
function bufferGoal(c: Connection): number {
  const { mss, maxWnd } = c.snd;
  const bound = maxWnd > 536 ? maxWnd >> 1 : maxWnd;
  const octets = Math.min(SUPER_SEGMENT_MAX, Math.max(bound, mss));
  return Math.max(mss, octets - (octets % mss));
}

function sendableOctets(c: Connection): number {
  const { mss, una, wnd, nxt } = c.snd;
  const window = Math.max(0, seqDiff(seqAdd(una, wnd), nxt));
  const octets = Math.min(window, Math.max(0, c.cc.cwnd - c.inFlight) * mss);
  return octets - (octets % mss);
}
