import { ACK, FIN, RST, type Segment, SYN, URG } from '../../wire/segment.ts';
import { type Seq, seqAdd, seqDiff, seqGeq, seqGt, seqLeq, seqLt } from '../../wire/seq.ts';
import { waitForFinAlone } from '../closing/close.ts';
import { abandonHandshake, fail, finish, refuseData } from '../closing/end.ts';
import { enterTimeWait } from '../closing/enter-time-wait.ts';
import { takeSynAckAgain, takeSynAgain, takeThirdAck } from '../opening/ecn.ts';
import { established } from '../opening/established.ts';
import { endFastOpen, sampleSynAck } from '../opening/fast-open.ts';
import { takeReturnRoute } from '../opening/options.ts';
import { mayBeAccepted } from '../opening/passive-open.ts';
import { suspectReset } from '../path/fast-open-black-hole.ts';
import { countField } from '../receiving/acc-ecn.ts';
import { dueAck } from '../receiving/ack-policy.ts';
import { takeCwr } from '../receiving/ecn.ts';
import { receiveWindow, rightEdge } from '../receiving/window.ts';
import { acknowledge } from '../recovery/acknowledge.ts';
import { growSendBuffer } from '../sending/buffer.ts';
import { sendResetFor } from '../sending/replies.ts';
import { repeatSynAck } from '../sending/syn.ts';
import { setState } from '../tcb/set-state.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { armKeepAlive, restartRetransmit } from '../tcb/timers.ts';
import { causes, sendCauses } from '../terms/causes.ts';
import { TcpError } from '../terms/errors.ts';
import { answerOutOfPlace, challenge, OUT_OF_PLACE, outsideWindow } from './challenge-acks.ts';
import { dsackOld } from './d-sack.ts';
import { pawsRejects, updateTsRecent } from './paws.ts';
import { receiveText } from './segment-text.ts';

/** The handshake of a passive OPEN, or of a simultaneous one, is not complete. With Fast Open our FIN may be out nevertheless. */
const isHandshaking = (c: Tcb): boolean => c.state === 'SYN_RECEIVED' || c.isFastOpenPending;

/** Our FIN, and all data before it, is acknowledged. */
const finIsAcknowledged = (c: Tcb): boolean => c.finSent && !seqGt(c.snd.nxt, c.snd.una);

/** OTHER STATES (RFC 9293, section 3.10.7.4): the eight steps, in their order. Each returns whether the segment goes on to the next. */
export function arrivesInOtherStates(c: Tcb, segment: Segment): void {
  if (!checkSequence(c, segment)) return;
  if (!checkReset(c, segment)) return;
  // Third, security and compartment: not kept here.
  if (!checkSyn(c, segment)) return;
  if (c.ecn !== null && c.state !== 'SYN_RECEIVED') countField(c, c.ecn, segment);
  if (!checkAck(c, segment)) return;
  updateTsRecent(c, segment);
  finishArrival(c, segment, seqAdd(segment.seq, segment.flags & SYN ? 1 : 0));
}

/** Steps six to eight; `seq` is the sequence number of the first octet of data. */
export function finishArrival(c: Tcb, segment: Segment, seq: Seq): void {
  c.receivedTos = segment.tos;
  if (segment.returnRoute !== null) takeReturnRoute(c, segment);
  if (segment.flags & URG) processUrgent(c, segment, seq);
  if (segment.length > 0 && !processText(c, segment, seq)) return;
  if (segment.flags & FIN) noteFin(c, segment, seqAdd(seq, segment.length));
  if (!c.finSeen || c.finReceived || c.rcv.nxt !== c.finSeq) return;
  // The last hole before a FIN that came earlier is filled: tell at once (RFC 5681, section 4.2).
  if (!(segment.flags & FIN)) dueAck(c, sendCauses.ackHoleFilled);
  processFin(c);
}

/** First: is it in the window at all (section 3.4, the four cases), and not an old duplicate (RFC 7323, section 5.3: PAWS)? */
function checkSequence(c: Tcb, segment: Segment): boolean {
  if (pawsRejects(c, segment) && !(segment.flags & RST)) {
    // A restarted peer's SYN may have any timestamp: it is challenged like every other (RFC 5961, section 4.2; as in Linux,
    // tcp_validate_incoming).
    if (segment.flags & SYN && !isHandshaking(c)) {
      challengeSyn(c, segment);
      return false;
    }
    c.tcp.drop('Paws', segment, c);
    dsackOld(c, segment);
    answerOutOfPlace(c, segment, OUT_OF_PLACE.timestamp);
    return false;
  }
  if (repeatsOurPeersSyn(c, segment)) {
    takeSynAgain(c, segment);
    repeatSynAck(c);
    // What has just been sent again need not be so at once (tcp_check_req in net/ipv4/tcp_minisocks.c).
    if (c.openedPassively) restartRetransmit(c, sendCauses.synRepeated);
    return false;
  }
  if (!isAcceptable(c, segment) && !completesSimultaneousOpen(c, segment)) {
    if (segment.flags & RST && meansReset(c, segment)) return true;
    if ((segment.flags & (SYN | RST)) === SYN) {
      challengeSyn(c, segment);
      return false;
    }
    const recent = isRecentDuplicate(c, segment);
    if (!recent) dropOutside(c, segment);
    if (segment.flags & RST) return false;
    if (recent && c.ecn !== null) countField(c, c.ecn, segment);
    dsackOld(c, segment);
    answerOutOfPlace(c, segment, outsideWindow(c, segment));
    if (recent && checkAck(c, segment)) updateTsRecent(c, segment);
    return false;
  }
  return true;
}

/** Linux counts what lies beyond the window, unless it is a RST, and not what lies before it (tcp_validate_incoming). */
function dropOutside(c: Tcb, segment: Segment): void {
  const beyond = !(segment.flags & RST) && seqGt(segment.seq, c.rcv.nxt);
  c.tcp.drop(beyond ? 'OverWindow' : 'OutsideWindow', segment, c);
}

/**
 * What the peer sends again because it missed our ACK holds nothing new but, maybe, its ACK: when both sides close at once,
 * FreeBSD acknowledges our FIN by its own FIN again. RFC 9293 drops it whole (section 3.10.7.4, first), and the retransmission
 * timer has to find out. Linux takes the ACK of a segment that ends where our last ACK was, or later (tcp_sequence in
 * net/ipv4/tcp_input.c); so does this. One that ends before is too easily guessed (RFC 5961, section 5).
 */
function isRecentDuplicate(c: Tcb, segment: Segment): boolean {
  const end = seqAdd(segment.seq, segment.segLen);
  const plain = (segment.flags & (SYN | RST | ACK)) === ACK;
  return plain && c.state !== 'SYN_RECEIVED' && seqGeq(end, c.rcv.acked) && seqLeq(end, c.rcv.nxt);
}

/** RFC 9293, section 3.4: some part of the segment lies in the window; with a closed window, it begins at its edge. */
function isAcceptable(c: Tcb, segment: Segment): boolean {
  const { nxt } = c.rcv;
  const edge = rightEdge(c);
  const { segLen } = segment;
  // Without octets it may sit at either edge, so that an ACK passes a closed window; and behind RCV.NXT as far as our
  // last ACK, for an ACK that data overtook carries news still (as Linux's tcp_sequence).
  if (segLen === 0) return seqGeq(segment.seq, c.rcv.acked) && (seqLeq(segment.seq, edge) || segment.seq === nxt);
  const last = seqAdd(segment.seq, segLen - 1);
  if (receiveWindow(c) === 0) {
    // Acknowledgments, RST and URG are looked at even so (MUST-66); the octets themselves are cut off. A retransmission may
    // begin before the edge: what is old is trimmed first (as tcp_sequence has it).
    return seqLeq(segment.seq, nxt) && seqGeq(last, nxt);
  }
  return seqLt(segment.seq, edge) && seqGeq(last, nxt);
}

/**
 * The SYN-ACK of a simultaneous open repeats the SYN that we have, so it lies before the window; its ACK is the news that
 * both sides wait for (RFC 9293, figure 7, line 6).
 */
const completesSimultaneousOpen = (c: Tcb, segment: Segment): boolean =>
  c.state === 'SYN_RECEIVED' &&
  (segment.flags & (SYN | ACK | RST)) === (SYN | ACK) &&
  segment.seq === c.rcv.irs &&
  seqGt(segment.ack, c.snd.iss) &&
  seqLeq(segment.ack, c.snd.nxt);

/**
 * The SYN again: our SYN-ACK was lost. Octets that came with it may reach into the window, but the SYN lies before it and is
 * trimmed off (section 3.10.7.4, first): it is never another connection's.
 */
const repeatsOurPeersSyn = (c: Tcb, segment: Segment): boolean =>
  isHandshaking(c) &&
  (segment.flags & (SYN | RST)) === SYN &&
  segment.seq === c.rcv.irs &&
  !completesSimultaneousOpen(c, segment);

/**
 * Is this RST what the peer would send? RFC 5961, section 3.2 obeys it exactly at RCV.NXT alone. Two other numbers are as good
 * a proof, as in Linux (tcp_validate_incoming, tcp_reset_check): the end of what we hold beyond a hole, which is the next number
 * of a peer whose segment was lost, and RCV.NXT - 1 behind a FIN, for there are hosts (macOS) whose RST doesn't count theirs. A
 * blind attacker has to hit one of at most two numbers of 2^32 instead of one. Without it such a peer's connection would wait
 * for a time-out, since a peer that is gone answers no challenge.
 */
function meansReset(c: Tcb, segment: Segment): boolean {
  const { seq } = segment;
  if (seq === c.rcv.nxt) return true;
  if (c.finReceived) return seq === seqAdd(c.rcv.nxt, -1);
  return c.sackPermitted && seq === c.sackBlocks.rightmost;
}

/** Second: RST. Only an exact one is obeyed; another in the window is challenged (RFC 5961, section 3.2). */
function checkReset(c: Tcb, segment: Segment): boolean {
  if (!(segment.flags & RST)) return true;
  if (!meansReset(c, segment)) {
    if (c.fastOpen !== null) suspectReset(c);
    c.tcp.drop('RstNotExact', segment, c);
    challenge(c, OUT_OF_PLACE.reset);
    return false;
  }
  switch (c.state) {
    case 'SYN_RECEIVED':
      // A passive OPEN goes back to LISTEN: its listener never left that.
      if (c.isFastOpenPending) resetFastOpen(c);
      else if (c.listener !== null) abandonHandshake(c, causes.resetReceived);
      else fail(c, new TcpError('ECONNREFUSED', 'Connection refused'), causes.resetReceived, false);
      return false;
    case 'ESTABLISHED':
    case 'FIN_WAIT_1':
    case 'FIN_WAIT_2':
      fail(c, new TcpError('ECONNRESET', 'Connection reset by peer'), causes.resetReceived, false);
      return false;
    case 'CLOSE_WAIT':
      // The peer had said FIN, so nothing it sent is lost; what we still send is (Linux: EPIPE).
      fail(c, new TcpError('EPIPE', 'The peer has closed the connection'), causes.resetReceived, false);
      return false;
    case 'CLOSING':
    case 'LAST_ACK':
      // "Enter the CLOSED state", and no word to the user: both sides have said that they were done. But octets that the peer
      // did not acknowledge may never have reached its user, and ours should know (as tcp_reset in Linux).
      if (seqGt(c.sendQueue.end, c.snd.una)) {
        fail(c, new TcpError('ECONNRESET', 'Connection reset by peer'), causes.resetReceived, false);
      } else {
        finish(c, causes.resetReceived);
      }
      return false;
    case 'CLOSED':
    case 'LISTEN':
    case 'SYN_SENT':
    case 'TIME_WAIT':
      return false;
    default:
      return c.state satisfies never;
  }
}

/**
 * The peer doesn't want the connection that its SYN's data began, or never asked for it: its SYN was forged, perhaps. The user may
 * have it already: he gets what the SYN brought, and the error (tcp_check_req, tcp_reset).
 */
function resetFastOpen(c: Tcb): void {
  const { fastOpen } = c;
  if (c.listener === null) {
    fastOpen!.pendingIn!.endedByReset(c.tcp.now); // it counts for a minute more
    fastOpen!.pendingIn = null;
  }
  fail(c, new TcpError('ECONNRESET', 'Connection reset by peer'), causes.resetReceived, false);
}

/**
 * Fourth: SYN is never a new connection's; the peer must prove by RST that it forgot us (RFC 5961, section
 * 4.2). Only a passive OPEN that is not complete goes back to LISTEN for it.
 */
function checkSyn(c: Tcb, segment: Segment): boolean {
  if (!(segment.flags & SYN)) return true;
  if (completesSimultaneousOpen(c, segment)) return true;
  if (c.state === 'SYN_RECEIVED' && c.listener !== null && !c.isFastOpenPending) {
    c.tcp.drop('SynInHandshake', segment, c);
    abandonHandshake(c, causes.anotherSyn);
    return false;
  }
  challengeSyn(c, segment);
  return false;
}

/** Wherever it lies (RFC 5961, section 4.2: "irrespective of the sequence number"). */
function challengeSyn(c: Tcb, segment: Segment): void {
  const { ecn } = c;
  const reflected = ecn?.reflects ?? false;
  takeSynAckAgain(c, segment);
  c.tcp.drop('SynOnConnection', segment, c);
  challenge(c, OUT_OF_PLACE.syn);
  // It is this ACK that tells the SYN's field, or none (tcp_send_challenge_ack): where a later one has the counter, it would be taken for marks.
  if (ecn?.reflects) ecn.reflects = reflected;
}

/** Fifth: the ACK field. */
function checkAck(c: Tcb, segment: Segment): boolean {
  const { tcp } = c;
  if (!(segment.flags & ACK)) {
    tcp.drop('NoAck', segment, c);
    return false;
  }
  const early = c.isFastOpenPending;
  if (c.state === 'SYN_RECEIVED' || early) {
    // A pending Fast Open has its SYN-ACK behind it in SND.UNA: an ACK of that alone moves it no further.
    if (seqLeq(segment.ack, c.snd.iss) || seqGt(segment.ack, c.snd.nxt)) {
      tcp.drop('AckUnsent', segment, c);
      sendResetFor(tcp, segment, c, sendCauses.resetBadAck);
      return false;
    }
    if (early) {
      completeFastOpen(c, segment);
      return afterAck(c);
    }
    if (c.listener !== null && !mayBeAccepted(c, c.listener, segment)) return false;
    setState(c, 'ESTABLISHED', causes.synAcknowledged);
    takeThirdAck(c, segment);
    if (c.ecn !== null) countField(c, c.ecn, segment);
    acknowledge(c, segment);
    established(c, segment);
    return true;
  }
  // RFC 5961, section 5.2: an ACK older than any window we ever saw is a guess.
  if (seqLt(segment.ack, seqAdd(c.snd.una, -c.snd.maxWnd))) {
    tcp.drop('AckTooOld', segment, c);
    challenge(c, OUT_OF_PLACE.oldAck);
    return false;
  }
  if (seqGt(segment.ack, c.snd.nxt)) {
    tcp.drop('AckUnsent', segment, c);
    answerOutOfPlace(c, segment, OUT_OF_PLACE.unsentAck);
    return false;
  }
  takeCwr(c, segment);
  acknowledge(c, segment);
  growSendBuffer(c);
  return afterAck(c);
}

/** The handshake of a Fast Open is complete: ESTABLISHED, or on in FIN_WAIT_1 where its user has closed already. */
function completeFastOpen(c: Tcb, segment: Segment): void {
  endFastOpen(c, c.fastOpen!);
  takeThirdAck(c, segment);
  if (c.state === 'SYN_RECEIVED') {
    if (c.ecn !== null) countField(c, c.ecn, segment);
    setState(c, 'ESTABLISHED', causes.synAcknowledged);
    acknowledge(c, segment);
    established(c, segment);
  } else {
    acknowledge(c, segment);
  }
  sampleSynAck(c, c.fastOpen!);
  // The timer was the SYN-ACK's; what the user has sent meanwhile has none yet.
  restartRetransmit(c);
}

/** What an acknowledged FIN of ours means in each state. */
function afterAck(c: Tcb): boolean {
  if (!finIsAcknowledged(c)) return true;
  switch (c.state) {
    case 'FIN_WAIT_1':
      setState(c, 'FIN_WAIT_2', causes.finAcknowledged);
      return c.orphan ? waitForFinAlone(c) : true;
    case 'CLOSING':
      enterTimeWait(c, causes.finAcknowledged);
      return false;
    case 'LAST_ACK':
      finish(c, causes.finAcknowledged);
      return false;
    case 'SYN_RECEIVED':
    case 'ESTABLISHED':
    case 'FIN_WAIT_2':
    case 'CLOSE_WAIT':
      return true;
    case 'CLOSED':
    case 'LISTEN':
    case 'SYN_SENT':
    case 'TIME_WAIT':
      return false;
    default:
      return c.state satisfies never;
  }
}

/**
 * Sixth: URG. The pointer counts from the segment's first octet to the one behind the urgent data (MUST-62). The user
 * is told once, and again when the mark moves on (MUST-32); of a mark that is behind what he has read, as one with a pointer of
 * 0 may be, he is not: "if the urgent pointer is in advance of the data consumed" (where tcp_check_urg takes 0 for 1).
 */
function processUrgent(c: Tcb, segment: Segment, seq: Seq): void {
  if (c.finReceived) return; // CLOSE_WAIT and later: "this should not occur"
  const up = seqAdd(seq, segment.urg);
  if (!seqGt(up, c.rcv.up)) return;
  c.rcv.up = up;
  if (c.user !== null && c.urgentLength > 0) {
    c.tellUrgent = true;
    c.tcp.activate(c);
  }
}

/** Seventh: the segment text. */
function processText(c: Tcb, segment: Segment, seq: Seq): boolean {
  switch (c.state) {
    case 'ESTABLISHED':
    case 'FIN_WAIT_1':
    case 'FIN_WAIT_2':
      if (c.orphan && seqGt(seqAdd(seq, segment.length), c.rcv.nxt)) {
        c.tcp.drop('DataAfterClose', segment, c);
        refuseData(c, segment);
        return false;
      }
      receiveText(c, segment, seq);
      if (c.settings.keepAlive) armKeepAlive(c);
      return true;
    case 'CLOSE_WAIT':
    case 'CLOSING':
    case 'LAST_ACK':
      return true; // the peer has sent its FIN: "ignore the segment text"
    case 'SYN_RECEIVED':
    case 'CLOSED':
    case 'LISTEN':
    case 'SYN_SENT':
    case 'TIME_WAIT':
      return false;
    default:
      return c.state satisfies never;
  }
}

/** Where the FIN is; it counts when everything before it has come, and if it lies in the window. */
function noteFin(c: Tcb, segment: Segment, seq: Seq): void {
  if (c.finReceived) {
    // The same FIN again: our ACK of it was lost.
    if (seqDiff(seq, c.finSeq) <= 0) dueAck(c, sendCauses.ackFin);
    return;
  }
  // Octets may have come since from beyond the FIN that was seen: then that one was none.
  const forgotten = c.finSeen && seqLt(c.finSeq, c.rcv.nxt);
  if ((!c.finSeen || forgotten) && (seq === c.rcv.nxt || seqLeq(seq, rightEdge(c)))) {
    // Beyond a hole it is answered like any segment out of order (RFC 5681, section 4.2), and told: it has a sequence number;
    // octets before it were already, and it with them.
    const bare = seq !== c.rcv.nxt && segment.length === 0;
    if (bare) dueAck(c, sendCauses.ackOutOfOrder);
    if (c.reassembly.has(seq, seqAdd(seq, 1))) return; // an octet is in its place (as in tcp_data_queue_ofo)
    if (bare) c.sackBlocks.add(seq, seqAdd(seq, 1));
    c.finSeen = true;
    c.finSeq = seq;
  }
}

/** Eighth: FIN. */
function processFin(c: Tcb): void {
  c.finReceived = true;
  c.rcv.nxt = seqAdd(c.rcv.nxt, 1);
  c.reassembly.clear();
  c.sackBlocks.clear();
  if (c.user !== null) c.tellReadable = true;
  switch (c.state) {
    case 'SYN_RECEIVED':
    case 'ESTABLISHED':
      setState(c, 'CLOSE_WAIT', causes.finReceived);
      // Our own FIN may follow soon and carry the ACK (tcp_fin); but with nothing before it there was no data to answer.
      if (c.bytesReceived === c.rcv.synOctets || receiveWindow(c) === 0) dueAck(c, sendCauses.ackFin);
      c.interactive = true;
      return;
    case 'FIN_WAIT_1':
      dueAck(c, sendCauses.ackFin);
      // Our FIN is not acknowledged (or step five would have moved us on): both sides close at once.
      setState(c, 'CLOSING', causes.finReceived);
      return;
    case 'FIN_WAIT_2':
      enterTimeWait(c, causes.finReceived);
      return;
    case 'CLOSE_WAIT':
    case 'CLOSING':
    case 'LAST_ACK':
    case 'TIME_WAIT':
      return;
    case 'CLOSED':
    case 'LISTEN':
    case 'SYN_SENT':
      return;
    default:
      c.state satisfies never;
  }
}
