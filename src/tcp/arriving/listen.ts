import { ACK, FIN, RST, type Segment, SYN } from '../../wire/segment.ts';
import type { Seq } from '../../wire/seq.ts';
import { completeByCookie, passiveOpen } from '../opening/passive-open.ts';
import { mayFollowRefusedCookie, redeemCookie, sendCookie } from '../opening/syn-cookies.ts';
import { sendResetFor } from '../sending/replies.ts';
import type { TcpContext } from '../tcb/context.ts';
import type { ListenQueues } from '../tcb/listen-queues.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { sendCauses } from '../terms/causes.ts';
import type { TcpDrop } from '../terms/drops.ts';

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
    const kept = flags & SYN ? null : redeemCookie(tcp, listener, segment);
    if (kept !== null) return completeByCookie(tcp, listener, segment, kept.ecn);
    if (!(flags & SYN) && mayFollowRefusedCookie(tcp, listener)) {
      tcp.drop('AcceptQueueFull', segment, null);
      return null;
    }
    tcp.drop('NotASyn', segment, null);
    sendResetFor(tcp, segment, null, sendCauses.resetBadAck);
    return null;
  }
  if (!(flags & SYN) || flags & FIN) {
    tcp.drop('NotASyn', segment, null);
    return null;
  }
  const cookie = iss === null && wantsCookie(tcp, listener);
  const problem = whyNot(tcp, listener, segment, iss, cookie);
  if (problem !== null) {
    if (problem !== 'SynBacklogLow') tcp.counters.ListenDrops++; // that is counted so alone
    tcp.drop(problem, segment, null);
    return null;
  }
  if (cookie) sendCookie(tcp, listener, segment);
  else passiveOpen(tcp, listener, segment, iss);
  return null;
}

/** Cookies for all, or for want of room in the SYN queue. A SYN that reopens a TIME_WAIT is never answered with a cookie. */
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
  const { sysctls } = tcp;
  const fresh = iss === null;
  if (fresh && !cookie && listener.synQueueIsFull) return 'SynQueueFull';
  if (listener.acceptQueueIsFull) return 'AcceptQueueFull';
  if (!fresh || cookie) return null;
  if (sysctls.tcp_tw_recycle !== 0 && tcp.peerStamps.isOlder(segment, tcp.now)) return 'TimestampBeforeLast';
  const most = sysctls.tcp_max_syn_backlog;
  return sysctls.tcp_syncookies === 0 && most - listener.synQueueLength < most >> 2 ? 'SynBacklogLow' : null;
}
