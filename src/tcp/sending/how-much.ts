import { type Seq, seqAdd, seqGt } from '../../wire/seq.ts';
import { superSegmentSegments } from '../congestion/pacing.ts';
import { octetsOfPlan, planOptions } from '../receiving/acc-ecn.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { CEP_AT_FIRST } from '../variables/ecn.ts';

/** 20 octets and 40 of options (RFC 9293, section 3.1). */
const MAX_TCP_HEADER = 60;

/** Not now, and only a probe will bring it about: the window is closed, or too small to be worth a segment. */
export const WAIT_FOR_WINDOW = -1;

/**
 * How many octets to send now: 0 to wait for an ACK, `WAIT_FOR_WINDOW` to wait for the window. Here is the sender's
 * side of silly-window avoidance (RFC 9293, section 3.8.6.2.1): whole segments, or the last octets of the queue, or
 * half of the largest window ever offered.
 * @param longest octets that one segment may have, `superSegmentOctets`: less than `mss` counts as `mss`
 */
export function segmentLength(
  c: Tcb,
  mss: number,
  longest: number,
  unsent: number,
  usable: number,
  room: number,
): number {
  const { usualWnd, nxt, una } = c.snd;
  if (unsent <= 0) return 0;
  if (usable <= 0) return WAIT_FOR_WINDOW;
  if (room <= 0) return 0;
  const allowed = Math.min(usable, room * mss, Math.max(longest, mss));
  if (unsent <= allowed) {
    const tail = unsent % mss;
    if (tail === 0 || mayBeSmall(c, seqAdd(nxt, unsent))) return unsent;
    return unsent - tail; // 0 when it is all tail: Nagle waits for the ACK
  }
  const whole = allowed - (allowed % mss);
  if (whole > 0) return whole;
  // The window is smaller than a segment: worth it if it is a good part of what the peer has at all.
  if (allowed >= usualWnd >> 1) return allowed;
  return nxt === una ? WAIT_FOR_WINDOW : 0;
}

/**
 * Nagle's algorithm (RFC 9293, section 3.7.4) in Minshall's variant, as Linux has it: the last, short segment waits
 * while another short one is unacknowledged. A FIN behind it carries it off at once, and so do urgent data.
 */
function mayBeSmall(c: Tcb, end: Seq): boolean {
  // Nothing can join the end of a record, so there is nothing to wait for.
  if (end !== c.sendQueue.end || c.finQueued || c.pushNow) return true;
  if (c.sendingUrgent) return true; // what is urgent waits for no rule of thrift (tcp_nagle_test)
  if (c.settings.cork || c.moreComing) return false;
  if (c.settings.noDelay) return true;
  return !seqGt(c.snd.smallEnd, c.snd.una) || seqGt(c.snd.smallEnd, c.snd.nxt);
}

/** Octets of the longest segment to send: many MSS where the link cuts super-segments, as many as the rate lets; else one. */
export function superSegmentOctets(c: Tcb, mss: number): number {
  const { network } = c.tcp;
  // The urgent pointer counts from each segment's own first octet, which the device that cuts a super-segment doesn't know.
  // And of source routes, whose final destination the checksum covers, only we know.
  if (network.gsoMaxSize === 0 || c.sendingUrgent || c.ipOptions !== null || hasCwrInAce(c)) return mss;
  const room = network.gsoMaxSize - network.headerLength(c.remote) - MAX_TCP_HEADER;
  const most = Math.max(mss, room - (room % mss));
  return Math.min(most, superSegmentSegments(c, mss, most) * mss);
}

/**
 * A device that cuts a super-segment leaves CWR to its first segment alone (RFC 3168, section 6.1.2). In AccECN the bit is part of a
 * counter, which each segment has to tell.
 */
const hasCwrInAce = ({ ecn }: Tcb): boolean => ecn?.mode === 'accurate' && ((ecn.receivedCe + CEP_AT_FIRST) & 2) !== 0;

/** Eff.snd.MSS (RFC 9293, section 3.7.1): what fits beside the options that the next segment carries. */
export function effectiveMss(c: Tcb): number {
  const { mss } = c.snd;
  const plain = (c.ecn === null || c.ecn.mode !== 'accurate') && (!c.sackPermitted || c.sackBlocks.isEmpty);
  return plain ? mss : mss - octetsOfPlan(planOptions(c));
}
