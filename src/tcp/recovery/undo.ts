import type { Segment } from '../../wire/segment.ts';
import { seqLt } from '../../wire/seq.ts';
import { noteWindow } from '../congestion/window.ts';
import type { Acknowledged } from '../queues/retransmission-queue.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { causes } from '../terms/causes.ts';

/** Remembers what the windows were, in case the retransmissions prove needless. */
export function beginEpisode(c: Tcb): void {
  if (c.congestionState === 'Recovery') return; // a time-out within: the first memory counts
  c.recover = c.snd.nxt;
  c.recoveredOnce = true;
  c.undoable = true;
  c.undoMarker = c.snd.una;
  // What was sent again in the episode before and is still out counts in this one: its D-SACK proves nothing of ours, nor does
  // an ACK that answers it (tcp_init_undo in net/ipv4/tcp_input.c; `retransmit` keeps the time).
  c.undoRetrans = c.sent.retransmitted;
  c.retransmittedAny = false;
  c.priorCwnd = c.cwnd;
  c.priorSsthresh = c.ssthresh;
}

/**
 * Was it reordering or delay, not loss? Every retransmission came back as a D-SACK (RFC 3708), or the echoed timestamp is
 * older than the first retransmission, so the ACK answers the original (RFC 3522: Eifel).
 */
export function mayUndo(c: Tcb, segment: Segment, acked: Acknowledged | null): boolean {
  if (!c.retransmittedAny || !seqLt(c.undoMarker, c.snd.nxt)) return false;
  if (c.undoRetrans === 0) return true;
  if (acked === null || !c.timestamps || !segment.hasTimestamps || segment.tsEcr === 0) return false;
  return ((segment.tsEcr - c.firstRetransmitTs) | 0) < 0;
}

/** Back to the windows before (RFC 4015; tcp_undo_cwnd_reduction). */
export function undo(c: Tcb): void {
  const { counters } = c.tcp;
  if (c.congestionState === 'Loss') counters.TCPLossUndo++;
  else counters.TCPFullUndo++;
  c.sent.forgetLost();
  c.cwnd = Math.max(c.cwnd, c.priorCwnd);
  c.ssthresh = Math.max(c.ssthresh, c.priorSsthresh);
  c.congestionState = 'Open';
  c.duplicateAcks = 0;
  c.undoable = false;
  noteWindow(c, causes.undone);
}
