import type { Micros } from '../../time/wheel.ts';
import { ACK, FIN, RST, type Segment, SYN } from '../../wire/segment.ts';
import { type Seq, seqAdd, seqDiff, seqGeq, seqGt, seqLt } from '../../wire/seq.ts';
import { nextIss } from '../opening/take-over.ts';
import { sendResetFor, sendTimeWaitAck } from '../sending/replies.ts';
import { RECYCLED_WAIT } from '../tables/peer-stamps.ts';
import type { TimeWaitEntry } from '../tables/time-wait-table.ts';
import type { TcpContext } from '../tcb/context.ts';
import { tellTimeWait } from '../tcb/tell.ts';
import { type Cause, causes, sendCauses } from '../terms/causes.ts';
import type { TcpDrop } from '../terms/drops.ts';
import { isTooSoon, mayLoop } from './ack-throttle.ts';

/**
 * A segment for a connection in TIME_WAIT (RFC 9293, section 3.10.7.4 for this state; RFC 6191 for a SYN; RFC 1337 for what
 * must not end it).
 * @returns the ISS of the next incarnation, which this SYN for a listener may begin; null: the segment has been dealt with
 */
export function arrivesInTimeWait(tcp: TcpContext, index: number, segment: Segment): Seq | null {
  const entry = tcp.timeWait.read(index, tcp.now);
  if (entry.state !== 'FIN_WAIT_2') return arrivesIn2Msl(tcp, index, entry, segment);
  arrivesInOrphanFinWait2(tcp, index, entry, segment);
  return null;
}

function arrivesIn2Msl(tcp: TcpContext, index: number, entry: TimeWaitEntry, segment: Segment): Seq | null {
  const { flags } = segment;
  const stale = isStale(entry, segment);
  const reason = stale ? 'PawsTimeWait' : 'TimeWait';
  if (flags & RST) {
    if (!stale && segment.seq === entry.rcvNxt && tcp.sysctls.tcp_rfc1337 === 0) {
      tcp.endTimeWait(index, entry, causes.resetReceived);
    } else {
      tcp.drop(reason, segment, null);
    }
    return null;
  }
  // A SYN to a port without a listener doesn't end the wait, nor does one that the listener has no room for, one that says FIN
  // as well, or one that proves to be an old duplicate, in that our SYN-ACK is answered by a RST ("returns to TIME-WAIT
  // state": section 3.6.1, MAY-2, (2)). So the wait goes on beside the new connection until its handshake is complete. (Linux
  // ends it at once, whatever becomes of the SYN: tcp_timewait_state_process.)
  const wanted = flags & SYN && !(flags & ACK) && tcp.listeners.find(segment.dst, segment.dstPort) !== null;
  if (wanted && beginsNextIncarnation(entry, segment)) return nextIss(entry);
  // Fifth: "if the ACK bit is off, drop the segment"; what is not in the window has been answered before that (first).
  if (!stale && !(flags & (ACK | SYN)) && isInWindow(entry, segment)) {
    tcp.drop('NoAck', segment, null);
    return null;
  }
  const last = seqAdd(segment.seq, segment.segLen);
  if (flags & FIN && flags & ACK && last === entry.rcvNxt && !stale) {
    // Our ACK was lost: the FIN is acknowledged again, and another 2MSL begins.
    entry.finAgain = true;
    restart(tcp, index, entry, segment, causes.finRetransmitted);
    return null;
  }
  tcp.drop(reason, segment, null);
  // A bare ACK in its place says nothing new; answering it could loop (RFC 1337 hazards begin with such answers).
  if (segment.segLen === 0 && segment.seq === entry.rcvNxt && seqDiff(segment.ack, entry.sndNxt) <= 0) return null;
  ackFromEntry(tcp, index, entry, segment);
  return null;
}

function restart(tcp: TcpContext, index: number, entry: TimeWaitEntry, segment: Segment, cause: Cause): void {
  entry.expires = tcp.now + lengthOf(tcp, entry);
  tcp.timeWait.restart(index, entry);
  tellTimeWait(tcp, 'restart', entry, null, cause);
  sendTimeWaitAck(tcp, segment, entry, entry.ect);
}

/** As for a connection: an ACK, for what could be an answer to it no more often than `tcp_invalid_ratelimit`. */
function ackFromEntry(tcp: TcpContext, index: number, entry: TimeWaitEntry, segment: Segment): void {
  if (mayLoop(segment)) {
    if (isTooSoon(tcp.sysctls, entry.answeredAt, tcp.now)) {
      tcp.counters[entry.state === 'TIME_WAIT' ? 'TCPACKSkippedTimeWait' : 'TCPACKSkippedFinWait2']++;
      return;
    }
    tcp.timeWait.noteAnswer(index, tcp.now);
  }
  // It may be an attacker who asks: without ECT (tcp_v4_timewait_ack, TCP_TW_ACK_OOW).
  sendTimeWaitAck(tcp, segment, entry, false);
}

/** A connection whose user is gone waits for the peer's FIN (RFC 9293, section 3.10.7.4, FIN-WAIT-2), and for nothing else. */
function arrivesInOrphanFinWait2(tcp: TcpContext, index: number, entry: TimeWaitEntry, segment: Segment): void {
  const { flags } = segment;
  if (flags & RST) {
    if (segment.seq === entry.rcvNxt) tcp.endTimeWait(index, entry, causes.resetReceived);
    else tcp.drop('RstNotExact', segment, null);
    return;
  }
  const reason = refusal(entry, segment);
  if (reason !== null) {
    tcp.drop(reason, segment, null);
    if (reason !== 'NoAck') ackFromEntry(tcp, index, entry, segment);
    return;
  }
  // Octets that came before are trimmed off; a FIN behind them counts.
  const end = seqAdd(segment.seq, segment.length);
  if (segment.length > 0 && seqGt(end, entry.rcvNxt)) {
    // Its user is gone, so it will never be read: the peer should know (RFC 2525, section 2.17).
    tcp.drop('DataAfterClose', segment, null);
    tcp.endTimeWait(index, entry, causes.unreadData);
    sendResetFor(tcp, segment, null, sendCauses.resetUnread);
    return;
  }
  if (!(flags & FIN) || end !== entry.rcvNxt) return;
  finArrives(tcp, index, entry, segment);
}

/**
 * As for any synchronized connection: what is out of place is answered by an ACK (first, fourth and fifth), PAWS included. Only
 * a segment in its place may end this one, or any host that guesses the ports could.
 */
function refusal(entry: TimeWaitEntry, segment: Segment): TcpDrop | null {
  const { flags } = segment;
  if (isStale(entry, segment)) return 'PawsTimeWait';
  if (flags & SYN) return 'SynOnConnection';
  if (!isInWindow(entry, segment)) return 'OutsideWindow';
  if (!(flags & ACK)) return 'NoAck';
  return seqGt(segment.ack, entry.sndNxt) ? 'AckUnsent' : null;
}

/** The peer's FIN, in its place: TIME_WAIT begins. */
function finArrives(tcp: TcpContext, index: number, entry: TimeWaitEntry, segment: Segment): void {
  entry.state = 'TIME_WAIT';
  entry.rcvNxt = seqAdd(entry.rcvNxt, 1);
  if (entry.hasTimestamps && segment.hasTimestamps) {
    entry.tsRecent = segment.tsVal;
    entry.tsRecentAt = tcp.now;
  }
  entry.recycled = tcp.sysctls.tcp_tw_recycle !== 0 && entry.hasTimestamps;
  if (entry.recycled) tcp.peerStamps.remember(entry.remote, entry.tsRecent, tcp.now);
  restart(tcp, index, entry, segment, causes.finReceived);
}

/** Older than the last segment in sequence (RFC 7323, section 5.3: PAWS). */
const isStale = (entry: TimeWaitEntry, segment: Segment): boolean =>
  entry.hasTimestamps && segment.hasTimestamps && ((segment.tsVal - entry.tsRecent) | 0) < 0;

/** RFC 9293, section 3.4. The window is taken as its field says, unscaled: the least that it can be. */
function isInWindow(entry: TimeWaitEntry, segment: Segment): boolean {
  const edge = seqAdd(entry.rcvNxt, Math.max(entry.rcvWnd, 1));
  const last = seqAdd(segment.seq, Math.max(segment.segLen, 1) - 1);
  return seqLt(segment.seq, edge) && seqGeq(last, entry.rcvNxt);
}

/**
 * May this SYN begin the next incarnation (RFC 9293, section 3.10.7.4, MAY-2; RFC 6191, section 2)? With timestamps, when its
 * timestamp is newer; else when its sequence number is beyond all that the old connection received.
 */
function beginsNextIncarnation(entry: TimeWaitEntry, segment: Segment): boolean {
  if (entry.hasTimestamps && segment.hasTimestamps) {
    const newer = (segment.tsVal - entry.tsRecent) | 0;
    if (newer !== 0) return newer > 0;
  }
  return seqGt(segment.seq, entry.rcvNxt);
}

/** 2MSL; or with `tcp_tw_recycle` 3.5 RTOs, of which no entry knows more than that they are not shorter than this. */
const lengthOf = ({ sysctls }: TcpContext, { recycled }: TimeWaitEntry): Micros =>
  recycled ? RECYCLED_WAIT * sysctls.tcp_rto_min_us : sysctls.tcp_timewait_len * 1000;
