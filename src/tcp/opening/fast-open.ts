import type { SipKey } from '../../time/siphash.ts';
import { FastOpenOption } from '../../wire/options/fast-open.ts';
import type { Segment } from '../../wire/segment.ts';
import { seqAdd } from '../../wire/seq.ts';
import { sendSyn } from '../sending/syn.ts';
import { keysOfOctets } from '../tables/fast-open-keys.ts';
import type { TcpContext } from '../tcb/context.ts';
import type { ListenQueues } from '../tcb/listen-queues.ts';
import { setState } from '../tcb/set-state.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellQueue, tellRtt } from '../tcb/tell.ts';
import { restartRetransmit } from '../tcb/timers.ts';
import { causes, eventCauses, sendCauses } from '../terms/causes.ts';
import { FastOpen } from '../variables/fast-open.ts';

/** The bits of `tcp_fastopen` (TFO_* in include/net/tcp.h). */
export const TFO = {
  client: 1,
  server: 2,
  clientWithoutCookie: 4,
  serverWithoutCookie: 0x200,
  allListeners: 0x400,
} as const;

/** What a listener answers a SYN's Fast Open option with. One object for all: it is used up at once. */
const answer = new FastOpenOption();
const expected = new FastOpenOption();

/** What a SYN gets: its data is taken at once, or only once the handshake is complete; and the option of the SYN-ACK. */
export interface FastOpenAnswer {
  accepted: boolean;
  option: FastOpenOption;
}
const result: FastOpenAnswer = { accepted: false, option: answer };

/**
 * TCP Fast Open, the server's side (RFC 7413, section 4.2.2): is the data of this SYN taken before the handshake is complete? In Linux's
 * order (tcp_try_fastopen in net/ipv4/tcp_fastopen.c).
 */
export function answerFastOpen(tcp: TcpContext, listener: ListenQueues, segment: Segment): FastOpenAnswer {
  const { counters } = tcp;
  const { fastOpen: asked } = segment;
  result.accepted = false;
  answer.clear();
  if (asked.length === 0) counters.TCPFastOpenCookieReqd++;
  if (!isOffered(tcp, listener, segment)) return result;
  if (listener.options.fastOpenNoCookie || (tcp.sysctls.tcp_fastopen & TFO.serverWithoutCookie) !== 0) {
    return accept(tcp);
  }
  if (asked.length < 0) return result;
  const keys = keysOf(tcp, listener);
  answer.experimental = asked.experimental;
  tcp.fastOpenKeys.make(keys[0]!, segment.src, segment.dst, answer);
  if (!asked.hasCookie) return result;
  if (asked.matches(answer)) {
    answer.clear();
    return accept(tcp);
  }
  if (isOfOlderKey(tcp, keys, segment)) {
    // Good still, and the client learns the new one (RFC 7413, section 4.1.2, requirement 4).
    counters.TCPFastOpenPassiveAltKey++;
    return accept(tcp);
  }
  counters.TCPFastOpenPassiveFail++;
  return result;
}

function accept(tcp: TcpContext): FastOpenAnswer {
  tcp.counters.TCPFastOpenPassive++;
  result.accepted = true;
  return result;
}

/** Does the listener have Fast Open, and room for a request? Cookies are only told while there is room, as in Linux. */
function isOffered(tcp: TcpContext, listener: ListenQueues, { length, fastOpen }: Segment): boolean {
  if ((tcp.sysctls.tcp_fastopen & TFO.server) === 0 || (length === 0 && fastOpen.length < 0)) return false;
  const limit = listener.fastOpenLimit;
  if (limit === 0) return false;
  if (listener.fastOpen.hasRoom(limit, tcp.now)) return true;
  tcp.counters.TCPFastOpenListenOverflow++;
  return false;
}

/** The listener's own keys, or the host's: the first makes cookies. */
function keysOf(tcp: TcpContext, listener: ListenQueues): readonly SipKey[] {
  const { fastOpenKey } = listener.options;
  return fastOpenKey === null ? tcp.fastOpenKeys.ofSysctl(tcp.sysctls.tcp_fastopen_key) : keysOfOctets(fastOpenKey);
}

function isOfOlderKey(tcp: TcpContext, keys: readonly SipKey[], segment: Segment): boolean {
  const older = keys[1];
  if (older === undefined) return false;
  tcp.fastOpenKeys.make(older, segment.src, segment.dst, expected);
  return segment.fastOpen.matches(expected);
}

/**
 * The connection of a good SYN begins: its data is the user's at once, who may answer before the handshake is complete
 * (tcp_fastopen_create_child). A SYN-ACK takes no place in the retransmission queue here, since data may follow it: it has the
 * retransmission timer to itself.
 */
export function openFast(c: Tcb, listener: ListenQueues, segment: Segment, option: FastOpenOption): void {
  const { tcp, snd } = c;
  const fastOpen = new FastOpen();
  c.fastOpen = fastOpen;
  fastOpen.pendingIn = listener.fastOpen;
  fastOpen.synAckAt = tcp.now;
  listener.fastOpen.began();
  snd.una = snd.nxt = snd.smallEnd = snd.up = snd.wl2 = seqAdd(snd.iss, 1);
  snd.maxWnd = snd.usualWnd = snd.wnd;
  tcp.connections.add(c);
  setState(c, 'SYN_RECEIVED', causes.synWithCookie);
  tcp.counters.PassiveOpens++;
  if (segment.length > 0) takeSynData(c, fastOpen, segment);
  sendSyn(c, true, sendCauses.synDataAnswer, option);
  restartRetransmit(c);
  listener.offer(c);
  tellQueue(listener, eventCauses.fastOpened);
  tcp.activate(c);
}

/** As tcp_fastopen_add_skb: whatever the receive buffer has room for, one segment is taken. */
function takeSynData(c: Tcb, fastOpen: FastOpen, segment: Segment): void {
  const { rcv } = c;
  c.receiveQueue.push(segment.slab, segment.payloadStart, segment.payloadStart + segment.length);
  rcv.nxt = seqAdd(rcv.nxt, segment.length);
  c.bytesReceived = rcv.synOctets = segment.length;
  c.segsIn = c.dataSegsIn = segment.count;
  c.lastDataReceivedAt = c.tcp.now;
  fastOpen.synDataArrived = true;
}

/** The SYN-ACK of a pending Fast Open is acknowledged: from now on it is a connection like any other (tcp_rcv_synrecv_state_fastopen). */
export function endFastOpen(c: Tcb, fastOpen: FastOpen): void {
  fastOpen.pendingIn?.ended();
  fastOpen.pendingIn = null;
  c.delivery.delivered++; // the SYN-ACK, as where it is in the retransmission queue
  c.retransmitMode = 'none';
  c.retransmits = c.backoff = 0;
  c.silentSince = -1;
}

/** What the SYN-ACK's round trip was, unless it was sent again, or data of ours told better (tcp_synack_rtt_meas; RFC 6298, section 3). */
export function sampleSynAck(c: Tcb, fastOpen: FastOpen): void {
  const { tcp, rtt } = c;
  if (rtt.srtt !== 0 || fastOpen.synAckAgain) return;
  const sample = tcp.now - fastOpen.synAckAt;
  rtt.sample(sample, tcp.sysctls.tcp_rto_min_us, tcp.sysctls.tcp_rto_max_ms * 1000);
  if (tcp.events.wants !== 0) tellRtt(c, sample, eventCauses.rttOfSegment);
}
