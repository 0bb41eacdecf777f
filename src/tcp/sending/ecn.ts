import { ECT0 } from '../../wire/packet.ts';
import { ACE_ALL, ACE_CLASSIC, ACE_FLAGS, CWR, ECE, flagsOfAce, flagsThatTell } from '../../wire/segment.ts';
import { aceFlags } from '../receiving/acc-ecn.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellEcn } from '../tcb/tell.ts';
import { eventCauses } from '../terms/causes.ts';
import { ACE_FAIL_RECV, ACE_FAIL_SEND, type Ecn } from '../variables/ecn.ts';
import { out } from './transmit.ts';

/** What ECN puts into the segments that leave: flags, and the codepoint of the IP header. */

/**
 * The ECN flags of our SYN. The path may drop SYNs that have them, so one that is sent again has none (RFC 3168, section
 * 6.1.1.1); that of AccECN tries twice (RFC 9768, section 3.1.4.1).
 */
export function flagsOfSyn(c: Tcb): number {
  const { ecn } = c;
  if (ecn === null) return 0;
  const tries = ecn.mode === 'pending' ? 2 : 1;
  if (!ecn.withdrawn && c.retransmits >= tries && c.tcp.sysctls.tcp_ecn_fallback !== 0) {
    ecn.withdrawn = true;
    tellEcn(c, eventCauses.ecnWithdrawn);
  }
  if (ecn.withdrawn) return 0;
  return flagsOfAce(ecn.mode === 'pending' ? ACE_ALL : ACE_CLASSIC);
}

/** Which SYN-ACK it is: the first; again since none was answered in time; again since the peer's SYN came again. */
export type SynAck = 'first' | 'timed out' | 'asked for';

/**
 * The ECN flags of our SYN-ACK. Where one that was sent again had no answer either, the next has none: the path may drop those
 * that do (RFC 9768, section 3.1.4.2; tcp_ecn_make_synack).
 */
export function flagsOfSynAck(c: Tcb, which: SynAck): number {
  const { ecn } = c;
  if (ecn === null) return 0;
  const timeouts = which === 'timed out' ? c.retransmits - 1 : c.retransmits;
  if (which !== 'first') {
    // Without its flags, or lost again and again: what of them arrives is not known, so no ECT (section 3.1.5).
    ecn.synAcksAgain++;
    if (ecn.mode === 'accurate' && ecn.synAcksAgain > 1 && (ecn.failMode & ACE_FAIL_SEND) === 0) {
      ecn.failMode |= ACE_FAIL_SEND;
      tellEcn(c, eventCauses.ecnWithdrawn);
    }
    if (timeouts > 0) return 0;
  }
  return ecn.mode === 'accurate' ? flagsThatTell(ecn.synReceived) : ECE;
}

/** The flags of any other segment, and the codepoint of its packet. */
export function markSegment(ecn: Ecn): void {
  ecn.ackNow = false;
  if (ecn.mode === 'accurate') {
    ecn.reflects = false;
    out.flags |= aceFlags(ecn);
    if (isEct(ecn)) out.tos = ECT0;
  } else if (ecn.echo) out.flags |= ECE;
}

/** With AccECN all packets have ECT, unless the handshake showed that the path doesn't carry it (section 3.1.5). */
export const isEct = (ecn: Ecn): boolean =>
  ecn.mode === 'accurate' && (ecn.failMode & (ACE_FAIL_RECV | ACE_FAIL_SEND)) === 0;

/**
 * Octets that were never sent before: with RFC 3168 they alone have ECT (section 6.1.5), and the first ones after the window
 * was lowered say so (section 6.1.2).
 */
export function markNewData(c: Tcb, ecn: Ecn): void {
  if (ecn.mode !== 'classic') return;
  out.tos = ECT0;
  if (!ecn.cwrDue) return;
  ecn.cwrDue = false;
  out.flags |= CWR;
  tellEcn(c, eventCauses.cwrSent);
}

/** The ACK of a SYN-ACK tells its ECN field where the counter would be (RFC 9768, section 3.2.2.1). */
export function reflectField(ecn: Ecn): void {
  out.flags = (out.flags & ~ACE_FLAGS) | flagsThatTell(ecn.synReceived);
}
