import { ACK, FIN, RST, type Segment, SYN } from '../wire/segment.ts';
import { type Seq, seqAdd } from '../wire/seq.ts';
import { causes } from './causes.ts';
import type { TcpContext } from './context.ts';
import type { TcpDrop } from './drops.ts';
import { drop, setState } from './ending.ts';
import type { ListenQueues } from './listen-queues.ts';
import { established, negotiate, prepare, sendFirst } from './open.ts';
import { sendResetFor } from './replies.ts';
import { defersAccept } from './syn-ack-timer.ts';
import { mayFollowRefusedCookie, noteRedeemed, redeemCookie, sendCookie } from './syn-cookies.ts';
import type { Tcb } from './tcb.ts';

/**
 * LISTEN STATE (RFC 9293, section 3.10.7.2): a segment for a listener.
 * @param iss a sequence number beyond the last incarnation's, when one is still in TIME_WAIT
 * @returns the connection that an ACK with a cookie made: the segment goes on there. null: it has been dealt with
 */
export function arrivesInListen(
  tcp: TcpContext,
  listener: ListenQueues,
  segment: Segment,
  iss: Seq | null,
): Tcb | null {
  const { flags } = segment;
  // First, RST: ignored. Second, ACK: it belongs to no connection, unless it brings a cookie of ours back. Third, SYN.
  if (flags & RST) {
    tcp.drop('NotASyn', segment, null);
    return null;
  }
  if (flags & ACK) {
    if (!(flags & SYN) && redeemCookie(tcp, listener, segment)) return completeByCookie(tcp, listener, segment);
    if (!(flags & SYN) && mayFollowRefusedCookie(tcp, listener)) {
      tcp.drop('AcceptQueueFull', segment, null);
      return null;
    }
    tcp.drop('NotASyn', segment, null);
    sendResetFor(tcp, segment);
    return null;
  }
  if (!(flags & SYN) || flags & FIN) {
    tcp.drop('NotASyn', segment, null);
    return null;
  }
  const cookie = iss === null && wantsCookie(tcp, listener);
  const problem = whyNot(tcp, listener, segment, iss, cookie);
  if (problem !== null) {
    tcp.counters.ListenDrops++;
    tcp.drop(problem, segment, null);
    return null;
  }
  if (cookie) sendCookie(tcp, listener, segment);
  else passiveOpen(tcp, listener, segment, iss);
  return null;
}

/** Cookies for all, or for want of room in the SYN queue. Who is in TIME_WAIT here is no flood, and always welcome. */
function wantsCookie(tcp: TcpContext, listener: ListenQueues): boolean {
  const { sysctls, counters } = tcp;
  if (sysctls.tcp_syncookies === 0 || (sysctls.tcp_syncookies === 1 && !listener.synQueueIsFull)) return false;
  counters.TCPReqQFullDoCookies++;
  return true;
}

/** Why a SYN is not answered, in Linux's order (tcp_conn_request); null: it is. */
function whyNot(
  tcp: TcpContext,
  listener: ListenQueues,
  segment: Segment,
  iss: Seq | null,
  cookie: boolean,
): TcpDrop | null {
  const { sysctls, counters } = tcp;
  const fresh = iss === null;
  if (fresh && !cookie && listener.synQueueIsFull) {
    counters.TCPReqQFullDrop++;
    return 'SynQueueFull';
  }
  if (listener.acceptQueueIsFull) {
    counters.ListenOverflows++;
    return 'AcceptQueueFull';
  }
  if (!fresh || cookie) return null;
  if (sysctls.tcp_tw_recycle !== 0 && tcp.peerStamps.isOlder(segment, tcp.now)) {
    counters.PAWSPassive++;
    return 'TimestampBeforeLast';
  }
  const most = sysctls.tcp_max_syn_backlog;
  return sysctls.tcp_syncookies === 0 && most - listener.synQueueLength < most >> 2 ? 'SynBacklogLow' : null;
}

function passiveOpen(tcp: TcpContext, listener: ListenQueues, segment: Segment, iss: Seq | null): void {
  const c = connectionFor(tcp, listener, segment, seqAdd(segment.seq, 1), iss);
  c.snd.wnd = segment.wnd;
  c.snd.wl1 = segment.seq;
  c.succeedsTimeWait = iss !== null;
  negotiate(c, segment);
  listener.began(c);
  setState(c, 'SYN_RECEIVED', causes.synReceived);
  sendFirst(c, true);
}

/** The ACK of a cookie: the connection that it speaks of begins to exist, established at once. */
function completeByCookie(tcp: TcpContext, listener: ListenQueues, segment: Segment): Tcb | null {
  if (listener.acceptQueueIsFull) {
    overflow(tcp);
    listener.cookieRefusedAt = tcp.now;
    tcp.drop('AcceptQueueFull', segment, null);
    return null;
  }
  noteRedeemed(tcp, listener, segment);
  const c = connectionFor(tcp, listener, segment, segment.seq, seqAdd(segment.ack, -1));
  c.snd.una = c.snd.nxt = segment.ack;
  negotiate(c, segment);
  tcp.connections.add(c);
  setState(c, 'ESTABLISHED', causes.cookieReturned);
  established(c, segment);
  c.segsIn += segment.count;
  return c;
}

/** @param rcvNxt behind the peer's SYN */
function connectionFor(tcp: TcpContext, listener: ListenQueues, segment: Segment, rcvNxt: Seq, iss: Seq | null): Tcb {
  const local = tcp.keptAddress(segment.dst);
  const c = tcp.newTcb(local, segment.dstPort, segment.src.copy(), segment.srcPort);
  c.settings = listener.inheritedOptions;
  c.listener = listener;
  prepare(tcp, c, iss ?? tcp.secrets.initialSequence(tcp.now, c.local, c.localPort, c.remote, c.remotePort));
  c.receivedTos = segment.tos;
  c.rcv.irs = seqAdd(rcvNxt, -1);
  c.rcv.nxt = c.rcv.acked = c.rcv.up = rcvNxt;
  return c;
}

/**
 * The last ACK of a handshake has come: may its connection join the accept queue? If not, the peer believes that it is
 * established, and learns better from its data's fate or our next SYN-ACK; or from a RST (`tcp_abort_on_overflow`).
 */
export function mayBeAccepted(c: Tcb, listener: ListenQueues, segment: Segment): boolean {
  const { tcp } = c;
  if (segment.segLen === 0 && defersAccept(c)) {
    c.lastAckSeen = true;
    tcp.counters.TCPDeferAcceptDrop++;
    tcp.drop('DeferredAccept', segment, c);
    return false;
  }
  if (!listener.acceptQueueIsFull) return true;
  overflow(tcp);
  tcp.drop('AcceptQueueFull', segment, c);
  if (tcp.sysctls.tcp_abort_on_overflow === 0) {
    c.lastAckSeen = true;
    return false;
  }
  tcp.counters.EmbryonicRsts++;
  sendResetFor(tcp, segment, c);
  drop(c, causes.acceptQueueFull);
  return false;
}

function overflow(tcp: TcpContext): void {
  tcp.counters.ListenOverflows++;
  tcp.counters.ListenDrops++;
}
