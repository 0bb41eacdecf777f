import { ACK, FIN, RST, type Segment, SYN } from '../wire/segment.ts';
import { type Seq, seqAdd } from '../wire/seq.ts';
import { TCP_HEADER } from '../wire/tcp.ts';
import { causes } from './causes.ts';
import { startCongestionControl } from './congestion.ts';
import { Connection } from './connection.ts';
import { setState } from './ending.ts';
import type { Listener } from './listener.ts';
import { sendSyn } from './output.ts';
import { updateSendMss } from './path-mtu.ts';
import { initialWindow, MAX_WSCALE, windowOfSpace, windowScaleFor } from './receive-window.ts';
import { sendResetFor } from './replies.ts';
import type { Tcp } from './tcp.ts';
import { armKeepAlive, armRetransmit } from './timeouts.ts';

/** Less than this no sane peer can mean (Linux: TCP_MIN_MSS); a smaller option would let it waste our time. */
const MIN_MSS = 88;
/** RFC 6298, section 5.7: the retransmission timeout after a SYN timed out and no RTT was measured. */
const RTO_AFTER_LOST_SYN = 3_000_000;

/** Active OPEN (RFC 9293, section 3.10.1): SYN_SENT. */
export function openActively(tcp: Tcp, c: Connection): void {
  prepare(tcp, c, tcp.secrets.initialSequence(tcp.now, c.local, c.localPort, c.remote, c.remotePort));
  tcp.counters.ActiveOpens++;
  setState(c, 'SYN_SENT', causes.activeOpen);
  sendFirst(c, false);
}

/**
 * LISTEN STATE (RFC 9293, section 3.10.7.2): a segment for a listener.
 * @param iss a sequence number beyond the last incarnation's, when one is still in TIME_WAIT
 */
export function arrivesInListen(tcp: Tcp, listener: Listener, segment: Segment, iss?: Seq): void {
  const { flags } = segment;
  // First, RST: ignored. Second, ACK: it belongs to no connection. Third, SYN.
  if (flags & RST) {
    tcp.drop('NotASyn', segment, null);
    return;
  }
  if (flags & ACK) {
    tcp.drop('NotASyn', segment, null);
    sendResetFor(tcp, segment);
    return;
  }
  if (!(flags & SYN) || flags & FIN) {
    tcp.drop('NotASyn', segment, null);
    return;
  }
  if (listener.synQueueIsFull || listener.acceptQueueIsFull) {
    tcp.counters.ListenDrops++;
    if (listener.acceptQueueIsFull) tcp.counters.ListenOverflows++;
    tcp.drop(listener.acceptQueueIsFull ? 'AcceptQueueFull' : 'SynQueueFull', segment, null);
    return;
  }
  const c = new Connection(tcp, segment.dst.copy(), segment.dstPort, segment.src.copy(), segment.srcPort);
  c.options = listener.options.copy();
  prepare(tcp, c, iss ?? tcp.secrets.initialSequence(tcp.now, c.local, c.localPort, c.remote, c.remotePort));
  c.receivedTos = segment.tos;
  c.rcv.irs = segment.seq;
  c.rcv.nxt = c.rcv.acked = seqAdd(segment.seq, 1);
  c.snd.wnd = segment.wnd;
  c.snd.wl1 = segment.seq;
  c.rcv.up = c.rcv.nxt;
  negotiate(c, segment);
  c.listener = listener;
  listener.began(c);
  setState(c, 'SYN_RECEIVED', causes.synReceived);
  sendFirst(c, true);
}

/** What a connection begins with. */
function prepare(tcp: Tcp, c: Connection, iss: Seq): void {
  const { sysctls, network } = tcp;
  c.snd.iss = c.snd.una = c.snd.nxt = c.snd.smallEnd = c.snd.up = iss;
  c.sendQueue.reset(seqAdd(iss, 1));
  // RFC 9293, section 3.7.1: what we can receive (MUST-67), so the link's MTU less fixed headers, whatever options will be
  // sent and however narrow the path away from here is.
  c.advertisedMss = network.mtu - network.headerLength(c.remote) - TCP_HEADER;
  if (c.options.maxSegment !== null) c.advertisedMss = Math.min(c.advertisedMss, c.options.maxSegment);
  c.rcv.mss = Math.min(network.defaultMss(c.remote), c.advertisedMss);
  if (c.options.ipOptions !== null) c.ipOptions = network.prepareOptions(c.remote, c.options.ipOptions);
  c.receiveBuffer = c.options.receiveBuffer ?? sysctls.tcp_rmem[1];
  c.spaceTarget = Math.min(windowOfSpace(c.receiveBuffer), 10 * c.advertisedMss);
  c.rcv.wscale = sysctls.tcp_window_scaling ? windowScaleFor(Math.max(sysctls.tcp_rmem[2], c.receiveBuffer)) : 0;
  c.rcv.wnd = initialWindow(c);
  c.tsOffset = sysctls.tcp_timestamps === 1 ? tcp.secrets.timestampOffset(c.local, c.remote) : 0;
  startCongestionControl(c);
}

function sendFirst(c: Connection, answer: boolean): void {
  const { tcp } = c;
  c.snd.nxt = seqAdd(c.snd.iss, 1);
  c.sent.add(c.snd.iss, c.snd.nxt, 1, tcp.now);
  tcp.connections.add(c);
  sendSyn(c, answer);
  armRetransmit(c);
}

/** Takes the options of the peer's SYN (or SYN-ACK); each counts only if both sides offer it. */
export function negotiate(c: Connection, segment: Segment): void {
  const { sysctls, network } = c.tcp;
  c.timestamps = segment.hasTimestamps && sysctls.tcp_timestamps !== 0;
  if (c.timestamps) {
    c.tsRecent = segment.tsVal;
    c.tsRecentAt = c.tcp.now;
  }
  c.sackPermitted = segment.sackPermitted && sysctls.tcp_sack !== 0;
  c.windowScaling = segment.wscale >= 0 && sysctls.tcp_window_scaling !== 0;
  // A shift count above 14 is taken for 14 (RFC 7323, section 2.3).
  c.snd.wscale = c.windowScaling ? Math.min(segment.wscale, MAX_WSCALE) : 0;
  if (!c.windowScaling) c.rcv.wscale = 0;
  c.peerMss = segment.mss === 0 ? network.defaultMss(c.remote) : Math.max(segment.mss, MIN_MSS);
  if (segment.returnRoute !== null) takeReturnRoute(c, segment);
  updateSendMss(c);
}

/**
 * The peer's segment came by a source route: ours go back along it (RFC 9293, section 3.9.2.1, MUST-53), and a later route
 * takes the place of an earlier one (SHLD-24). What the user has chosen overrides it (MUST-52).
 */
export function takeReturnRoute(c: Connection, segment: Segment): void {
  if (c.options.ipOptions !== null) return;
  c.ipOptions = segment.returnRoute;
  updateSendMss(c);
}

/** ESTABLISHED is reached; the segment that did it has been acknowledged. */
export function established(c: Connection, segment: Segment): void {
  const { tcp } = c;
  c.snd.wnd = segment.flags & SYN ? segment.wnd : segment.wnd << c.snd.wscale;
  c.snd.wl1 = segment.seq;
  c.snd.wl2 = segment.ack;
  c.snd.maxWnd = Math.max(c.snd.maxWnd, c.snd.wnd);
  // A lost SYN says nothing yet of the path's capacity, but one segment is all that is safe (RFC 6298, 5.7; RFC 5681, 3.1).
  if (c.totalRetrans > 1) c.cwnd = 1;
  // The SYN was sent again and nothing tells which one was answered (Karn): the first second was too short, perhaps.
  if (c.rtt.srtt === 0) {
    c.rtt.rto = Math.min(RTO_AFTER_LOST_SYN, tcp.sysctls.tcp_rto_max_ms * 1000);
    c.backoff = 0;
  }
  c.bytesAcked = 0;
  c.spaceSince = tcp.now;
  if (c.listener !== null) {
    tcp.counters.PassiveOpens++;
    c.listener.established(c);
  } else {
    c.tellConnected = true;
  }
  if (c.finQueued) {
    c.finQueued = false;
    c.shutdown();
  }
  armKeepAlive(c);
  tcp.activate(c);
}
