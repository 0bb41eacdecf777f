import { CE, codepointOf, NOT_ECT } from '../../wire/packet.ts';
import { CWR, type Segment } from '../../wire/segment.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellEcn } from '../tcb/tell.ts';
import { eventCauses } from '../terms/causes.ts';

/** ECN of RFC 3168, as the receiver of data: each ACK says ECE, from a mark on until the peer's CWR (section 6.1.3). */

/** So many ACKs leave at once, when the peer may have a window of one segment. */
const QUICK_ACKS = 2;

/**
 * The peer has lowered its window: no ECE until the next mark. Also on a segment without data, as common hosts send it, though
 * section 6.1.2 speaks of new data alone (tcp_ack in net/ipv4/tcp_input.c).
 */
export function takeCwr(c: Tcb, segment: Segment): void {
  const { ecn } = c;
  if (ecn === null || ecn.mode !== 'classic' || !(segment.flags & CWR)) return;
  if (ecn.echo) tellEcn(c, eventCauses.cwrReceived);
  ecn.echo = false;
  if (segment.segLen > 0) ecn.ackNow = true;
}

/** Data that is taken in: was it marked (tcp_data_ecn_check)? */
export function takeMark(c: Tcb, segment: Segment): void {
  const { ecn } = c;
  if (ecn === null) return;
  const field = codepointOf(segment.tos);
  if (field === NOT_ECT) {
    // Others had ECT: this one may have been sent again.
    if (ecn.seen) ackSoon(c);
    return;
  }
  if (ecn.mode !== 'classic') return;
  ecn.seen = true;
  if (field !== CE || ecn.echo) return;
  ecn.echo = true;
  tellEcn(c, eventCauses.echoBegins);
  ackSoon(c);
}

function ackSoon(c: Tcb): void {
  c.quickAcks = Math.max(c.quickAcks, QUICK_ACKS);
  c.interactive = false;
}
