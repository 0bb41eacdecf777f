import type { Segment } from '../../wire/segment.ts';
import { seqGt, seqLt } from '../../wire/seq.ts';
import { setCongestionState } from '../congestion/window.ts';
import type { Tcb } from '../tcb/tcb.ts';
import type { AckSample } from '../variables/ack-sample.ts';
import { beginReduction, endReduction } from './prr.ts';
import { keepOpen } from './undo.ts';

/**
 * A tail loss probe is out: was what it sent again lost (RFC 8985, section 7.4.2; tcp_process_tlp_ack in net/ipv4/tcp_input.c)? If so
 * the probe has repaired it, before loss detection saw it; but a loss it was, so the window falls.
 */
export function takeProbeAnswer(c: Tcb, segment: Segment, ack: AckSample): void {
  const { loss } = c;
  if (seqLt(segment.ack, loss.probeEnd)) return;
  if (!loss.probeRetransmitted || ack.probeDuplicated) {
    // New data, or a D-SACK: original and probe have both arrived.
    loss.probeOut = false;
  } else if (seqGt(segment.ack, loss.probeEnd)) {
    // What came behind it is acknowledged, and no duplicate was told of: there was a loss.
    beginReduction(c, 'loss', true);
    setCongestionState(c, 'CWR');
    endReduction(c);
    keepOpen(c);
    c.tcp.counters.TCPLossProbeRecovery++;
  } else if (ack.repeated && !ack.duplicate) {
    // The same ACK once more: the probe was a duplicate.
    loss.probeOut = false;
  }
}
