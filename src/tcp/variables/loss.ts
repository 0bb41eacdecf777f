import { DOUBLE } from '../../basics/double.ts';
import type { Micros } from '../../time/wheel.ts';
import type { Seq } from '../../wire/seq.ts';

/** Congestion states as Linux names them (TCP_CA_*). */
export type CongestionState = 'Open' | 'Disorder' | 'CWR' | 'Recovery' | 'Loss';

/** What loss recovery remembers of one connection. Which segments are lost is in the retransmission queue. */
export class LossRecovery {
  congestionState: CongestionState = 'Open';
  /** Recovery is over when this is acknowledged (RFC 6582: recover). */
  recover: Seq = 0;
  /** `recover` has a meaning. */
  recoveredOnce = false;
  /** Without SACK: duplicate ACKs, each for a segment that has left the network. */
  duplicateAcks = 0;
  /** The next retransmission doesn't wait for room in the congestion window. */
  retransmitAtOnce = false;
  /** When what timed out had been sent: since then the state has been Loss. */
  lossSince: Micros = DOUBLE;
  /** The state is Loss because segments were too long for the path, not because the timer went off. */
  lostToPath = false;

  // Undo
  /** The windows may be what they were again, should every retransmission since `undoMarker` prove needless. */
  undoable = false;
  undoMarker: Seq = 0;
  /** Retransmissions that no D-SACK has told to be needless. */
  undoRetrans = 0;
  retransmittedAny = false;
  /** Our timestamp clock at the first retransmission of this episode, or of those before that are not acknowledged yet. */
  firstRetransmitTs = 0;

  constructor() {
    this.lossSince = 0;
  }
}
