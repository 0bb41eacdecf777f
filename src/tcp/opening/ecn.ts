import { CE, type Codepoint, codepointOf, ECT0, ECT1, NOT_ECT } from '../../wire/packet.ts';
import type { Segment } from '../../wire/segment.ts';
import { ACE_ALL, ACE_CLASSIC, aceOf } from '../../wire/segment.ts';
import { noteOption } from '../path/acc-ecn-option.ts';
import type { TcpContext } from '../tcb/context.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellEcn } from '../tcb/tell.ts';
import { type Cause, eventCauses } from '../terms/causes.ts';
import { ACE_FAIL_RECV, Ecn, OPTION_FAIL_RECV } from '../variables/ecn.ts';

/**
 * What the two ends agree on by the ECN flags of SYN and SYN-ACK: nothing, ECN (RFC 3168, section 6.1.1), or AccECN (RFC 9768,
 * section 3.1). With AccECN the handshake also tells what became of the ECN field of either SYN on its way: in the SYN-ACK, and
 * in the ACK of that (sections 3.1.1 and 3.2.2.1).
 */

/** The values of `tcp_ecn`, by what they say (include/net/tcp_ecn.h, enum tcp_ecn_mode). */
const asksForClassic = (tcpEcn: number): boolean => tcpEcn === 1 || tcpEcn === 4;
const asksForAccurate = (tcpEcn: number): boolean => tcpEcn === 3;
const grantsAccurate = (tcpEcn: number): boolean => tcpEcn >= 3;

/** The ACE field of RFC 3168's SYN-ACK, ECE; and of that of ECN nonces (RFC 3540), which none sends any more. */
const GRANTS_CLASSIC = 1;
const RESERVED = 5;

/** Active OPEN: what our SYN will ask for. */
export function askForEcn(c: Tcb): void {
  const { tcp_ecn } = c.tcp.sysctls;
  if (asksForAccurate(tcp_ecn)) c.ecn = new Ecn('pending');
  else if (asksForClassic(tcp_ecn)) c.ecn = new Ecn('classic');
}

/** A SYN has come. @returns what its SYN-ACK grants; null: no ECN (tcp_ecn_create_request in net/ipv4/tcp_input.c) */
export function grantEcn({ sysctls: { tcp_ecn } }: TcpContext, segment: Segment): Ecn | null {
  const ace = aceOf(segment.flags);
  if (grantsAccurate(tcp_ecn) && ace !== 0 && ace !== ACE_CLASSIC) {
    // Any flags but these two ask for AccECN, or for what comes after it (RFC 9768, section 3.1.3).
    const ecn = new Ecn('accurate');
    ecn.synReceived = ecn.lastField = codepointOf(segment.tos);
    ecn.optionsDue = 1;
    return ecn;
  }
  if (tcp_ecn === 0 || (ace & ACE_CLASSIC) !== ACE_CLASSIC) return null;
  // A SYN of RFC 3168 has no ECT (section 6.1.1): the path does something else with the field. One of AccECN may have.
  if (codepointOf(segment.tos) !== NOT_ECT && ace === ACE_CLASSIC) return null;
  return new Ecn('classic');
}

/** A passive OPEN: tells what its SYN asked for, and what it gets. */
export function takeSyn(c: Tcb, segment: Segment): void {
  c.ecn = grantEcn(c.tcp, segment);
  if (c.ecn !== null) {
    const all = aceOf(segment.flags) === ACE_ALL;
    tellEcn(
      c,
      c.ecn.mode === 'accurate' ? eventCauses.accEcnAgreed : all ? eventCauses.ecnOfAccEcn : eventCauses.ecnAgreed,
    );
  } else if (aceOf(segment.flags) !== 0) tellEcn(c, eventCauses.ecnNotGranted);
}

/**
 * The field that our SYN or SYN-ACK came with, going by the ACE of what answers it (RFC 9768, table 2). The values that have
 * no meaning there count as in tcp_accecn_extract_syn_ect.
 */
const TOLD_FIELD: readonly Codepoint[] = [ECT0, ECT1, NOT_ECT, ECT1, ECT0, ECT1, CE, ECT1];

/** A SYN-ACK has come for our SYN: RFC 9768, table 2; RFC 3168, section 6.1.1 (tcp_ecn_rcv_synack). */
export function takeSynAck(c: Tcb, segment: Segment): void {
  const { ecn } = c;
  if (ecn === null) return;
  const ace = aceOf(segment.flags);
  const accurate = ecn.mode === 'pending';
  const granted = accurate ? ace !== 0 && ace !== ACE_ALL : ace === GRANTS_CLASSIC;
  if (!granted) {
    c.ecn = null;
    tellEcn(c, ace === ACE_ALL ? eventCauses.ecnEchoed : eventCauses.ecnRefused);
  } else if (ace === GRANTS_CLASSIC) {
    ecn.mode = 'classic';
    tellEcn(c, accurate ? eventCauses.accEcnRefused : eventCauses.ecnAgreed);
  } else {
    ecn.mode = 'accurate';
    ecn.synReceived = codepointOf(segment.tos);
    ecn.reflects = true;
    tellEcn(c, eventCauses.accEcnAgreed);
    if (noteOption(c, ecn, segment)) ecn.optionsDue = 2;
    const believable = ace === RESERVED || fieldsAgree(c, ecn, ace);
    if (ecn.synReceived === CE && believable) {
      ecn.receivedCe++;
      ecn.untoldCe++;
    }
  }
}

/** A SYN has crossed ours (tcp_ecn_rcv_syn). */
export function takeCrossingSyn(c: Tcb, segment: Segment): void {
  const { ecn } = c;
  if (ecn === null) return;
  const ace = aceOf(segment.flags);
  if (ecn.mode === 'pending' && ace !== 0 && ace !== ACE_CLASSIC) {
    ecn.mode = 'accurate';
    ecn.synReceived = ecn.lastField = codepointOf(segment.tos);
    ecn.optionsDue = 1;
    tellEcn(c, eventCauses.accEcnAgreed);
  } else if ((ace & ACE_CLASSIC) === ACE_CLASSIC) {
    ecn.mode = 'classic';
    tellEcn(c, eventCauses.ecnAgreed);
  } else {
    c.ecn = null;
    tellEcn(c, eventCauses.ecnRefused);
  }
}

/** The peer's SYN has come again, or a SYN-ACK: the field of the last one counts (RFC 9768, section 3.1.5). */
export function takeSynAgain(c: Tcb, segment: Segment): void {
  const { ecn } = c;
  if (ecn?.mode !== 'accurate') return;
  ecn.synReceived = codepointOf(segment.tos);
  if (aceOf(segment.flags) === 0) stopEct(c, ecn, 0, eventCauses.synWithoutEcn);
}

/**
 * The peer's SYN-ACK of a connection that is established comes again: it missed our ACK, which told its field. Any other SYN may be
 * any host's, and tells nothing.
 */
export function takeSynAckAgain(c: Tcb, segment: Segment): void {
  const { ecn } = c;
  if (ecn?.mode !== 'accurate' || segment.seq !== c.rcv.irs) return;
  ecn.synReceived = codepointOf(segment.tos);
  ecn.reflects = true;
  if (noteOption(c, ecn, segment)) ecn.optionsDue = Math.max(ecn.optionsDue, 1);
}

/**
 * The segment that completes the handshake tells with which field our SYN-ACK came (RFC 9768, section 3.2.2.1, table 3;
 * tcp_accecn_third_ack). With data, or with SACK blocks, it may be a later one: then its ACE field is the counter.
 */
export function takeThirdAck(c: Tcb, segment: Segment): void {
  const { ecn } = c;
  if (ecn?.mode !== 'accurate') return;
  noteOption(c, ecn, segment);
  const ace = aceOf(segment.flags);
  if (ace === 0) {
    if (segment.sackCount === 0) stopEct(c, ecn, OPTION_FAIL_RECV, eventCauses.aceZeroed);
    return;
  }
  if (ace === 1 || ace === RESERVED || ace === 7) return; // "unused", or a counter
  if (segment.segLen > 0 || segment.sackCount > 0 || !fieldsAgree(c, ecn, ace)) return;
  if (TOLD_FIELD[ace] === CE && ecn.deliveredCe === 0) ecn.deliveredCe = 1;
}

/**
 * Can our SYN, or SYN-ACK, have come with the field that `ace` tells? We send them without ECT, and a router marks only what has
 * it (RFC 9768, section 3.2.2.3; tcp_ect_transition_valid).
 */
function fieldsAgree(c: Tcb, ecn: Ecn, ace: number): boolean {
  if (c.tcp.sysctls.tcp_ecn_fallback === 0 || TOLD_FIELD[ace] === NOT_ECT) return true;
  stopEct(c, ecn, 0, eventCauses.ecnFieldChanged);
  return false;
}

/** The path does not carry the field, or its feedback: no ECT for the rest of the connection; marks are told as before. */
function stopEct(c: Tcb, ecn: Ecn, alsoFailed: number, cause: Cause): void {
  ecn.failMode |= ACE_FAIL_RECV | alsoFailed;
  tellEcn(c, cause);
}

/** The options of a cookie's SYN have come back: what had it granted (cookie_accecn_ok; RFC 9768, section 5.1)? */
export function grantByCookie({ sysctls: { tcp_ecn } }: TcpContext, segment: Segment): Ecn | null {
  if (tcp_ecn === 0) return null;
  if (!grantsAccurate(tcp_ecn) || aceOf(segment.flags) <= 1) return new Ecn('classic');
  const ecn = new Ecn('accurate');
  ecn.optionsDue = 1;
  return ecn;
}
