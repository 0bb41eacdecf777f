// tcp/detection: which segments have arrived, and which are lost.
import { seqGt } from '../../wire/seq.ts';
import { eventCauses } from '../terms/causes.ts';
import type { LossDetector } from './loss-detector.ts';

/** Loss where there is no SACK: by duplicate ACKs (RFC 5681, section 3.2), then by partial ones (RFC 6582: NewReno). */
export const lossByDuplicateAcks: LossDetector = {
  first: eventCauses.lostByDuplicateAcks,
  further: eventCauses.lostByPartialAck,

  onAck(c, _segment, ack) {
    const { loss } = c;
    const { acked } = ack;
    if (acked === null) {
      // A segment has left the network, though not the first one that is out.
      // Those of what was out at a time-out tell nothing: all of that is sent again (RFC 6582, section 4).
      if (!ack.duplicate || (loss.congestionState === 'Loss' && !seqGt(c.snd.nxt, loss.recover))) return;
      loss.duplicateAcks++;
      ack.delivered = 1;
      return;
    }
    if (acked.count === 0) return;
    // Each duplicate ACK counted one of these already, but for the one that filled the hole (tcp_remove_reno_sacks).
    ack.delivered = Math.max(1, acked.count - loss.duplicateAcks);
    loss.duplicateAcks = Math.max(0, loss.duplicateAcks - (acked.count - 1));
  },

  detect(c, ack) {
    const { loss } = c;
    switch (loss.congestionState) {
      case 'Recovery':
        // A partial ACK: the next hole shows (RFC 6582, section 3.2, step 3).
        if (ack.acked !== null && !c.sent.head?.lost) c.sent.markHeadLost(c.snd.mss);
        return;
      case 'Loss':
        // Duplicate ACKs of what was sent before the time-out tell nothing new (step 4); later ones are of new data.
        if (ack.acked !== null && !seqGt(c.snd.nxt, loss.recover)) loss.duplicateAcks = 0;
        return;
      default:
        if (ack.acked !== null) loss.duplicateAcks = 0;
        if (loss.duplicateAcks >= loss.reordering && !c.sent.head?.lost) c.sent.markHeadLost(c.snd.mss);
    }
  },
};
