import type { Address } from '../wire/address.ts';
import { type Segment, SYN } from '../wire/segment.ts';
import { type Seq, seqAdd } from '../wire/seq.ts';
import { TCP_HEADER } from '../wire/tcp.ts';
import { causes } from './causes.ts';
import { startCongestionControl } from './congestion.ts';
import type { TcpContext } from './context.ts';
import { setState, shutdownByUser } from './ending.ts';
import { startMtuSearch } from './mtu-search.ts';
import { sendSyn } from './output.ts';
import { updateSendMss } from './path-mtu.ts';
import { initialWindow, MAX_WSCALE, windowOfSpace, windowScaleFor } from './receive-window.ts';
import type { SocketOptions } from './socket-options.ts';
import type { Tcb } from './tcb.ts';
import { armKeepAlive, armRetransmit } from './timeouts.ts';
import type { LastLife } from './tw-reuse.ts';

/** Less than this no sane peer can mean (Linux: TCP_MIN_MSS); a smaller option would let it waste our time. */
export const MIN_MSS = 88;
/** RFC 6298, section 5.7: the retransmission timeout after a SYN timed out and no RTT was measured. */
const RTO_AFTER_LOST_SYN = 3_000_000;

/** How long the peer's full segments are believed to be until some come, over IPv6 too (tcp_initialize_rcv_mss). */
const SEGMENT_SIZE_AT_FIRST = 536;

/** Active OPEN (RFC 9293, section 3.10.1): SYN_SENT. `lastLife`: of the TIME_WAIT whose place it takes. */
export function openActively(tcp: TcpContext, c: Tcb, lastLife: LastLife | null): void {
  prepare(tcp, c, lastLife?.iss ?? tcp.secrets.initialSequence(tcp.now, c.local, c.localPort, c.remote, c.remotePort));
  if (lastLife !== null) {
    // Until the peer's SYN-ACK tells its clock, the old connection's timestamps show what is stale.
    c.tsRecent = lastLife.tsRecent;
    c.tsRecentAt = lastLife.tsRecentAt;
  }
  tcp.counters.ActiveOpens++;
  setState(c, 'SYN_SENT', causes.activeOpen);
  sendFirst(c, false);
}

/** What a connection begins with. */
export function prepare(tcp: TcpContext, c: Tcb, iss: Seq): void {
  const { sysctls, network } = tcp;
  c.snd.iss = c.snd.una = c.snd.nxt = c.snd.smallEnd = c.snd.up = iss;
  c.sendQueue.reset(seqAdd(iss, 1));
  c.advertisedMss = announcedMss(tcp, c.remote, c.settings);
  c.rcv.mss = Math.min(SEGMENT_SIZE_AT_FIRST, c.advertisedMss);
  if (c.settings.ipOptions !== null) c.ipOptions = network.prepareOptions(c.remote, c.settings.ipOptions);
  c.receiveBuffer = c.settings.receiveBuffer ?? sysctls.tcp_rmem[1];
  c.spaceTarget = Math.min(windowOfSpace(c.receiveBuffer), 10 * c.advertisedMss);
  c.rcv.wscale = offeredWindowScale(tcp, c.settings);
  c.rcv.wnd = initialWindow(c);
  c.tsOffset = tcp.timestampOffset(c.local, c.remote);
  startCongestionControl(c);
}

/**
 * RFC 9293, section 3.7.1: what we can receive (MUST-67), so the link's MTU less fixed headers, whatever options will be sent
 * and however narrow the path away from here is.
 */
export function announcedMss({ network }: TcpContext, remote: Address, options: Readonly<SocketOptions>): number {
  const most = network.mtu - network.headerLength(remote) - TCP_HEADER;
  return options.maxSegment === null ? most : Math.min(most, options.maxSegment);
}

/** The shift count that lets our window field say all that the receive buffer may grow to; one that the user chose doesn't. */
export function offeredWindowScale({ sysctls }: TcpContext, options: Readonly<SocketOptions>): number {
  if (sysctls.tcp_window_scaling === 0) return 0;
  const { receiveBuffer, windowClamp } = options;
  const largest =
    receiveBuffer === null ? Math.max(sysctls.tcp_rmem[2], sysctls.tcp_rmem[1]) : windowOfSpace(receiveBuffer);
  return windowScaleFor(windowClamp === null ? largest : Math.min(largest, windowClamp));
}

export function sendFirst(c: Tcb, answer: boolean): void {
  const { tcp } = c;
  c.snd.nxt = seqAdd(c.snd.iss, 1);
  c.sent.add(c.snd.iss, c.snd.nxt, 1, tcp.now);
  tcp.connections.add(c);
  sendSyn(c, answer);
  armRetransmit(c);
}

/** Takes the options of the peer's SYN (or SYN-ACK); each counts only if both sides offer it. */
export function negotiate(c: Tcb, segment: Segment): void {
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
export function takeReturnRoute(c: Tcb, segment: Segment): void {
  if (c.settings.ipOptions !== null) return;
  c.ipOptions = segment.returnRoute;
  updateSendMss(c);
}

/** ESTABLISHED is reached; the segment that did it has been acknowledged. */
export function established(c: Tcb, segment: Segment): void {
  const { tcp } = c;
  c.snd.wnd = segment.flags & SYN ? segment.wnd : segment.wnd << c.snd.wscale;
  c.snd.wl1 = segment.seq;
  c.snd.wl2 = segment.ack;
  c.snd.maxWnd = c.snd.usualWnd = Math.max(c.snd.maxWnd, c.snd.wnd);
  // A lost SYN says nothing yet of the path's capacity, but one segment is all that is safe (RFC 6298, 5.7; RFC 5681, 3.1).
  if (c.totalRetrans > 1) c.cwnd = 1;
  // The SYN was sent again and nothing tells which one was answered (Karn): the first second was too short, perhaps. A SYN
  // cookie's SYN-ACK gave no sample either, but it was not too short for that: the first second stays (RFC 6298, section 2.1).
  if (c.rtt.srtt === 0 && c.totalRetrans > 0) {
    c.rtt.rto = Math.min(RTO_AFTER_LOST_SYN, tcp.sysctls.tcp_rto_max_ms * 1000);
    c.backoff = 0;
  }
  if (c.succeedsTimeWait) endLastTimeWait(c);
  startMtuSearch(c);
  c.bytesAcked = 0;
  c.spaceSince = c.lastDataReceivedAt = tcp.now;
  if (c.listener !== null) {
    tcp.counters.PassiveOpens++;
    c.listener.established(c);
  } else {
    c.tellConnected = true;
  }
  if (c.finQueued) {
    c.finQueued = false;
    shutdownByUser(c);
  }
  armKeepAlive(c);
  tcp.activate(c);
}

/** The SYN was no old duplicate: what is left of the last incarnation has done its duty. */
function endLastTimeWait(c: Tcb): void {
  const { tcp } = c;
  c.succeedsTimeWait = false;
  const index = tcp.timeWait.find(c.remote, c.remotePort, c.local, c.localPort);
  if (index >= 0) tcp.endTimeWait(index, tcp.timeWait.read(index, tcp.now), causes.newIncarnation);
}
