import { CE, type Codepoint } from '../../wire/packet.ts';
import { ACE_MASK, aceOf, ECE, ORDER_0, ORDER_1, type Segment, SYN } from '../../wire/segment.ts';
import { seqLeq } from '../../wire/seq.ts';
import { noteNoOption, noteOption } from '../path/acc-ecn-option.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellEcn } from '../tcb/tell.ts';
import { eventCauses } from '../terms/causes.ts';
import type { AckSample } from '../variables/ack-sample.ts';
import { ACE_FAIL_RECV, CEP_AT_FIRST, type Ecn, OCTETS_AT_FIRST, OPTION_FAIL_RECV } from '../variables/ecn.ts';

/**
 * What an ACK tells of marks: RFC 3168, that there were some (section 6.1.2); AccECN, how many, by the ACE field's three bits,
 * and where these may have wrapped by the AccECN option's counters (RFC 9768, section 3.2.2.5.2 and appendix A.2; tcp_accecn_process in
 * net/ipv4/tcp_input.c). `ack.delivered` is known.
 */
export function takeMarks(c: Tcb, segment: Segment, ack: AckSample): void {
  const { ecn } = c;
  ack.marked = 0;
  ack.echoes = false;
  // An ACK that was overtaken has nothing to tell any more.
  if (ecn === null || segment.ack !== c.snd.una) return;
  if (ecn.mode === 'accurate') {
    ack.marked = newMarks(c, ecn, segment, ack);
    // Of a path that clears the field nothing is believed (RFC 9768, section 3.2.2.1): marks are counted, and that is all.
    ack.echoes = ack.marked > 0 && (ecn.failMode & ACE_FAIL_RECV) === 0;
  } else if ((segment.flags & (ECE | SYN)) === ECE) {
    ack.marked = ack.delivered;
    ack.echoes = true;
  }
  if (ack.marked === 0 && !ack.echoes) return;
  ecn.deliveredCe += ack.marked;
  c.tcp.counters.TCPDeliveredCE += ack.marked;
  tellEcn(c, eventCauses.marksTold);
}

/** The window is lower from now on: with RFC 3168 the next new data says so (section 6.1.2), whatever the reason was. */
export function announceReduction(c: Tcb): void {
  if (c.ecn?.mode === 'classic') c.ecn.cwrDue = true;
}

/** It was needless, and is taken back: there is nothing to say, if it has not been said yet (tcp_ecn_withdraw_cwr). */
export function withdrawReduction(c: Tcb): void {
  if (c.ecn !== null) c.ecn.cwrDue = false;
}

/** So many untold marks want an ACK at once, or the peer couldn't tell them from fewer (RFC 9768, section 3.2.2.5.1: n of 6). */
const UNTOLD_AT_ONCE = 6;

function newMarks(c: Tcb, ecn: Ecn, segment: Segment, ack: AckSample): number {
  const progress = ack.acked !== null || (c.sackPermitted && ack.delivered > 0);
  // Nothing shows that it is newer than the one before: it may have been overtaken (appendix A.1).
  if (!progress && !hasNewerTimestamp(c, segment)) return 0;
  const octets = octetsDelivered(c, ack);
  const ceBefore = ecn.deliveredOctets[CE]!;
  const octetsTell = takeOption(c, ecn, segment, octets);
  if (ack.ofSyn) return 0; // there the ACE field tells of the handshake
  const { delivered } = ack;
  if (delivered > 0) noteAcknowledged(ecn, delivered);
  if (ecn.untoldCe >= UNTOLD_AT_ONCE) ecn.ackNow = true;
  const least = (aceOf(segment.flags) - CEP_AT_FIRST - ecn.deliveredCe) & ACE_MASK;
  if (delivered <= ACE_MASK) return least;
  // The field may have wrapped: at most so many of what was delivered are marked.
  const most = delivered - ((delivered - least) & ACE_MASK);
  // ACKs are thinned on their way: to take each for the worst would halve the window all the time.
  if (!octetsTell) return ecn.ackedAverage > THINNED ? least : most;
  const marked = (ecn.deliveredOctets[CE]! - ceBefore) | 0;
  return marked === 0 ? least : byOctets(c, ack, octets, marked, least, most);
}

/** How often the field wrapped, going by the octets that were marked (appendix A.2.1, A.2.2). */
function byOctets(c: Tcb, ack: AckSample, octets: number, marked: number, least: number, most: number): number {
  const { delivered } = ack;
  const undisturbed = c.sackPermitted || c.loss.congestionState === 'Open' || c.loss.congestionState === 'CWR';
  if (delivered >= 2 * (ACE_MASK + 1) && undisturbed) {
    if (octets <= marked) return most;
    const estimate = Math.ceil((marked * delivered) / octets);
    return Math.min(most, least + (estimate & ~ACE_MASK));
  }
  if (marked > least * c.snd.mss) return most;
  return marked < (most * c.snd.mss) >> 1 ? least : most;
}

/** The timestamp is newer than what any segment before had (FLAG_TS_PROGRESS). */
const hasNewerTimestamp = (c: Tcb, segment: Segment): boolean =>
  c.timestamps && segment.hasTimestamps && seqLeq(segment.seq, c.rcv.acked) && ((segment.tsVal - c.tsRecent) | 0) > 0;

/** Octets that are newly known to have arrived, reckoned from segments where SACK told of them, or had. */
function octetsDelivered(c: Tcb, ack: AckSample): number {
  const { acked, delivered, advance } = ack;
  if (acked === null) return delivered * c.snd.mss;
  const bySack = delivered - (acked.count - acked.sacked);
  return Math.max(0, advance + (bySack - acked.sacked) * c.snd.mss);
}

/** An ACK of more than four segments on average is a thinned one. The average is in 64ths, and moves by a 64th. */
const THINNED = 4 << 6;

function noteAcknowledged(ecn: Ecn, delivered: number): void {
  const { ackedAverage: average } = ecn;
  const next = average === 0 ? delivered << 6 : ((average << 6) - average + (delivered << 6)) >> 6;
  ecn.ackedAverage = Math.min(next, 0xffff);
}

/**
 * Takes in the counters of octets. Without an option it is likely that what was delivered came as what the last one told of.
 * @returns whether the counters can be relied on (tcp_accecn_process_option)
 */
function takeOption(c: Tcb, ecn: Ecn, segment: Segment, octets: number): boolean {
  if ((ecn.failMode & OPTION_FAIL_RECV) !== 0) return false;
  if (segment.accEcnCount < 0) return takeAbsence(c, ecn, octets);
  noteOption(c, ecn, segment);
  const likely = ecn.likelyField;
  let reliable = likely !== 0;
  let ambiguous = false;
  let grown: Codepoint = 0;
  const order = segment.accEcnOrder1 ? ORDER_1 : ORDER_0;
  for (let i = 0; i < segment.accEcnCount; i++) {
    const field = order[i]!;
    const delta = growth(segment.accEcnCounters[i]! - OCTETS_AT_FIRST[field], ecn.deliveredOctets[field]!);
    if (delta === 0) continue;
    ecn.deliveredOctets[field] = ecn.deliveredOctets[field]! + delta;
    if (delta < 0 || (field !== likely && grown !== 0)) ambiguous = true;
    if (field !== likely && grown === 0) grown = ecn.likelyField = field;
  }
  if (ambiguous) {
    ecn.likelyField = 0;
    reliable = false;
  }
  return reliable;
}

function takeAbsence(c: Tcb, ecn: Ecn, octets: number): boolean {
  if (!noteNoOption(c, ecn) || ecn.likelyField === 0) return false;
  ecn.deliveredOctets[ecn.likelyField] = ecn.deliveredOctets[ecn.likelyField]! + octets;
  return true;
}

/** How far a counter of which the wire has 24 bits has moved on; negative: it was reckoned too high. */
const growth = (onWire: number, known: number): number => ((onWire - known) << 8) >> 8;
