import type { Tcb } from '../tcb/tcb.ts';
import { eventCauses } from '../terms/causes.ts';
import type { LossDetector } from './loss-detector.ts';
import { takeSackBlocks } from './scoreboard.ts';

/** Loss as SACK tells it (RFC 6675). */
export const lossBySack: LossDetector = {
  first: eventCauses.lostBySack,
  further: eventCauses.lostBySack,

  onAck(c, segment, ack) {
    const { acked } = ack;
    if (acked !== null) ack.delivered = acked.count - acked.sacked;
    const sacked = segment.sackCount > 0 ? takeSackBlocks(c, segment) : 0;
    ack.delivered += sacked;
    ack.duplicate = sacked > 0;
  },

  arrivedBeyondHole: (c) => c.sent.sacked,

  showsLoss: (c, ack) => ack.duplicate && c.sent.sacked >= c.tcp.sysctls.tcp_reordering,

  onRecovery(c) {
    markLostBySack(c);
    // The first one is lost for certain (section 5, step 4.3), unless it is on its way again already. After that only what
    // IsLost() says is sent again (step (C), NextSeg): a partial ACK may answer originals that were only late.
    if (!c.sent.head?.retransmitted) c.sent.markHeadLost(c.snd.mss);
  },

  detect: markLostBySack,
};

/**
 * So many records of the queue are looked at for each ACK. Each ACK in recovery makes room for a segment or a few, so more
 * would gain nothing, and a peer that alternates between loss and its denial (D-SACK) could have us walk over all of
 * them again with each ACK.
 */
const JUDGED_PER_ACK = 128;

/**
 * IsLost() of section 4: a segment is lost when `tcp_reordering` segments behind it have arrived. Retransmitted ones are
 * left to the timer.
 */
export function markLostBySack(c: Tcb): void {
  c.sent.markLostBehind(c.tcp.sysctls.tcp_reordering, JUDGED_PER_ACK);
}
