import type { Segment } from '../../wire/segment.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { eventCauses } from '../terms/causes.ts';
import type { AckSample } from '../variables/ack-sample.ts';
import { takeDsack } from './d-sack.ts';
import type { LossDetector } from './loss-detector.ts';
import { takeSackBlocks } from './scoreboard.ts';

/** Loss as SACK tells it, by counting (RFC 6675). Where `tcp_recovery` has RACK off. */
export const lossBySack: LossDetector = {
  first: eventCauses.lostBySack,
  further: eventCauses.lostBySack,

  onAck: takeArrivalsBySack,

  detect(c) {
    const { loss, sent } = c;
    markLostBySack(c);
    const begins = loss.congestionState !== 'Recovery' && loss.congestionState !== 'Loss';
    // The first one is lost for certain (section 5, step 4.3), unless it is on its way again already. After that only what
    // IsLost() says is sent again (step (C), NextSeg): a partial ACK may answer originals that were only late.
    if (begins && sent.sacked >= loss.reordering && !sent.head?.retransmitted) sent.markHeadLost(c.snd.mss);
  },
};

/** What an ACK tells of arrivals where there is SACK, however losses are found. */
export function takeArrivalsBySack(c: Tcb, segment: Segment, ack: AckSample): void {
  const { acked } = ack;
  if (acked !== null) ack.delivered = acked.count - acked.sacked;
  if (segment.sackCount === 0) return;
  const from = takeDsack(c, segment, ack) ? 1 : 0;
  const sacked = takeSackBlocks(c, segment, from);
  ack.delivered += sacked + ack.duplicated;
  ack.duplicate = sacked > 0;
}

/**
 * So many records of the queue are looked at for each ACK. Each ACK in recovery makes room for a segment or a few, so more
 * would gain nothing, and a peer that alternates between loss and its denial (D-SACK) could have us walk over all of
 * them again with each ACK.
 */
const JUDGED_PER_ACK = 128;

/**
 * IsLost() of section 4: a segment is lost when as many segments as may be overtaken have arrived behind it. Retransmitted ones are
 * left to the timer.
 */
export function markLostBySack(c: Tcb): void {
  c.sent.markLostBehind(c.loss.reordering, JUDGED_PER_ACK);
}
