import type { Micros } from '../../time/wheel.ts';
import { seqGeq } from '../../wire/seq.ts';
import { deliveries } from '../queues/deliveries.ts';
import { isSentAfter } from '../queues/sent-segment.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { armReordering } from '../tcb/timers.ts';
import { eventCauses } from '../terms/causes.ts';
import type { AckSample } from '../variables/ack-sample.ts';
import { takeArrivalsBySack } from './loss-by-sack.ts';
import type { LossDetector } from './loss-detector.ts';

/**
 * RACK (RFC 8985): a segment is lost when one that was sent later has arrived, and a while has passed in which it could have come
 * if it was only overtaken. That holds for what is sent again, too, and for the last segments of a flight, whose loss no count
 * of duplicates shows. Steps are those of its section 6.2.
 */
export const lossByTime: LossDetector = {
  first: eventCauses.lostByTime,
  further: eventCauses.lostByTime,

  onAck(c, segment, ack) {
    takeArrivalsBySack(c, segment, ack);
    noteNewestArrival(c);
    adaptReorderingWindow(c, ack);
  },

  detect(c, ack) {
    const { loss } = c;
    if (!loss.rackAdvanced) return;
    loss.rackAdvanced = false;
    const wait = markLostByTime(c);
    if (wait <= 0) return;
    armReordering(c, wait);
    ack.timerSet = true;
  },
};

/**
 * Step 2: the segment that was sent last of those that have arrived, by which the others are judged. How long these may take is the
 * round trip of the last one in sequence (tcp_rack_advance), not of the last one sent, as step 2 has it: where what was sent again
 * comes with originals that took longer, others may take that long, too.
 */
function noteNewestArrival(c: Tcb): void {
  const { loss, tcp } = c;
  const { newestSentAt, newestEnd, lastSentAt } = deliveries;
  if (newestSentAt < 0) return;
  loss.rackAdvanced = true;
  loss.rackRtt = tcp.now - lastSentAt;
  if (!isSentAfter(newestSentAt, newestEnd, loss.rackSentAt, loss.rackEnd)) return;
  loss.rackSentAt = newestSentAt;
  loss.rackEnd = newestEnd;
}

/** Bits of `tcp_recovery`: the reordering window doesn't adapt; duplicate ACKs alone show no loss. */
const STATIC_WINDOW = 2;
const NO_DUPTHRESH = 4;
/** Episodes of recovery without a D-SACK after which the window is what it was (section 6.2, step 4). */
export const REORDERING_PERSISTS = 16;
const MOST_STEPS = 255;

/**
 * Step 4: a D-SACK says that something was sent again that was only late, so the window becomes longer, once in a round trip. As
 * Linux, only where reordering has been seen, and not for a probe (tcp_rack_update_reo_wnd, tcp_dsack_seen).
 */
function adaptReorderingWindow(c: Tcb, ack: AckSample): void {
  const { loss, snd } = c;
  if (c.tcp.sysctls.tcp_recovery & STATIC_WINDOW) return;
  if (loss.waitsForDsackRound && seqGeq(snd.una, loss.dsackRound)) loss.waitsForDsackRound = false;
  if (ack.duplicated > 0 && c.reorderingSeen > 0 && !ack.probeDuplicated && !loss.waitsForDsackRound) {
    loss.waitsForDsackRound = true;
    loss.dsackRound = snd.nxt;
    loss.reorderingSteps = Math.min(MOST_STEPS, loss.reorderingSteps + 1);
    loss.reorderingPersists = REORDERING_PERSISTS;
  } else if (loss.reorderingPersists === 0) loss.reorderingSteps = 1;
}

/**
 * How long an overtaken segment may take longer than the one that overtook it, in microseconds. Where nothing was ever overtaken, and
 * losses are being repaired, or as many as `tcp_reordering` have arrived beyond a hole: no time at all.
 */
export function reorderingWindow(c: Tcb): Micros {
  const { loss, rtt, sent, tcp } = c;
  if (c.reorderingSeen === 0) {
    if (loss.congestionState === 'Recovery' || loss.congestionState === 'Loss') return 0;
    if (sent.sacked >= loss.reordering && !(tcp.sysctls.tcp_recovery & NO_DUPTHRESH)) return 0;
  }
  return Math.max(LEAST_WINDOW, Math.min(Math.floor(rtt.minRtt / 4) * loss.reorderingSteps, Math.floor(rtt.srtt)));
}

/**
 * A quarter of a millisecond: no finer is the time at which a process in user space sees segments come, which take them in batches (an
 * ACK waits 160 us where the kernel takes 30, measured). The kernel has no such bound.
 */
const LEAST_WINDOW: Micros = 250;

/** When what was sent before this, it is lost by now: unless something sent still later is what arrived, it can't be judged. */
export const lostIfSentBefore = (c: Tcb): Micros => c.tcp.now - c.loss.rackRtt;

/** So many are marked with one ACK: a peer that alternates between loss and its denial (D-SACK) can't have us mark thousands each time. */
const MARKED_PER_ACK = 1024;
/** So many that may yet arrive are looked at for when the last of them will count as lost. */
const WAITING_PER_ACK = 64;

/**
 * Step 5. The list is in the order of sending, so all that is to be marked is at its beginning.
 * @returns microseconds until the last of those that were overtaken counts as lost, too; 0: there is none
 */
export function markLostByTime(c: Tcb): Micros {
  const { loss, sent, tcp } = c;
  const window = loss.rackRtt + reorderingWindow(c);
  let left = MARKED_PER_ACK;
  let first = sent.firstSent;
  while (first !== null && isSentAfter(loss.rackSentAt, loss.rackEnd, first.sentAt, first.end)) {
    if (first.sentAt + window > tcp.now) break;
    // What was sent again in this very microsecond can't have been overtaken.
    if (first.everRetransmitted && first.sentAt === tcp.now) break;
    if (left-- === 0) return 1;
    sent.markLost(first);
    first = sent.firstSent;
  }
  let wait: Micros = 0;
  left = WAITING_PER_ACK;
  for (; first !== null; first = first.later) {
    if (!isSentAfter(loss.rackSentAt, loss.rackEnd, first.sentAt, first.end)) break;
    if (left-- === 0) return loss.rackSentAt + window - tcp.now;
    wait = first.sentAt + window - tcp.now;
  }
  return wait;
}
