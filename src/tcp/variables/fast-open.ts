import { DOUBLE } from '../../basics/double.ts';
import type { Micros } from '../../time/wheel.ts';
import { FastOpenOption } from '../../wire/options/fast-open.ts';
import type { FastOpenQueue } from '../queues/fast-open-queue.ts';

/** Why data was not delivered by our SYN, with Linux's numbers (tcpi_fastopen_client_fail; enum tcp_fastopen_client_fail). */
export const FAST_OPEN_FAIL = { none: 0, noCookie: 1, dataNotAcknowledged: 2, synRetransmitted: 3 } as const;
export type FastOpenFail = (typeof FAST_OPEN_FAIL)[keyof typeof FAST_OPEN_FAIL];

/** What a connection remembers of TCP Fast Open (RFC 7413); one that has nothing to do with it has none. */
export class FastOpen {
  /** The data of the SYN, ours or the peer's, came with it: it was acknowledged whole, or taken. */
  synDataArrived = false;

  // Of an active OPEN
  /** The SYN has not left yet: it goes at the end of the batch, with what the user has written until then. */
  synWaits = false;
  /** Not before the user writes (TCP_FASTOPEN_CONNECT). */
  waitsForWrite = false;
  /** What the first SYN says; SYNs sent again say nothing. */
  readonly option = new FastOpenOption();
  /** How many octets of data the SYN may carry, and how many it carried. */
  room = 0;
  synOctets = 0;
  fail: FastOpenFail = FAST_OPEN_FAIL.none;
  /** Black holes were met before, and this connection shows whether they are still there. */
  isTrial = false;

  // Of a passive OPEN
  /** The listener's requests, as long as this is one of them: the handshake is not complete. */
  pendingIn: FastOpenQueue | null = null;
  /** When our SYN-ACK left. */
  synAckAt: Micros = DOUBLE;
  /** It was sent again, so that what acknowledges it tells no round trip (Karn). */
  synAckAgain = false;

  /** The SYN asked for a cookie, or had one, or data: it was more than an ordinary one (syn_fastopen, syn_data). */
  get isTried(): boolean {
    return this.option.length >= 0 || this.synOctets > 0;
  }
}
