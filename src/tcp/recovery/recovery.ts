import type { Segment } from '../../wire/segment.ts';
import { seqGeq, seqGt } from '../../wire/seq.ts';
import { growWindow, noteWindow, shrinkWindow } from '../congestion/window.ts';
import type { Acknowledged } from '../queues/retransmission-queue.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { causes } from '../terms/causes.ts';
import { markLostBySack, takeSackBlocks } from './scoreboard.ts';
import { beginEpisode, mayUndo, undo } from './undo.ts';

/**
 * Loss recovery: fast retransmit and fast recovery (RFC 5681, section 3.2), with SACK as in RFC 6675, without as in
 * RFC 6582 (NewReno).
 *
 * Inflating and deflating cwnd is not done literally. What is known to have left the network (by SACK, or a segment for
 * each duplicate ACK) lowers the count of segments in flight (`Tcb.inFlight`); the effect is the same, and cwnd
 * stays what it says.
 */

/** What an ACK told, as loss recovery sees it. */
export interface AckSample {
  /** What it took off the retransmission queue; null: SND.UNA did not move. */
  acked: Acknowledged | null;
  /** It is a duplicate ACK as in RFC 5681, section 2. */
  duplicate: boolean;
}

export function recoverFromLoss(c: Tcb, segment: Segment, sample: AckSample): void {
  const { acked } = sample;
  const before = c.delivered;
  let newlySacked = 0;
  if (acked !== null && acked.count > 0) c.delivered += acked.count - alreadyDelivered(c, acked);
  if (c.sackPermitted && segment.sackCount > 0) newlySacked = takeSackBlocks(c, segment);
  c.delivered += newlySacked;
  const duplicate = c.sackPermitted ? newlySacked > 0 : sample.duplicate;
  if (duplicate && !c.sackPermitted && acked === null) {
    c.duplicateAcks++;
    c.delivered++;
  }
  if (c.undoable && mayUndo(c, segment, acked)) undo(c);
  switch (c.congestionState) {
    case 'Open':
    case 'Disorder':
    case 'CWR':
      outsideRecovery(c, acked, duplicate, c.delivered - before);
      return;
    case 'Recovery':
      inRecovery(c, acked);
      return;
    case 'Loss':
      inLoss(c, acked, c.delivered - before);
      return;
    default:
      c.congestionState satisfies never;
  }
}

/**
 * How many of the acknowledged segments had been known to have arrived: by SACK, or, without, by a duplicate ACK each, but
 * for the one that filled the hole (tcp_remove_reno_sacks).
 */
const alreadyDelivered = (c: Tcb, acked: Acknowledged): number =>
  c.sackPermitted ? acked.sacked : Math.min(c.duplicateAcks, acked.count - 1);

/** @param delivered segments that this ACK shows to have arrived, for the first time: what the window grows by */
function outsideRecovery(c: Tcb, acked: Acknowledged | null, duplicate: boolean, delivered: number): void {
  if (acked !== null) {
    if (!c.sackPermitted) c.duplicateAcks = 0;
    if (seqGt(c.snd.una, c.recover)) c.recoveredOnce = false;
    growWindow(c, delivered);
  }
  const departed = c.sackPermitted ? c.sent.sacked : c.duplicateAcks;
  // Limited transmit (RFC 3042): with fewer segments in flight, output sends new ones meanwhile.
  c.congestionState = departed > 0 ? 'Disorder' : 'Open';
  if (!duplicate || departed < c.tcp.sysctls.tcp_reordering) return;
  // RFC 6582, section 3.2, step 2: without SACK, not again for losses of the flight that was recovered last.
  if (!c.sackPermitted && c.recoveredOnce && !seqGt(c.snd.una, c.recover)) return;
  enterRecovery(c);
}

function enterRecovery(c: Tcb): void {
  const { counters } = c.tcp;
  beginEpisode(c);
  shrinkWindow(c, 'threshold', causes.fastRetransmit);
  c.congestionState = 'Recovery';
  c.retransmitAtOnce = true;
  counters.TCPFastRetrans++;
  if (c.sackPermitted) {
    counters.TCPSackRecovery++;
    markLostBySack(c);
  } else {
    counters.TCPRenoRecovery++;
  }
  // The first one is lost for certain (RFC 6675, section 5, step 4.3), unless it is on its way again already. After that, with
  // SACK, only what IsLost() says is sent again (step (C), NextSeg): a partial ACK may answer originals that were only late.
  if (!c.sackPermitted || !c.sent.head?.retransmitted) c.sent.markHeadLost(c.snd.mss);
}

function inRecovery(c: Tcb, acked: Acknowledged | null): void {
  if (acked !== null && seqGeq(c.snd.una, c.recover)) {
    leaveRecovery(c);
    return;
  }
  if (c.sackPermitted) {
    markLostBySack(c);
  } else if (acked !== null) {
    // A partial ACK: the next hole shows (RFC 6582, section 3.2, step 3). The segments it acknowledged had left the
    // network before, as duplicate ACKs told; they must not count twice.
    c.duplicateAcks = Math.max(0, c.duplicateAcks - Math.max(0, acked.count - 1));
    c.sent.markHeadLost(c.snd.mss);
    c.retransmitAtOnce = true;
  }
}

/** A full acknowledgment: everything that was out when the loss was noticed has arrived (RFC 6582, step 3). */
function leaveRecovery(c: Tcb): void {
  c.congestionState = 'Open';
  c.duplicateAcks = 0;
  c.undoable = false;
  c.cwnd = Math.max(c.ssthresh, 1);
  c.cwndCount = 0;
  noteWindow(c, causes.recovered);
}

function inLoss(c: Tcb, acked: Acknowledged | null, delivered: number): void {
  if (acked === null) return;
  c.duplicateAcks = 0;
  growWindow(c, delivered);
  if (!seqGeq(c.snd.una, c.recover)) return;
  if (!c.lostToPath) c.totalRtoTime += c.tcp.now - c.lossSince;
  c.congestionState = 'Open';
  c.undoable = false;
}

/** The retransmission timer went off (RFC 6298, section 5.4 to 5.6; RFC 5681, section 3.1). */
export function enterLoss(c: Tcb): void {
  const { sent } = c;
  // What was too long for the path was no sign of congestion; this is.
  if (c.congestionState !== 'Loss' || c.lostToPath) {
    beginEpisode(c);
    c.totalRtoRecoveries++;
    c.lossSince = c.silentSince;
    shrinkWindow(c, 1, causes.timeout);
  } else {
    c.cwnd = 1;
    noteWindow(c, causes.timeout);
  }
  c.congestionState = 'Loss';
  c.lostToPath = false;
  c.recover = c.snd.nxt;
  c.duplicateAcks = 0;
  if (sent.head?.sacked) {
    // SACKed but not acknowledged: the receiver reneged, and has thrown away what it had (RFC 2018, section 8).
    c.tcp.counters.TCPSACKReneging++;
    sent.forgetSacked();
  }
  sent.markAllLost();
}
