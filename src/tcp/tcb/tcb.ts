// tcp/tcb: records (one connection, one listener, the host's TCP), events, arming of timers; no decisions.
import type { Place } from '../../basics/bag.ts';
import { DOUBLE } from '../../basics/double.ts';
import { type Micros, Timer, type TimerOwner } from '../../time/wheel.ts';
import type { Address } from '../../wire/address.ts';
import type { Ipv4Options } from '../../wire/ipv4-options.ts';
import { type Seq, seqAdd, seqDiff, seqGt } from '../../wire/seq.ts';
import { Delivery } from '../queues/delivery.ts';
import { Reassembly } from '../queues/reassembly.ts';
import { ReceiveQueue } from '../queues/receive-queue.ts';
import { RetransmissionQueue } from '../queues/retransmission-queue.ts';
import { SackBlocks } from '../queues/sack-blocks.ts';
import { SendQueue } from '../queues/send-queue.ts';
import type { Cause } from '../terms/causes.ts';
import type { TcpError } from '../terms/errors.ts';
import type { HoldReason } from '../terms/holds.ts';
import { DEFAULT_OPTIONS, type SocketOptions } from '../terms/socket-options.ts';
import type { State } from '../terms/state.ts';
import type { ConnectionUser } from '../terms/user.ts';
import { CongestionWindow } from '../variables/congestion-control.ts';
import type { Ecn } from '../variables/ecn.ts';
import type { FastOpen } from '../variables/fast-open.ts';
import { LossRecovery } from '../variables/loss.ts';
import type { MtuSearch } from '../variables/mtu-search.ts';
import type { Pacing } from '../variables/pacing.ts';
import { RttEstimator } from '../variables/rtt.ts';
import type { TcpContext } from './context.ts';
import type { EventLinks } from './events.ts';
import type { ListenQueues } from './listen-queues.ts';

/** Send Sequence Variables (RFC 9293, section 3.3.1), and what belongs to sending. */
class SendVariables {
  una: Seq = 0;
  nxt: Seq = 0;
  /** The peer's window in octets, scaled up. */
  wnd = 0;
  wl1: Seq = 0;
  wl2: Seq = 0;
  /** Behind the last urgent octet (RFC 9293, section 3.8.5); meaningful while beyond SND.UNA. */
  up: Seq = 0;
  iss: Seq = 0;
  /** How far the peer scales its window field (RFC 7323, section 2): Snd.Wind.Shift. */
  wscale = 0;
  /** The largest window the peer ever offered (RFC 9293, section 3.8.6.2.1: Max(SND.WND)). */
  maxWnd = 0;
  /** What silly-window avoidance takes for the largest window: less than `maxWnd` where the peer's window stays small. */
  usualWnd = 0;
  /** Eff.snd.MSS: octets of data that fit in a segment beside the options sent with each (section 3.7.1). */
  mss = 536;
  /** The end of the last segment shorter than the MSS (Minshall's variant of Nagle's algorithm). */
  smallEnd: Seq = 0;
}

/** Receive Sequence Variables (RFC 9293, section 3.3.1), and what belongs to receiving. */
class ReceiveVariables {
  nxt: Seq = 0;
  /** The window in octets as it stands from `acked` on: its right edge moves left only with `tcp_shrink_window`, */
  wnd = 0;
  /** by so many octets from where it was told to be at most (Linux: rcv_mwnd_seq). */
  shrunkBy = 0;
  irs: Seq = 0;
  /** Behind the peer's last urgent octet, as far as it told. */
  up: Seq = 0;
  /** How far our window field is scaled: Rcv.Wind.Shift. */
  wscale = 0;
  /** The most that is promised for now: less than the buffer has room for until more has come (tcp_info: rcv_ssthresh). */
  ssthresh = 0;
  /** RCV.NXT when we last sent an ACK (Last.ACK.sent, RFC 7323, section 4.3): where `wnd` counts from. */
  acked: Seq = 0;
  /** Octets that were taken with the peer's SYN (Fast Open). */
  synOctets = 0;
  /** The size of the peer's full segments, as far as seen. */
  mss = 536;
  /** The round trip as the receiver sees it (`receiving/receiver-rtt.ts`), in microseconds; 0: not measured. */
  rtt = 0;
  /** The last echo of our timestamps that was measured by. */
  rttEcho = 0;
  /** A window's worth is being waited for: up to where, and since when. */
  rttWaits = false;
  rttEdge: Seq = 0;
  rttSince: Micros = DOUBLE;
}

/** Which of the timers' jobs the retransmission timer does at the moment. */
export type RetransmitMode = 'none' | 'retransmit' | 'probe' | 'loss probe' | 'reordering';

/**
 * A Transmission Control Block (RFC 9293, section 3.3.1): all that is remembered of one connection, and what follows from it
 * by plain reckoning. It decides nothing. Every one is a `Connection`, which adds the user's calls: one object, for what each
 * segment touches should be one load away.
 */
export abstract class Tcb implements TimerOwner {
  readonly tcp: TcpContext;
  /** Its number on this host, by which it is asked for and spoken of; listeners have numbers of the same row. */
  readonly id: number;
  state: State = 'CLOSED';
  /** When it came into that state. */
  stateSince: Micros = DOUBLE;
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
  user: ConnectionUser | null = null;
  /** Opened by the peer's SYN (RFC 9293, section 3.10.7.4, fourth: how it was opened is remembered). */
  openedPassively = false;
  /** The listener of a passive OPEN, until the connection is accepted; null for an active one. */
  listener: ListenQueues | null = null;

  readonly snd = new SendVariables();
  readonly rcv = new ReceiveVariables();
  readonly sendQueue = new SendQueue();
  readonly delivery = new Delivery();
  readonly sent = new RetransmissionQueue(this.delivery);
  readonly receiveQueue = new ReceiveQueue();
  readonly reassembly = new Reassembly();
  readonly sackBlocks = new SackBlocks();
  readonly rtt = new RttEstimator();
  readonly cc = new CongestionWindow(this.delivery);
  readonly loss = new LossRecovery();

  /** Its segments are spread over the round trip; null: they leave at once. */
  pacing: Pacing | null = null;

  // Options of this connection
  /** The MSS we announce, and the one that the peer announced, or meant by saying nothing, in octets. */
  advertisedMss = 0;
  peerMss = 0;
  /** Of what state of the network's path MTUs `snd.mss` is made; what is out may still be cut for a wider path. */
  pathsVersion = 0;
  cutForWiderPath = false;
  /** The path seems to drop long packets without an ICMP message; null: it doesn't. */
  mtuSearch: MtuSearch | null = null;
  /** What goes into the IP header: the user's own options, else the way back along the peer's source route. */
  ipOptions: Ipv4Options | null = null;
  /** The DS field and ECN bits of the last acceptable segment (RFC 9293, section 3.9.2, MAY-9). */
  receivedTos = 0;
  /** Explicit Congestion Notification; null: neither asked for nor agreed on. */
  ecn: Ecn | null = null;
  timestamps = false;
  sackPermitted = false;
  windowScaling = false;
  tsOffset = 0;
  /** TS.Recent (RFC 7323, section 4.3), and when it was taken. */
  tsRecent = 0;
  tsRecentAt: Micros = DOUBLE;

  // The two ends of the stream
  /** The user has closed its sending side: a FIN goes behind the queue. */
  finQueued = false;
  finSent = false;
  /** RCV.NXT is behind the peer's FIN. */
  finReceived = false;
  /** Where the peer's FIN is, once seen out of order. */
  finSeq: Seq = 0;
  finSeen = false;
  /** The user has let go, and won't read what arrives now. */
  orphan = false;
  /** More is coming at once (MSG_MORE): the last short segment waits, as with TCP_CORK. */
  moreComing = false;
  /** A short segment goes with the next output, whatever Nagle's algorithm or a cork say. */
  pushNow = false;
  /** What the user has set, for reading. Connections share one object until a user changes his: that is `options`. */
  settings: Readonly<SocketOptions> = DEFAULT_OPTIONS;
  protected ownsSettings = false;

  // Acknowledging
  /** Why an ACK leaves with this batch; null: it may wait. */
  ackDue: Cause | null = null;
  /** RCV.NXT when a segment last came beyond a hole, and how many of those since were answered at once. */
  holeAt: Seq = 0;
  duplicateAcksSent = 0;
  /** ACKs still to be sent without delay, at the start and after a pause (net/ipv4/tcp_input.c: quick ACK mode). */
  quickAcks = 0;
  /** We answer what we get: ACKs wait for the answer to carry them. */
  interactive = false;
  /** When we last answered a segment out of place, of each kind (see arriving/challenge-acks.ts); null: never yet. */
  outOfPlaceAnswered: Float64Array | null = null;

  /** What TCP Fast Open makes of it (RFC 7413); null: nothing. */
  fastOpen: FastOpen | null = null;
  /** Octets that the send buffer takes, if the user has not set its size. */
  sendBuffer = 0;
  /** The user has asked for room in it, and found none (SOCK_NOSPACE). */
  wantsSpace = false;

  // Receive buffer
  receiveBuffer = 0;
  /** By how much it is larger than it was at first: what counts in the host's sum of all that grew. */
  grownBy = 0;
  /** Octets that the user took since `spaceSince`, for a round trip (dynamic right-sizing), and the most in any before. */
  spaceTaken = 0;
  /** What the user has left lying when he last took some. */
  spaceLeft = 0;
  spaceTarget = 0;
  spaceSince: Micros = DOUBLE;

  // Timers
  readonly retransmitTimer = new Timer(this);
  readonly ackTimer = new Timer(this);
  /** Keep-alive while synchronized; the FIN_WAIT_2 time-out of an orphan. */
  keepAliveTimer: Timer | null = null;
  keepAliveProbes = 0;
  /** SYN_RECEIVED: the last incarnation is still in TIME_WAIT, until the handshake is complete. */
  succeedsTimeWait = false;
  /** SYN_RECEIVED: the handshake's last ACK has come, but the connection may not be accepted yet. */
  lastAckSeen = false;
  retransmitMode: RetransmitMode = 'none';
  /** Time-outs in a row without an answer; the exponent of the back-off. */
  retransmits = 0;
  /** When the octets left that the timer went off for, of which none have been acknowledged since; -1: it has not gone off. */
  silentSince: Micros = DOUBLE;
  /** When the shut window was first probed; -1: it has not been. */
  shutSince: Micros = DOUBLE;
  backoff = 0;
  probesOut = 0;
  /** What an ICMP error said, for the error that the user gets if the connection fails (section 3.9.2.2: soft errors). */
  softError: TcpError | null = null;
  untoldSoftError: TcpError | null = null;
  lastDataSentAt: Micros = DOUBLE;
  lastDataReceivedAt: Micros = DOUBLE;
  lastAckReceivedAt: Micros = DOUBLE;

  // Statistics for tcp_info
  totalRetrans = 0;
  bytesSent = DOUBLE;
  bytesRetrans = DOUBLE;
  segsIn = DOUBLE;
  segsOut = DOUBLE;
  dataSegsIn = DOUBLE;
  dataSegsOut = DOUBLE;
  outOfOrderSegs = 0;
  dsackDups = 0;
  reorderingSeen = 0;
  totalRto = 0;
  totalRtoRecoveries = 0;
  totalRtoTime: Micros = DOUBLE;

  // What holds it back, and for how long each thing did (`sending/hold-times.ts`)
  hold: HoldReason = 'idle';
  holdSince: Micros = DOUBLE;
  /** Microseconds for each of `HOLD_REASONS`; null: never anything but idle. */
  holdTimes: number[] | null = null;

  /** What events of this connection may be effects of; null: it is not observed. */
  links: EventLinks | null = null;

  // Bookkeeping of the tables
  synQueuePlace: Place | null = null;
  hash = 0;
  nextInBucket: Tcb | null = null;
  /** On the host's list of connections that something happened to. */
  active = false;
  nextActive: Tcb | null = null;
  /** What the user has not been told yet. */
  tellConnected = false;
  tellReadable = false;
  tellWritable = false;
  tellUrgent = false;
  tellThreshold = false;
  tellClosed = false;
  closedBy: TcpError | null = null;

  /** Stream offsets are counted, not computed from sequence numbers, which wrap. */
  bytesAcked = DOUBLE;
  bytesReceived = DOUBLE;

  constructor(tcp: TcpContext, local: Address, localPort: number, remote: Address, remotePort: number) {
    this.tcp = tcp;
    this.id = tcp.takeId();
    this.local = local;
    this.localPort = localPort;
    this.remote = remote;
    this.remotePort = remotePort;
    this.stateSince = this.tsRecentAt = this.spaceSince = this.holdSince = tcp.now;
    this.lastDataSentAt = this.lastDataReceivedAt = this.lastAckReceivedAt = tcp.now;
    this.silentSince = this.shutSince = -1;
    this.bytesSent = this.bytesRetrans = this.bytesAcked = this.bytesReceived = 0;
    this.loss.reordering = tcp.sysctls.tcp_reordering;
    this.segsIn = this.segsOut = this.dataSegsIn = this.dataSegsOut = 0;
  }

  /** Segments that the peer has got. */
  get delivered(): number {
    return this.delivery.delivered;
  }

  /** The peer's SYN has come: `rcv.irs` has a meaning. */
  get peerIsKnown(): boolean {
    return this.rcv.nxt !== this.rcv.irs || this.bytesReceived > 0;
  }

  /**
   * A passive Fast Open whose handshake is not complete: the user may have it already, and it sends and receives as if it were
   * established (RFC 7413, section 4.2.2). Only the SYN-ACK is sent again, until it is acknowledged.
   */
  get isFastOpenPending(): boolean {
    return this.fastOpen !== null && this.fastOpen.pendingIn !== null;
  }

  /** Segments that are on their way, as far as we know (pipe, RFC 6675; tcp_packets_in_flight). Duplicate ACKs stand for departed ones. */
  get inFlight(): number {
    const { segments, sacked, lost, retransmitted } = this.sent;
    const departed = this.sackPermitted ? sacked : Math.min(this.loss.duplicateAcks, Math.max(0, segments - lost));
    return segments - lost + retransmitted - departed;
  }

  /** Segments carry timestamps, and how many octets of options that makes. */
  get optionOctets(): number {
    return this.timestamps ? 12 : 0;
  }

  /** Our timestamp clock: milliseconds, with this connection's offset (RFC 7323, section 5.4). */
  tsNow(now: Micros): number {
    return (Math.floor(now / 1000) + this.tsOffset) | 0;
  }

  /** Is there urgent data that the peer has not acknowledged? */
  get sendingUrgent(): boolean {
    return seqGt(this.snd.up, this.snd.una);
  }

  /** Octets from the next unread one to the end of the peer's urgent data (MUST-33); 0: none is pending. */
  get urgentLength(): number {
    const next = seqAdd(this.rcv.nxt, -this.receiveQueue.length - (this.finReceived ? 1 : 0));
    return Math.max(0, seqDiff(this.rcv.up, next));
  }

  timerFired(timer: Timer, now: Micros): void {
    this.tcp.timerFired(this, timer, now);
  }
}
