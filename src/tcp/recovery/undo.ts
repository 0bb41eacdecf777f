import type { Segment } from '../../wire/segment.ts';
import { seqLt } from '../../wire/seq.ts';
import { rememberWindow, restoreWindow } from '../congestion/window.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellLoss } from '../tcb/tell.ts';
import { causes } from '../terms/causes.ts';
import type { AckSample } from '../variables/ack-sample.ts';
import { withdrawReduction } from './ecn.ts';

/** Remembers what the windows were, in case the retransmissions prove needless. */
export function beginEpisode(c: Tcb): void {
  const { loss } = c;
  if (loss.congestionState === 'Recovery') return; // a time-out within: the first memory counts
  loss.recover = c.snd.nxt;
  loss.recoveredOnce = true;
  loss.undoable = true;
  loss.undoMarker = c.snd.una;
  // What was sent again in the episode before and is still out counts in this one: its D-SACK proves nothing of ours, nor does
  // an ACK that answers it (tcp_init_undo in net/ipv4/tcp_input.c; `retransmit` keeps the time).
  loss.undoRetrans = c.sent.retransmitted;
  loss.retransmittedAny = false;
  rememberWindow(c);
}

/**
 * Was it reordering or delay, not loss? Every retransmission came back as a D-SACK (RFC 3708), or the echoed timestamp is
 * older than the first retransmission, so the ACK answers the original (RFC 3522: Eifel).
 */
export function mayUndo(c: Tcb, segment: Segment, ack: AckSample): boolean {
  const { loss } = c;
  if (!loss.retransmittedAny || !seqLt(loss.undoMarker, c.snd.nxt)) return false;
  if (loss.undoRetrans === 0) return true;
  if (ack.acked === null || !c.timestamps || !segment.hasTimestamps || segment.tsEcr === 0) return false;
  return ((segment.tsEcr - loss.firstRetransmitTs) | 0) < 0;
}

/** Back to the windows before. */
export function undo(c: Tcb): void {
  const { loss } = c;
  const { counters } = c.tcp;
  if (loss.congestionState === 'Loss') counters.TCPLossUndo++;
  else counters.TCPFullUndo++;
  c.sent.forgetLost();
  tellLoss(c, 'undone', causes.undone);
  loss.congestionState = 'Open';
  loss.duplicateAcks = 0;
  loss.undoable = false;
  restoreWindow(c);
  withdrawReduction(c);
}
