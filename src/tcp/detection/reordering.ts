import { type Seq, seqDiff, seqLt } from '../../wire/seq.ts';
import { deliveries } from '../queues/deliveries.ts';
import type { Tcb } from '../tcb/tcb.ts';
import type { AckSample } from '../variables/ack-sample.ts';

/**
 * The degree of reordering: so many segments may be overtaken and still arrive. It begins at `tcp_reordering`, and grows when one
 * arrives that was sent once, and that more had overtaken (RFC 4653 has the idea; tcp_check_sack_reordering in
 * net/ipv4/tcp_input.c).
 */

/** An ACK has been taken in: did it show that something had been overtaken? */
export function noteReordering(c: Tcb, ack: AckSample): void {
  if (c.sackPermitted) {
    if (deliveries.overtaken) noteOvertaken(c, deliveries.firstOvertaken, 'TCPSACKReorder');
    return;
  }
  limitDuplicateAcks(c, ack.acked?.count ?? 0);
}

/** What begins at `seq` arrived late, and not because it was sent again. @param counter by what that is known */
export function noteOvertaken(c: Tcb, seq: Seq, counter: 'TCPSACKReorder' | 'TCPTSReorder'): void {
  const { snd, tcp, loss } = c;
  const highest = c.sent.highestSacked(snd.una);
  if (!seqLt(seq, highest)) return;
  const segments = Math.ceil(seqDiff(highest, seq) / snd.mss);
  if (segments > loss.reordering) loss.reordering = Math.min(segments, tcp.sysctls.tcp_max_reordering);
  c.reorderingSeen++;
  tcp.counters[counter]++;
}

/** Without SACK: more duplicate ACKs than segments that can have arrived beyond a hole were no sign of a loss (tcp_check_reno_reordering). */
function limitDuplicateAcks(c: Tcb, acknowledged: number): void {
  const { loss, sent, tcp } = c;
  if (loss.duplicateAcks === 0) return;
  const holes = Math.min(Math.max(sent.lost, 1), sent.segments);
  if (loss.duplicateAcks + holes <= sent.segments) return;
  loss.duplicateAcks = sent.segments - holes;
  // (Linux takes it even where it is less than was known before: a flight of two would end with a threshold of two.)
  const overtaken = Math.min(sent.segments + acknowledged, tcp.sysctls.tcp_max_reordering);
  loss.reordering = Math.max(loss.reordering, overtaken);
  c.reorderingSeen++;
  tcp.counters.TCPRenoReorder++;
}
