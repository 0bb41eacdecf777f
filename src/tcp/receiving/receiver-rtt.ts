import type { Segment } from '../../wire/segment.ts';
import { seqAdd, seqLt } from '../../wire/seq.ts';
import type { Tcb } from '../tcb/tcb.ts';

/**
 * The round trip as a receiver can see it that sends no data of its own, for `tcpi_rcv_rtt`: from the echo of our timestamp
 * in a full segment (tcp_rcv_rtt_measure_ts), smoothed as the sender's is; without timestamps from how long a whole window takes
 * to come, the least of all (tcp_rcv_rtt_measure). Called with each segment in order, once RCV.NXT has moved on.
 */
export function measureReceiveRtt(c: Tcb, segment: Segment): void {
  const { rcv } = c;
  const { now } = c.tcp;
  if (c.timestamps && segment.hasTimestamps) {
    if (segment.tsEcr === rcv.rttEcho || segment.length < rcv.mss) return;
    rcv.rttEcho = segment.tsEcr;
    const ticks = (c.tsNow(now) - segment.tsEcr) | 0;
    if (ticks < 0) return; // an echo of nothing that we sent
    const sample = Math.max(ticks, 1) * 1000;
    rcv.rtt = rcv.rtt === 0 ? sample : Math.round(rcv.rtt + (sample - rcv.rtt) / 8);
    return;
  }
  if (rcv.rttWaits) {
    if (seqLt(rcv.nxt, rcv.rttEdge)) return;
    const sample = Math.max(1, Math.round(now - rcv.rttSince));
    rcv.rtt = rcv.rtt === 0 ? sample : Math.min(rcv.rtt, sample);
  }
  rcv.rttWaits = true;
  rcv.rttEdge = seqAdd(rcv.nxt, rcv.wnd);
  rcv.rttSince = now;
}
