// tcp/detection: which segments have arrived, and which are lost.
import { seqGt } from '../../wire/seq.ts';
import { eventCauses } from '../terms/causes.ts';
import type { LossDetector } from './loss-detector.ts';

/** Loss where there is no SACK: by duplicate ACKs (RFC 5681, section 3.2), then by partial ones (RFC 6582: NewReno). */
export const lossByDuplicateAcks: LossDetector = {
  first: eventCauses.lostByDuplicateAcks,
  further: eventCauses.lostByPartialAck,

  onAck(c, _segment, ack) {
    const { acked } = ack;
    if (acked === null) {
      // A segment has left the network, though not the first one that is out.
      if (ack.duplicate) {
        c.loss.duplicateAcks++;
        ack.delivered = 1;
      }
    } else if (acked.count > 0) {
      // Each duplicate ACK counted one of these already, but for the one that filled the hole (tcp_remove_reno_sacks).
      ack.delivered = acked.count - Math.min(c.loss.duplicateAcks, acked.count - 1);
    }
  },

  arrivedBeyondHole: (c) => c.loss.duplicateAcks,

  showsLoss(c, ack) {
    const { loss } = c;
    if (ack.acked !== null) loss.duplicateAcks = 0;
    if (!ack.duplicate || loss.duplicateAcks < c.tcp.sysctls.tcp_reordering) return false;
    // RFC 6582, section 3.2, step 2: not again for losses of the flight that was recovered last.
    return !loss.recoveredOnce || seqGt(c.snd.una, loss.recover);
  },

  onRecovery(c) {
    c.sent.markHeadLost(c.snd.mss);
  },

  detect(c, ack) {
    if (ack.acked === null) return;
    // A partial ACK: the next hole shows (RFC 6582, section 3.2, step 3). The segments it acknowledged had left the
    // network before, as duplicate ACKs told; they must not count twice.
    c.loss.duplicateAcks = Math.max(0, c.loss.duplicateAcks - Math.max(0, ack.acked.count - 1));
    c.sent.markHeadLost(c.snd.mss);
  },
};
