import { seqDiff } from '../../wire/seq.ts';
import type { Tcb } from '../tcb/tcb.ts';

/** A sender whose window is small gets a buffer for this many segments all the same (TCP_INIT_CWND). */
const SEGMENTS_LEAST = 10;
/** Two windows: one is on its way, the other is there when the ACKs of the first come; all that one ACK releases leaves at once. */
const WINDOWS = 2;

/** The send buffer's size, in octets: what the user has set, else what it has grown to. */
export const sendBuffer = (c: Tcb): number => c.settings.sendBuffer ?? c.sendBuffer;

/**
 * The congestion window may have grown, and the send buffer follows it, within `tcp_wmem` (tcp_sndbuf_expand in
 * net/ipv4/tcp_input.c). It never becomes smaller: after a loss the window is, but what was sent before waits for the one
 * segment that is missing, and new octets must find room beside it, or recovery would be held back for want of them.
 */
export function growSendBuffer(c: Tcb): void {
  const { cc, snd } = c;
  const wanted = (cc.algorithm.sendBufferWindows ?? WINDOWS) * Math.max(cc.cwnd, SEGMENTS_LEAST) * snd.mss;
  if (wanted <= c.sendBuffer) return;
  c.sendBuffer = Math.max(
    c.sendBuffer,
    Math.min(wanted, c.tcp.sysctls.tcp_wmem[2], Math.max(GROWS_FREELY, worthHaving(c))),
  );
}

/** Up to here a send buffer follows the window alone: Linux's largest. */
const GROWS_FREELY = 4 * 2 ** 20;
/** So many times what the path holds: two windows, each of which may have as much again in a queue. */
const PATH_FULLS = 4;

/**
 * More than that only fills queues, and the memory that the octets lie in falls out of the processor's caches: on a path of 0.3 ms
 * 28 MB were out where 1 MB fits (measured), and a round trip took 5 ms.
 */
function worthHaving({ delivery, rtt, snd }: Tcb): number {
  const { rateSegments, rateInterval } = delivery;
  if (rateInterval === 0) return Number.POSITIVE_INFINITY;
  return (PATH_FULLS * rateSegments * snd.mss * rtt.minRtt) / rateInterval;
}

/** How much more the user may write, in octets; zero or below: no more for now. */
export function sendSpace(c: Tcb): number {
  const space = sendBuffer(c) - c.sendQueue.length;
  const lowWater = notSentLowat(c);
  return lowWater === NO_LOWAT ? space : Math.min(space, lowWater - unsentOctets(c));
}

const NO_LOWAT = 0xffff_ffff;

/** TCP_NOTSENT_LOWAT: so many octets that were never sent are enough (tcp_notsent_lowat in include/net/tcp.h). */
export const notSentLowat = (c: Tcb): number => c.settings.notSentLowat || c.tcp.sysctls.tcp_notsent_lowat;

const unsentOctets = (c: Tcb): number => Math.max(0, seqDiff(c.sendQueue.end, c.snd.nxt));

/**
 * Octets have left for the first time, of which `before` were waiting. The user who has stopped writing for TCP_NOTSENT_LOWAT is told
 * when only half of that waits, so that it need not come for each segment (__tcp_stream_memory_free).
 */
export function noteSent(c: Tcb, before: number): void {
  const lowWater = notSentLowat(c);
  if (lowWater === NO_LOWAT || c.user === null) return;
  if (2 * before >= lowWater && 2 * unsentOctets(c) < lowWater) c.tellWritable = true;
}
