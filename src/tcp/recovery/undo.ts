import type { Segment } from '../../wire/segment.ts';
import { seqGeq } from '../../wire/seq.ts';
import { restoreWindow, setCongestionState } from '../congestion/window.ts';
import { REORDERING_PERSISTS } from '../detection/rack.ts';
import { noteOvertaken } from '../detection/reordering.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellLoss } from '../tcb/tell.ts';
import { type Cause, causes } from '../terms/causes.ts';
import type { AckSample } from '../variables/ack-sample.ts';
import { NO_LIMIT } from '../variables/loss.ts';
import { withdrawReduction } from './ecn.ts';

/**
 * Undo: it was reordering or delay, not loss, so the windows are again what they were (RFC 4015, RFC 3708). The proofs are:
 * every retransmission came back as a D-SACK; or the echoed timestamp is older than the first retransmission, so the ACK answers
 * the original (RFC 3522: Eifel); or it came before anything was sent again; or, of a time-out, F-RTO (`f-rto.ts`).
 */

/** An episode begins: from here on it is counted what is sent again (tcp_init_undo in net/ipv4/tcp_input.c). */
export function beginEpisode(c: Tcb): void {
  const { loss, sent } = c;
  loss.undoable = true;
  loss.undoMarker = c.snd.una;
  // What was sent again before and is still out counts in this one: its D-SACK proves nothing of ours.
  loss.undoRetrans = sent.retransmitted + (loss.probeOut && loss.probeRetransmitted ? 1 : 0);
  // None at all is no proof that all were needless.
  if (loss.undoRetrans === 0) loss.undoRetrans = -1;
  forgetRetransmissions(c);
}

/** An echo from before the first retransmission is of an original; but only those that are still out can have caused an ACK. */
export function forgetRetransmissions(c: Tcb): void {
  if (!anyRetransmissionOut(c)) c.loss.retransmittedAny = false;
}

/** Something that was sent again may still be answered (tcp_any_retrans_done). */
export const anyRetransmissionOut = (c: Tcb): boolean =>
  c.sent.retransmitted > 0 || (c.sent.head?.everRetransmitted ?? false);

/** Does this ACK answer what was sent before anything was sent again (tcp_packet_delayed)? */
function answersOriginal(c: Tcb, segment: Segment): boolean {
  const { loss } = c;
  if (loss.retransmittedAny) {
    if (!c.timestamps || !segment.hasTimestamps || segment.tsEcr === 0) return false;
    return ((segment.tsEcr - loss.retransmitTs) | 0) < 0;
  }
  // Nothing has been sent again yet. Without SACK the state outlasts the retransmissions (`holdsState`).
  return c.sackPermitted || !seqGeq(c.snd.una, loss.recover);
}

/** What proves that there was no loss (tcp_may_undo); null: nothing does. */
function proofOf(c: Tcb, segment: Segment): Cause | null {
  const { loss } = c;
  if (!loss.undoable) return null;
  if (loss.undoRetrans === 0) return causes.undoneByDsack;
  if (!answersOriginal(c, segment)) return null;
  return loss.retransmittedAny ? causes.undoneByEcho : causes.undoneBeforehand;
}

/** All that was out at the beginning is acknowledged (tcp_try_undo_recovery). @returns whether the state lasts on */
export function undoOrEnd(c: Tcb, segment: Segment): boolean {
  const { loss, tcp } = c;
  const proof = proofOf(c, segment);
  if (proof !== null) {
    if (loss.congestionState === 'Loss') tcp.counters.TCPLossUndo++;
    else tcp.counters.TCPFullUndo++;
    undo(c, proof);
  } else if (loss.reorderingPersists > 0) loss.reorderingPersists--;
  if (holdsState(c)) return true;
  setCongestionState(c, 'Open');
  return false;
}

/**
 * Without SACK the state lasts until something behind `recover` is acknowledged: duplicate ACKs that come until then may be
 * those of what was sent again needlessly (RFC 6582, section 3.2, step 2; tcp_is_non_sack_preventing_reopen).
 */
function holdsState(c: Tcb): boolean {
  if (c.sackPermitted || c.snd.una !== c.loss.recover) return false;
  forgetRetransmissions(c);
  return true;
}

/** Every retransmission came back as a D-SACK (tcp_try_undo_dsack). */
export function undoByDsack(c: Tcb): boolean {
  const { loss } = c;
  if (!loss.undoable || loss.undoRetrans !== 0) return false;
  loss.reorderingPersists = Math.min(REORDERING_PERSISTS, loss.reorderingPersists + 1);
  c.tcp.counters.TCPDSACKUndo++;
  undo(c, causes.undoneByDsack);
  return true;
}

/**
 * A part of what was out is acknowledged, and it was the originals that arrived (tcp_try_undo_partial). While retransmissions are out
 * nothing more is marked or sent again.
 * @returns whether nothing more is to be done with this ACK
 */
export function undoPartially(c: Tcb, segment: Segment, ack: AckSample): boolean {
  const { loss, sent } = c;
  if (!loss.undoable || !answersOriginal(c, segment)) return false;
  const proof = loss.retransmittedAny ? causes.undoneByEcho : causes.undoneBeforehand;
  noteOvertaken(c, ack.priorUna, 'TCPTSReorder');
  if (sent.retransmitted > 0) return true;
  forgetRetransmissions(c);
  sent.forgetLost();
  c.tcp.counters.TCPPartialUndo++;
  undo(c, proof);
  keepOpen(c);
  return false;
}

/** The time-out was needless (tcp_try_undo_loss). @param byFrto F-RTO has shown it. @returns whether it was */
export function undoLoss(c: Tcb, segment: Segment, byFrto: boolean): boolean {
  const { counters } = c.tcp;
  const proof = byFrto ? causes.undoneByFrto : proofOf(c, segment);
  if (proof === null) return false;
  counters.TCPLossUndo++;
  if (byFrto) counters.TCPSpuriousRTOs++;
  c.sent.forgetLost();
  undo(c, proof);
  c.retransmits = 0;
  if (holdsState(c)) return true;
  if (byFrto || c.sackPermitted) setCongestionState(c, 'Open');
  return true;
}

/** Back to the windows before. What counts as lost is looked at again (tcp_undo_cwnd_reduction). */
function undo(c: Tcb, cause: Cause): void {
  const { loss, cc } = c;
  tellLoss(c, 'undone', cause);
  if (cc.priorSsthresh !== 0) {
    restoreWindow(c, cause);
    withdrawReduction(c);
    refillSlowly(c);
  }
  loss.undoable = false;
  loss.rackAdvanced = true;
}

/** So many segments may leave at once when a window is restored: as many as at the beginning (RFC 6928). */
const BURST = 10;

/**
 * While the window was low, what was out has become little. To fill the restored one at once would be a burst, by which a queue on the
 * path overflows: RFC 4015, section 3.4, sets the initial window as the limit. As many leave as at the beginning, and then two for each that arrives, as in
 * slow start. The window itself is what it was.
 */
function refillSlowly(c: Tcb): void {
  if (c.pacing === null) c.loss.outAtMost = c.inFlight + BURST; // pacing makes no burst
}

/** @param delivered so many segments have arrived */
export function refill(c: Tcb, delivered: number): void {
  const { loss, cc } = c;
  loss.outAtMost += delivered;
  if (loss.outAtMost >= cc.cwnd) loss.outAtMost = NO_LIMIT;
}

/** Neither Recovery nor Loss: Disorder, where something is missing yet, else Open (tcp_try_keep_open). */
export function keepOpen(c: Tcb): void {
  const { loss, sent } = c;
  const missing = sent.lost > 0 || arrivedBeyondHole(c) > 0 || anyRetransmissionOut(c);
  const state = missing ? 'Disorder' : 'Open';
  if (loss.congestionState === state) return;
  setCongestionState(c, state);
  loss.recover = c.snd.nxt;
}

/** Segments known to have arrived beyond one that is not known to. */
export const arrivedBeyondHole = (c: Tcb): number => (c.sackPermitted ? c.sent.sacked : c.loss.duplicateAcks);
