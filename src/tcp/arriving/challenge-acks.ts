import type { Micros } from '../../time/wheel.ts';
import { FIN, type Segment } from '../../wire/segment.ts';
import { seqAdd, seqLt } from '../../wire/seq.ts';
import { sendAck } from '../sending/control-segments.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { type Cause, sendCauses } from '../terms/causes.ts';
import { isTooSoon, mayLoop } from './ack-throttle.ts';

/**
 * Why a segment is answered although nothing of it is taken in. Each kind is throttled for itself: the four-tuple is all it
 * takes to make us answer SYNs, and with one throttle for all (as in Linux: last_oow_ack_time) such answers would use up
 * those to the peer's keep-alives, until the peer took us for gone.
 */
export const OUT_OF_PLACE = {
  /** A keep-alive or window probe: right before RCV.NXT, which only an end of the connection, or a host on its path, can tell (RFC 9293, 3.8.4). */
  probe: 0,
  /** Elsewhere outside of the window. */
  sequence: 1,
  /** An old duplicate, by its timestamp (RFC 7323, section 5.3). */
  timestamp: 2,
  /** RFC 5961, section 4.2. */
  syn: 3,
  /** RFC 5961, section 3.2. */
  reset: 4,
  /** The ACK field is too old (RFC 5961, section 5.2). */
  oldAck: 5,
  /** It acknowledges what was never sent (RFC 9293, section 3.10.7.4, fifth). */
  unsentAck: 6,
} as const;
export type OutOfPlace = (typeof OUT_OF_PLACE)[keyof typeof OUT_OF_PLACE];

const NEVER: Micros = -1e15;
const KINDS = Object.keys(OUT_OF_PLACE).length;

/** Why the ACK leaves that answers each kind. */
const CAUSE_OF: readonly Cause[] = [
  ...[sendCauses.ackProbe, sendCauses.ackSequence, sendCauses.ackTimestamp],
  ...[sendCauses.challengeSyn, sendCauses.challengeReset, sendCauses.challengeOldAck, sendCauses.ackUnsent],
];

/** What has octets or a FIN, and lies before RCV.NXT, the peer has sent again. */
function causeOf(c: Tcb, segment: Segment, kind: OutOfPlace): Cause {
  const again = segment.segLen > 0 && seqLt(segment.seq, c.rcv.nxt) && kind <= OUT_OF_PLACE.sequence;
  if (!again) return CAUSE_OF[kind]!;
  return segment.flags & FIN && segment.length === 0 ? sendCauses.ackFin : sendCauses.ackDuplicate;
}

/** Which kind a segment outside of the window is. */
export const outsideWindow = (c: Tcb, segment: Segment): OutOfPlace =>
  segment.seq === seqAdd(c.rcv.nxt, -1) ? OUT_OF_PLACE.probe : OUT_OF_PLACE.sequence;

/** An ACK that tells the peer where we are; for what could be an answer to it no more often than `tcp_invalid_ratelimit`. */
export function answerOutOfPlace(c: Tcb, segment: Segment, kind: OutOfPlace): void {
  if (!mayLoop(segment) || !isThrottled(c, kind)) sendAck(c, causeOf(c, segment, kind));
}

/**
 * A challenge ACK (RFC 5961), throttled for the connection by time, then for the host by number (its section 7): what the
 * first holds back spends nothing of the other.
 */
export function challenge(c: Tcb, kind: OutOfPlace): void {
  const { now, sysctls, counters, challenges } = c.tcp;
  if (isThrottled(c, kind) || !challenges.take(sysctls.tcp_challenge_ack_limit, now)) return;
  counters.TCPChallengeACK++;
  sendAck(c, CAUSE_OF[kind]!);
}

function isThrottled(c: Tcb, kind: OutOfPlace): boolean {
  const { now, sysctls, counters } = c.tcp;
  const answered: Float64Array = (c.outOfPlaceAnswered ??= new Float64Array(KINDS).fill(NEVER));
  if (!isTooSoon(sysctls, answered[kind]!, now)) {
    answered[kind] = now;
    return false;
  }
  if (kind === OUT_OF_PLACE.timestamp) counters.TCPACKSkippedPAWS++;
  else if (isChallenge(kind)) counters.TCPACKSkippedChallenge++;
  else counters.TCPACKSkippedSeq++;
  return true;
}

const isChallenge = (kind: OutOfPlace): boolean =>
  kind === OUT_OF_PLACE.syn || kind === OUT_OF_PLACE.reset || kind === OUT_OF_PLACE.oldAck;
