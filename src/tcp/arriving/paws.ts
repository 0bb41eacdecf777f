import { ACK, RST, type Segment } from '../../wire/segment.ts';
import { seqLeq } from '../../wire/seq.ts';
import type { Tcb } from '../tcb/tcb.ts';

// Protection Against Wrapped Sequence numbers, and the timestamp that it compares with: TS.Recent (RFC 7323).

/** PAWS forgets a timestamp after 24 days (section 5.5). */
const PAWS_MAX_AGE = 24 * 86_400 * 1e6;

/** PAWS (section 5.3): is its timestamp older than TS.Recent, so that it is an old duplicate? */
export function pawsRejects(c: Tcb, segment: Segment): boolean {
  if (!c.timestamps || !segment.hasTimestamps) return false;
  const age = c.tsRecent - segment.tsVal;
  if ((age | 0) <= 0) return false;
  return c.tcp.now - c.tsRecentAt < PAWS_MAX_AGE && !isOvertakenAck(c, segment, age | 0);
}

/**
 * A bare ACK that was sent before what set TS.Recent and overtaken on its way: in its place, no older than an RTO, and without
 * news but perhaps SACK blocks. It is no old duplicate, and an answer would only tell the peer what it knows
 * (tcp_disordered_ack in net/ipv4/tcp_input.c).
 */
const isOvertakenAck = (c: Tcb, segment: Segment, age: number): boolean =>
  segment.segLen === 0 &&
  (segment.flags & (ACK | RST)) === ACK &&
  segment.seq === c.rcv.nxt &&
  segment.ack === c.snd.una &&
  segment.wnd << c.snd.wscale <= c.snd.wnd &&
  age * 1000 <= c.rtt.rto;

/**
 * Section 4.3, (2): TS.Recent comes from the segment that reaches over Last.ACK.sent. Only once its ACK is good:
 * a forged timestamp would make PAWS throw away all that the true peer sends (RFC 5961, section 5.2; as Linux).
 */
export function updateTsRecent(c: Tcb, segment: Segment): void {
  if (!c.timestamps || !segment.hasTimestamps || !seqLeq(segment.seq, c.rcv.acked)) return;
  if (((segment.tsVal - c.tsRecent) | 0) < 0 && c.tcp.now - c.tsRecentAt < PAWS_MAX_AGE) return;
  c.tsRecent = segment.tsVal;
  c.tsRecentAt = c.tcp.now;
}
