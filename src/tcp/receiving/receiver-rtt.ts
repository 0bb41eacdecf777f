import type { Segment } from '../../wire/segment.ts';
import { seqAdd, seqLt } from '../../wire/seq.ts';
import type { Tcb } from '../tcb/tcb.ts';

/**
 * The round trip as a receiver can see it that sends no data of its own (`tcpi_rcv_rtt`), for the size of the receive buffer.
 * Two things tell of it (net/ipv4/tcp_input.c), both with each segment in order.
 */

/**
 * How long a whole window takes to come: never shorter than a round trip, so the least of all is taken (tcp_rcv_rtt_measure).
 * Called behind RCV.NXT's moving on.
 */
export function measureByWindow(c: Tcb): void {
  const { rcv } = c;
  const { now } = c.tcp;
  if (rcv.rttWaits) {
    if (seqLt(rcv.nxt, rcv.rttEdge)) return;
    const sample = Math.max(1, Math.round(now - rcv.rttSince));
    if (rcv.rtt === 0 || sample < rcv.rtt) rcv.rtt = sample;
  }
  rcv.rttWaits = true;
  rcv.rttEdge = seqAdd(rcv.nxt, rcv.wnd);
  rcv.rttSince = now;
}

/**
 * The age of the echo of our timestamp in a full segment (tcp_rcv_rtt_measure_ts). What is shorter than a tick of that clock is
 * left to the other measure. A shorter sample counts at once; longer ones are smoothed, as the sender's are, and only while
 * the user keeps up: behind a queue that it leaves lying, the peer waits for the window, not for the path. So it is called before the segment is queued.
 */
export function measureByEcho(c: Tcb, segment: Segment): void {
  const { rcv } = c;
  if (!c.timestamps || !segment.hasTimestamps) return;
  if (segment.tsEcr === rcv.rttEcho || segment.length < rcv.mss) return;
  rcv.rttEcho = segment.tsEcr;
  const ticks = (c.tsNow(c.tcp.now) - segment.tsEcr) | 0;
  if (ticks <= 0) return; // less than a tick, or an echo of nothing that we sent
  const sample = ticks * 1000;
  if (rcv.rtt === 0 || sample < rcv.rtt) rcv.rtt = sample;
  else if (c.receiveQueue.length === 0) rcv.rtt = Math.round(rcv.rtt + (sample - rcv.rtt) / 8);
}
