import { ACK, FIN, PSH, RST, SYN, URG } from '../wire/segment.ts';
import { type Seq, seqAdd, seqDiff, seqGt, seqMin } from '../wire/seq.ts';
import { writeTcp } from '../wire/tcp.ts';
import { idleRestart, noteWindowUse } from './congestion.ts';
import type { TcpContext } from './context.ts';
import { emit, out } from './emit.ts';
import type { RetransmitReason } from './events.ts';
import { type MtuSearch, noteProbe, noteProbeLost, probeLength } from './mtu-search.ts';
import { followPath } from './path-mtu.ts';
import { initialWindow, selectWindow } from './receive-window.ts';
import type { SentSegment } from './retransmission-queue.ts';
import type { Tcb } from './tcb.ts';
import { armDelayedAck, armProbe, armRetransmit, disarmDelayedAck } from './timeouts.ts';

/** 20 octets and 40 of options (RFC 9293, section 3.1). */
const MAX_TCP_HEADER = 60;

/**
 * Sends what a connection has to send, at the end of a batch: retransmissions first, new data within the windows, a FIN
 * behind the last octet, and an ACK if one is due and nothing carried it.
 */
export function output(c: Tcb): void {
  if (c.state === 'CLOSED' || c.state === 'LISTEN' || c.state === 'SYN_SENT' || c.state === 'SYN_RECEIVED') return;
  followPath(c);
  if (c.sent.lost > c.sent.retransmitted) retransmitLost(c);
  if (c.tcp.turnLeft > 0 && (c.finQueued ? !c.finSent : seqGt(c.sendQueue.end, c.snd.nxt))) sendNew(c);
  if (!c.active) c.pushNow = false;
  if (ackIsDue(c)) sendAck(c);
  else if (c.rcv.nxt !== c.rcv.acked) armDelayedAck(c);
}

// ---- Data

/**
 * Sends again what is believed lost, as far as the congestion window lets it; but the first segment of a fast retransmit
 * and the one that a partial ACK shows to be lost whatever it says (RFC 5681, section 3.2, step 3; RFC 6582, section 3.2).
 */
export function retransmitLost(c: Tcb): void {
  for (let sent = c.sent.firstToRetransmit(); sent !== null; sent = c.sent.firstToRetransmit()) {
    const room = Math.max(c.cwnd - c.inFlight, c.inFlight === 0 || c.retransmitAtOnce ? 1 : 0);
    if (room <= 0 || takenAgain(c, sent) === 0) return;
    c.retransmitAtOnce = false;
    if (sent.count > room) c.sent.split(sent, room * c.snd.mss, c.snd.mss);
    retransmit(c, sent, retransmitReason(c));
    if (c.tcp.turnLeft <= 0) {
      c.tcp.waitForTurn(c);
      return;
    }
  }
}

/**
 * How many octets of `sent` the peer's window takes. It may have shrunk over what is out: then nothing beyond it is sent
 * again (RFC 9293, section 3.8.6: SHLD-16), but the first segment, which probes it.
 */
function takenAgain(c: Tcb, sent: SentSegment): number {
  const mss = effectiveMss(c);
  const within = seqDiff(seqAdd(c.snd.una, c.snd.wnd), sent.seq);
  if (within >= seqDiff(sent.end, sent.seq)) return within;
  if (within <= 0) return sent.seq === c.snd.una ? mss : 0;
  return within < mss ? within : within - (within % mss);
}

function retransmitReason(c: Tcb): RetransmitReason {
  if (c.congestionState === 'Loss') return c.lostToPath ? 'path MTU' : 'slow start after RTO';
  return c.sackPermitted || c.snd.una === c.undoMarker ? 'fast retransmit' : 'partial ACK';
}

/** Sends one segment of the retransmission queue again. */
export function retransmit(c: Tcb, sent: SentSegment, reason: RetransmitReason): void {
  const { tcp } = c;
  const taken = takenAgain(c, sent);
  if (taken === 0) return;
  const limit = Math.min(superSegmentOctets(c, effectiveMss(c)), taken);
  // A FIN takes an octet of the window, but none of the segment.
  const octets = seqDiff(seqMin(sent.end, c.sendQueue.end), sent.seq);
  if (octets > limit || seqDiff(sent.end, sent.seq) > taken) c.sent.split(sent, limit, c.snd.mss);
  if (c.mtuSearch !== null) noteProbeLost(c, c.mtuSearch, sent.seq);
  // An echo from before the first retransmission is of an original; but while something is out that was sent again in an
  // episode before, the echo may be of that, so the time stays.
  if (!c.retransmittedAny && !c.sent.hasRetransmissions) c.firstRetransmitTs = c.tsNow(tcp.now);
  c.retransmittedAny = true;
  c.sent.noteRetransmitted(sent, tcp.now);
  c.totalRetrans += sent.count;
  c.undoRetrans += sent.count;
  tcp.counters.RetransSegs += sent.count;
  const dataEnd = seqGt(sent.end, c.sendQueue.end) ? c.sendQueue.end : sent.end;
  const length = Math.max(0, seqDiff(dataEnd, sent.seq));
  c.bytesRetrans += length;
  if (tcp.observer) tcp.observer({ type: 'retransmit', now: tcp.now, connection: c, seq: sent.seq, length, reason });
  transmitData(c, effectiveMss(c), sent.seq, length, sent.end !== dataEnd);
}

/** Sends octets that were never sent, while the peer's window, the congestion window and Nagle's algorithm allow. */
function sendNew(c: Tcb): void {
  const { tcp, snd, sendQueue } = c;
  idleRestart(c);
  if (c.mtuSearch !== null) sendMtuProbe(c, c.mtuSearch);
  for (;;) {
    const mss = effectiveMss(c);
    const unsent = seqDiff(sendQueue.end, snd.nxt);
    const usable = seqDiff(seqAdd(snd.una, snd.wnd), snd.nxt);
    const room = c.cwnd - c.inFlight;
    const length = segmentLength(c, mss, sendQueue.lengthFrom(snd.nxt), usable, room);
    const fin = c.finQueued && !c.finSent && length === unsent && usable > length;
    if (length <= 0 && !fin) {
      if (room <= 0) noteWindowUse(c);
      // Nothing on its way, so no ACK will come that opens the window: ask for it.
      if (c.sent.isEmpty && (length === WAIT_FOR_WINDOW || unsent <= 0 || c.settings.cork || c.moreComing)) armProbe(c);
      break;
    }
    const seq = snd.nxt;
    const count = length <= mss ? 1 : Math.ceil(length / mss);
    snd.nxt = seqAdd(seq, length + (fin ? 1 : 0));
    if (fin) c.finSent = true;
    if (length % mss !== 0) snd.smallEnd = snd.nxt;
    c.sent.add(seq, snd.nxt, count, tcp.now);
    transmitData(c, mss, seq, length, fin);
    armRetransmit(c);
    noteWindowUse(c);
    if (fin || seqDiff(sendQueue.end, snd.nxt) <= 0) break;
    if (tcp.turnLeft <= 0) {
      tcp.waitForTurn(c);
      break;
    }
  }
}

/** One segment longer than the path is known to take, where it is time for one. */
function sendMtuProbe(c: Tcb, search: MtuSearch): void {
  const { snd, sendQueue } = c;
  const seq = snd.nxt;
  const octets = probeLength(c, search, sendQueue.lengthFrom(seq), seqDiff(seqAdd(snd.una, snd.wnd), seq));
  // Beside blocks it would be longer than the path that it asks about, or than the link (as tcp_mtu_probe).
  if (octets === 0 || effectiveMss(c) !== snd.mss) return;
  noteProbe(search, seq, octets);
  snd.nxt = seqAdd(seq, octets);
  c.sent.add(seq, snd.nxt, 1, c.tcp.now);
  transmitData(c, octets, seq, octets, false);
  armRetransmit(c);
}

/** Not now, and only a probe will bring it about: the window is closed, or too small to be worth a segment. */
const WAIT_FOR_WINDOW = -1;

/**
 * How many octets to send now: 0 to wait for an ACK, `WAIT_FOR_WINDOW` to wait for the window. Here is the sender's
 * side of silly-window avoidance (RFC 9293, section 3.8.6.2.1): whole segments, or the last octets of the queue, or
 * half of the largest window ever offered.
 */
function segmentLength(c: Tcb, mss: number, unsent: number, usable: number, room: number): number {
  const { usualWnd, nxt, una } = c.snd;
  if (unsent <= 0) return 0;
  if (usable <= 0) return WAIT_FOR_WINDOW;
  if (room <= 0) return 0;
  const allowed = Math.min(usable, room * mss, superSegmentOctets(c, mss));
  if (unsent <= allowed) {
    const tail = unsent % mss;
    if (tail === 0 || mayBeSmall(c, seqAdd(nxt, unsent))) return unsent;
    return unsent - tail; // 0 when it is all tail: Nagle waits for the ACK
  }
  const whole = allowed - (allowed % mss);
  if (whole > 0) return whole;
  // The window is smaller than a segment: worth it if it is a good part of what the peer has at all.
  if (allowed >= usualWnd >> 1) return allowed;
  return nxt === una ? WAIT_FOR_WINDOW : 0;
}

/**
 * Nagle's algorithm (RFC 9293, section 3.7.4) in Minshall's variant, as Linux has it: the last, short segment waits
 * while another short one is unacknowledged. A FIN behind it carries it off at once, and so do urgent data.
 */
function mayBeSmall(c: Tcb, end: Seq): boolean {
  // Nothing can join the end of a record, so there is nothing to wait for.
  if (end !== c.sendQueue.end || c.finQueued || c.pushNow) return true;
  if (c.sendingUrgent) return true; // what is urgent waits for no rule of thrift (tcp_nagle_test)
  if (c.settings.cork || c.moreComing) return false;
  if (c.settings.noDelay) return true;
  return !seqGt(c.snd.smallEnd, c.snd.una) || seqGt(c.snd.smallEnd, c.snd.nxt);
}

/** Octets of the longest segment that the link takes: many MSS where it cuts super-segments, else one. */
function superSegmentOctets(c: Tcb, mss: number): number {
  const { network } = c.tcp;
  // The urgent pointer counts from each segment's own first octet, which whoever cuts a super-segment doesn't know.
  // And of source routes, whose final destination the checksum covers, only we know.
  if (network.gsoMaxSize === 0 || c.sendingUrgent || c.ipOptions !== null) return mss;
  const room = network.gsoMaxSize - network.headerLength(c.remote) - MAX_TCP_HEADER;
  return Math.max(mss, room - (room % mss));
}

/** Eff.snd.MSS (RFC 9293, section 3.7.1): what fits beside the options that the next segment carries. */
function effectiveMss(c: Tcb): number {
  const { mss } = c.snd;
  return c.sackPermitted ? mss - c.sackBlocks.octets(c.timestamps, mss) : mss;
}

function transmitData(c: Tcb, mss: number, seq: Seq, length: number, fin: boolean): void {
  const { tcp } = c;
  beginSegment(c, ACK, seq);
  out.length = length;
  if (length > 0 && c.sendQueue.endsAt(seqAdd(seq, length))) out.flags |= PSH;
  if (fin) out.flags |= FIN;
  markUrgent(c, seq);
  out.gsoSize = length > mss ? mss : 0;
  const count = out.count;
  c.bytesSent += length;
  tcp.turnLeft -= length;
  if (length > 0) c.dataSegsOut += count;
  noteAnswer(c);
  c.lastDataSentAt = tcp.now;
  const { frame } = tcp;
  writeTcp(frame, out);
  frame.gsoSize = out.gsoSize;
  if (length > 0) c.sendQueue.addTo(frame, seq, length);
  finishSegment(c, tcp, count);
}

/** Says how far urgent data reach, as seen from a segment at `seq` (RFC 9293, section 3.1: Urgent Pointer). */
function markUrgent(c: Tcb, seq: Seq): void {
  if (!c.sendingUrgent || !seqGt(c.snd.up, seq)) return;
  out.flags |= URG;
  out.urg = Math.min(seqDiff(c.snd.up, seq), 0xffff);
}

/** Data that leaves soon after data came makes the connection an interactive one: ACKs may ride on answers. */
function noteAnswer(c: Tcb): void {
  if (c.tcp.now - c.lastDataReceivedAt < 40_000 && c.bytesReceived > 0) c.interactive = true;
}

// ---- Acknowledgments

/**
 * Must an ACK leave with this batch (RFC 9293, section 3.8.6.3; RFC 5681, section 4.2)? At once for what is out of
 * order, for more than one full segment, and at the start of a connection, where the peer's window still grows with
 * each ACK.
 */
function ackIsDue(c: Tcb): boolean {
  if (c.ackNow) return true;
  const unacknowledged = seqDiff(c.rcv.nxt, c.rcv.acked);
  if (unacknowledged <= 0) return false;
  // More than the window came at once: an ACK now would only shut it, and the user may be about to read.
  if (unacknowledged > c.rcv.wnd) return false;
  if (unacknowledged > c.rcv.mss) return true;
  if (c.settings.quickAck !== null) return c.settings.quickAck;
  return c.quickAcks > 0 && !c.interactive;
}

/**
 * The sequence number of what carries no octets: SND.NXT. Where the peer has taken its window back from under what we sent
 * already, that lies beyond it, and the peer would drop the segment with its ACK and its RST in it: two hosts whose
 * buffers are both full would never hear of each other again. The window's edge is in it still (tcp_acceptable_seq).
 */
function acceptableSeq(c: Tcb): Seq {
  const { snd } = c;
  const edge = seqAdd(snd.una, snd.wnd);
  // A SYN needs no window.
  return snd.una !== snd.iss && seqGt(snd.nxt, edge) ? edge : snd.nxt;
}

export function sendAck(c: Tcb): void {
  beginSegment(c, ACK, acceptableSeq(c));
  writeTcp(c.tcp.frame, out);
  c.tcp.counters.TCPPureAcks++;
  finishSegment(c, c.tcp, 1);
}

/**
 * A window probe or keep-alive: an old sequence number, no octets; the peer must answer it with an ACK. Being old, it could
 * tell of no urgent data; a segment at the shut window's edge can (RFC 9293, MUST-66), and goes first (tcp_write_wakeup).
 */
export function sendProbe(c: Tcb): void {
  if (c.sendingUrgent) sendUrgentMark(c);
  beginSegment(c, ACK, seqAdd(c.snd.una, -1));
  writeTcp(c.tcp.frame, out);
  finishSegment(c, c.tcp, 1);
}

function sendUrgentMark(c: Tcb): void {
  beginSegment(c, ACK, c.snd.una);
  markUrgent(c, c.snd.una);
  writeTcp(c.tcp.frame, out);
  finishSegment(c, c.tcp, 1);
}

/** Whatever leaves acknowledges everything received so far. */
function beginSegment(c: Tcb, flags: number, seq: Seq): void {
  const { tcp } = c;
  out.clearOptions();
  out.src = c.local;
  out.dst = c.remote;
  out.srcPort = c.localPort;
  out.dstPort = c.remotePort;
  out.seq = seq;
  out.ack = c.rcv.nxt;
  out.flags = flags;
  out.urg = 0;
  out.length = 0;
  out.gsoSize = 0;
  const pending = c.rcv.acked !== c.rcv.nxt;
  if (pending && c.quickAcks > 0) c.quickAcks--;
  c.ackNow = false;
  disarmDelayedAck(c);
  out.wnd = selectWindow(c);
  if (c.timestamps) {
    out.hasTimestamps = true;
    out.tsVal = c.tsNow(tcp.now);
    out.tsEcr = c.tsRecent;
  }
  if (c.sackPermitted) c.sackBlocks.fill(out, c.timestamps, c.snd.mss);
}

function finishSegment(c: Tcb, tcp: TcpContext, count: number): void {
  c.segsOut += count;
  emit(tcp, c, count);
}

// ---- SYN and RST

/** SYN, or with `ack` SYN-ACK: the segment that announces our options (RFC 9293, section 3.7.1; RFC 7323, section 1.3). */
export function sendSyn(c: Tcb, ack: boolean): void {
  const { tcp } = c;
  out.clearOptions();
  out.src = c.local;
  out.dst = c.remote;
  out.srcPort = c.localPort;
  out.dstPort = c.remotePort;
  out.seq = c.snd.iss;
  out.ack = ack ? c.rcv.nxt : 0;
  out.flags = ack ? SYN | ACK : SYN;
  out.urg = 0;
  out.length = 0;
  out.gsoSize = 0;
  // The window of a SYN is never scaled (RFC 7323, section 2.2). A challenge ACK may have offered more meanwhile: that stays.
  c.rcv.wnd = Math.max(c.rcv.wnd, initialWindow(c));
  out.wnd = Math.min(c.rcv.wnd, 0xffff);
  c.rcv.acked = c.rcv.nxt;
  out.mss = c.advertisedMss;
  // A SYN offers; a SYN-ACK repeats only what the SYN offered.
  if (ack ? c.windowScaling : tcp.sysctls.tcp_window_scaling) out.wscale = c.rcv.wscale;
  out.sackPermitted = ack ? c.sackPermitted : tcp.sysctls.tcp_sack !== 0;
  if (ack ? c.timestamps : tcp.sysctls.tcp_timestamps) {
    out.hasTimestamps = true;
    out.tsVal = c.tsNow(tcp.now);
    out.tsEcr = ack ? c.tsRecent : 0;
  }
  c.ackNow = false;
  writeTcp(tcp.frame, out);
  finishSegment(c, tcp, 1);
}

/** A RST for a connection of ours: at SND.NXT if that is in the window, acknowledging what came (RFC 9293, section 3.10.5). */
export function sendReset(c: Tcb): void {
  beginSegment(c, RST | ACK, acceptableSeq(c)); // with timestamps, if they are in use (RFC 7323, section 3.2)
  out.sackCount = 0;
  writeTcp(c.tcp.frame, out);
  c.tcp.counters.OutRsts++;
  finishSegment(c, c.tcp, 1);
}
