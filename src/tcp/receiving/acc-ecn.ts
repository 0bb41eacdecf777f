import { CE, codepointOf, ECT0, ECT1, NOT_ECT } from '../../wire/packet.ts';
import type { Segment } from '../../wire/segment.ts';
import { flagsOfAce } from '../../wire/segment.ts';
import type { Seq } from '../../wire/seq.ts';
import { accEcnLength, optionsLength, PADDING_BEFORE_SACK } from '../../wire/tcp.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellEcn } from '../tcb/tell.ts';
import { eventCauses } from '../terms/causes.ts';
import { CEP_AT_FIRST, type Ecn, OCTETS_AT_FIRST, OPTION_FAIL_SEND, OPTION_NOT_SEEN } from '../variables/ecn.ts';

/**
 * AccECN, as the receiver of data (RFC 9768, section 3.2): it counts the packets that came marked, and tells by the ACE field
 * of each segment how many they are, modulo eight; and the octets that came with each codepoint, by the AccECN option.
 */

/** With which place in our option a codepoint's counter goes: an option of so many counters has it (order 1: ECT(1), CE, ECT(0)). */
const COUNTERS_UP_TO = [0, 1, 3, 2] as const;
/** An option goes at least each time that a counter passes a multiple of this: the peer sees 24 bits of it. */
const OPTION_EACH = 22;
/** More than these CE marks don't fit into what the ACE field can tell unambiguously. */
const UNTOLD_MOST = 15;

const OPTION_SPACE = 40;

/** A segment has passed the checks: its ECN field counts, whatever it carries (tcp_ecn_received_counters). */
export function countField(c: Tcb, ecn: Ecn, segment: Segment): void {
  const field = codepointOf(segment.tos);
  if (field !== NOT_ECT) {
    if (ecn.mode !== 'classic') ecn.seen = true;
    if (field === CE) {
      ecn.receivedCe += segment.count;
      ecn.untoldCe = Math.min(ecn.untoldCe + segment.count, UNTOLD_MOST);
      if (c.tcp.events.wants !== 0) tellEcn(c, eventCauses.markReceived);
    }
    if (segment.length > 0) {
      const before = ecn.receivedOctets[field]!;
      ecn.receivedOctets[field] = before + segment.length;
      ecn.leastCounters = Math.max(ecn.leastCounters, COUNTERS_UP_TO[field]);
      if ((ecn.receivedOctets[field]! ^ before) >>> OPTION_EACH !== 0) ecn.optionsDue = Math.max(ecn.optionsDue, 1);
    }
  }
  if (field === ecn.lastField && field !== CE) return;
  // An ACK at once where the field changes, and two options: so the second is of the new field alone (section 3.2.2.5.1).
  if (ecn.mode === 'accurate') {
    if (field !== ecn.lastField) ecn.ackNow = true;
    ecn.optionsDue = 2;
  }
  ecn.lastField = field;
}

/** The ACE field of what leaves: how many packets have come marked. */
export function aceFlags(ecn: Ecn): number {
  ecn.untoldCe = 0;
  return flagsOfAce(ecn.receivedCe + CEP_AT_FIRST);
}

/** The option of a SYN-ACK, which is sent before there is anything to count; `segment` has its other options. */
export function fillFirstOption(segment: Segment): void {
  segment.accEcnCounters[0] = OCTETS_AT_FIRST[ECT1];
  segment.accEcnCounters[1] = OCTETS_AT_FIRST[CE];
  segment.accEcnCounters[2] = OCTETS_AT_FIRST[ECT0];
  segment.accEcnCount = 3;
  while (segment.accEcnCount >= 0 && optionsLength(segment) > OPTION_SPACE) segment.accEcnCount--;
}

/** Is it time for an option, and does the path seem to carry it (tcp_established_options)? */
function wantsOption(c: Tcb, ecn: Ecn): boolean {
  const { tcp_ecn_option, tcp_ecn_option_beacon } = c.tcp.sysctls;
  if (tcp_ecn_option === 0 || ecn.optionSeen === OPTION_NOT_SEEN) return false;
  if ((ecn.failMode & OPTION_FAIL_SEND) !== 0 && tcp_ecn_option < 3) return false;
  if (tcp_ecn_option >= 2 || ecn.optionsDue > 0) return true;
  return tcp_ecn_option_beacon > 0 && (c.tcp.now - ecn.optionSentAt) * tcp_ecn_option_beacon >= c.rtt.srtt;
}

/** What the next segment has beside timestamps: SACK blocks, and counters of an AccECN option; -1: no option. Reused. */
export const optionPlan = { blocks: 0, counters: -1 };

/**
 * How many SACK blocks and counters go together. A counter that has grown since the last option is worth a third or
 * fourth block (RFC 9768, section 3.2.3.3; tcp_options_fit_accecn).
 */
export function planOptions(c: Tcb): typeof optionPlan {
  const { ecn } = c;
  const { mss } = c.snd;
  const most = c.sackPermitted ? c.sackBlocks.count(c.timestamps, mss) : 0;
  optionPlan.blocks = most;
  optionPlan.counters = -1;
  if (ecn === null || ecn.mode !== 'accurate' || !wantsOption(c, ecn)) return optionPlan;
  const least = ecn.leastCounters;
  for (let blocks = most; ; blocks--) {
    const counters = countersBeside(c, blocks, least);
    if (counters >= 0) {
      optionPlan.blocks = blocks;
      optionPlan.counters = counters;
      return optionPlan;
    }
    if (blocks <= 2 || least === 0) return optionPlan;
  }
}

/** As many as there is room for; -1: not for `least`. */
function countersBeside(c: Tcb, blocks: number, least: number): number {
  const sack = blocks > 0 ? 4 + 8 * blocks : 0;
  // One octet of data is left on the narrowest link.
  const room = Math.min(OPTION_SPACE - c.optionOctets - sack, c.snd.mss - sack - 1);
  for (let counters = 3; counters >= least; counters--) {
    if (accEcnLength(counters, paddingBefore(blocks)) <= room) return counters;
  }
  return -1;
}

const paddingBefore = (blocks: number): number => (blocks > 0 ? PADDING_BEFORE_SACK : 0);

/** The octets of options that a plan makes, beside those of each segment. */
export const octetsOfPlan = ({ blocks, counters }: typeof optionPlan): number =>
  (blocks > 0 ? 4 + 8 * blocks : 0) + (counters >= 0 ? accEcnLength(counters, paddingBefore(blocks)) : 0);

/** Fills the option into a segment that leaves, or notes that it has none. */
export function fillOption(c: Tcb, ecn: Ecn, segment: Segment, counters: number, dsack: boolean): void {
  ecn.optionBesideDsack = false;
  if (counters < 0) {
    if (c.tcp.events.wants !== 0 && wantsOption(c, ecn)) tellEcn(c, eventCauses.noRoomForOption);
    return;
  }
  segment.accEcnCount = counters;
  segment.accEcnCounters[0] = (ecn.receivedOctets[ECT1]! + OCTETS_AT_FIRST[ECT1]) & 0xffffff;
  segment.accEcnCounters[1] = (ecn.receivedOctets[CE]! + OCTETS_AT_FIRST[CE]) & 0xffffff;
  segment.accEcnCounters[2] = (ecn.receivedOctets[ECT0]! + OCTETS_AT_FIRST[ECT0]) & 0xffffff;
  ecn.leastCounters = 0;
  ecn.optionSentAt = c.tcp.now;
  if (ecn.optionsDue > 0) ecn.optionsDue--;
  ecn.optionBesideDsack = dsack;
  if (dsack) ecn.dsackLeft = segment.sackEdges[0]!;
}

/**
 * The peer sends again what it was told twice already to be here, and the last time an option was beside: the path seems to
 * drop what has one (RFC 9768, section 3.2.3.2.2; tcp_rcv_spurious_retrans).
 */
export function noteRepeated(c: Tcb, seq: Seq): void {
  const { ecn } = c;
  if (ecn === null || !ecn.optionBesideDsack || seq !== ecn.dsackLeft) return;
  if ((ecn.failMode & OPTION_FAIL_SEND) === 0) tellEcn(c, eventCauses.accEcnOptionLost);
  ecn.failMode |= OPTION_FAIL_SEND;
}
