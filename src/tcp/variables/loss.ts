import { DOUBLE } from '../../basics/double.ts';
import type { Micros } from '../../time/wheel.ts';
import type { Seq } from '../../wire/seq.ts';

/** Congestion states as Linux names them (TCP_CA_*). */
export type CongestionState = 'Open' | 'Disorder' | 'CWR' | 'Recovery' | 'Loss';

/** `outAtMost` while the congestion window is the only limit. */
export const NO_LIMIT = 0x7fffffff;

/** What loss recovery remembers of one connection. Which segments are lost is in the retransmission queue. */
export class LossRecovery {
  /** `setCongestionState` (congestion/window.ts) alone changes it. */
  congestionState: CongestionState = 'Open';
  /** The state is over when this is acknowledged (RFC 6582: recover; Linux: high_seq). */
  recover: Seq = 0;
  /** Without SACK: duplicate ACKs, each for a segment that has left the network. */
  duplicateAcks = 0;
  /** So many segments may be overtaken by others and still arrive, as far as is known: from `tcp_reordering` on it grows. */
  reordering = 3;
  /** When what timed out had been sent: since then the state has been Loss. */
  lossSince: Micros = DOUBLE;
  /** Of the retransmissions that were lost themselves (`RetransmissionQueue.lostAgain`) so many are counted. */
  lostAgain = 0;
  /** The state is Loss because segments were too long for the path, not because the timer went off. */
  lostToPath = false;

  // PRR (RFC 9937, section 6)
  /** Segments that arrived, and that were sent, since the window began to fall. */
  prrDelivered = 0;
  prrOut = 0;

  // RACK (RFC 8985, section 5.2)
  /** When the segment was sent that was sent last of all that have arrived, where it ends, and what its round trip was. */
  rackSentAt: Micros = DOUBLE;
  rackEnd: Seq = 0;
  rackRtt: Micros = DOUBLE;
  /** Something has arrived since losses were last looked for. */
  rackAdvanced = false;
  /** The reordering window is so many quarters of the least round trip, */
  reorderingSteps = 1;
  /** for so many episodes of recovery yet. */
  reorderingPersists = 0;
  /** A D-SACK has made it longer, which the next one does only once this is acknowledged. */
  waitsForDsackRound = false;
  dsackRound: Seq = 0;

  // Tail loss probe (RFC 8985, section 7)
  /** A probe is out: the answer comes with an ACK of this. */
  probeOut = false;
  probeEnd: Seq = 0;
  /** It was a retransmission. */
  probeRetransmitted = false;

  // F-RTO (RFC 5682)
  /** The time-out may have been needless. */
  frto = false;
  /** Segments that were never sent go first now: what comes back tells whether it was. */
  newDataFirst = false;
  /** They have gone, and until then nothing is sent again. */
  awaitsVerdict = false;

  // Undo
  /** The windows may be what they were again, should every retransmission since `undoMarker` prove needless. */
  undoable = false;
  undoMarker: Seq = 0;
  /** Retransmissions that no D-SACK has told to be needless; -1: there has been none yet. */
  undoRetrans = 0;
  /** Something was sent again, first when our timestamp clock was at `retransmitTs` (Linux: retrans_stamp). */
  retransmittedAny = false;
  retransmitTs = 0;
  /** While the window that an undo has restored fills again: so many segments may be out at most (`sending/gate.ts`). */
  outAtMost = NO_LIMIT;

  constructor() {
    this.lossSince = this.rackRtt = 0;
    this.rackSentAt = -1;
  }
}
