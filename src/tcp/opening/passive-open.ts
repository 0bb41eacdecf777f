import type { Segment } from '../../wire/segment.ts';
import { type Seq, seqAdd } from '../../wire/seq.ts';
import { abandonHandshake } from '../closing/end.ts';
import { startMtuSearch } from '../path/mtu-probing.ts';
import { sendResetFor } from '../sending/replies.ts';
import type { TcpContext } from '../tcb/context.ts';
import type { ListenQueues } from '../tcb/listen-queues.ts';
import { setState } from '../tcb/set-state.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellQueue } from '../tcb/tell.ts';
import { causes, eventCauses, sendCauses } from '../terms/causes.ts';
import { defersAccept } from './defer-accept.ts';
import { grantByCookie, takeSyn, takeThirdAck } from './ecn.ts';
import { established } from './established.ts';
import { answerFastOpen, openFast } from './fast-open.ts';
import { prepare, sendFirst } from './open.ts';
import { negotiate } from './options.ts';
import { noteRedeemed } from './syn-cookies.ts';

/**
 * A SYN for a listener: SYN_RECEIVED.
 * @param iss beyond the last incarnation's octets, when one is still in TIME_WAIT; null: of our own choice
 */
export function passiveOpen(tcp: TcpContext, listener: ListenQueues, segment: Segment, iss: Seq | null): void {
  const c = connectionFor(tcp, listener, segment, seqAdd(segment.seq, 1), iss);
  c.snd.wnd = segment.wnd;
  c.snd.wl1 = segment.seq;
  c.succeedsTimeWait = iss !== null;
  negotiate(c, segment);
  takeSyn(c, segment);
  const { accepted, option } = answerFastOpen(tcp, listener, segment);
  if (accepted) {
    startMtuSearch(c);
    openFast(c, listener, segment, option);
    return;
  }
  listener.began(c);
  setState(c, 'SYN_RECEIVED', causes.synReceived);
  tellQueue(listener, eventCauses.handshakeBegan);
  sendFirst(c, true, option);
}

/**
 * The ACK of a cookie: the connection that it speaks of begins to exist, established at once.
 * @param ecn its SYN asked for ECN
 */
export function completeByCookie(tcp: TcpContext, listener: ListenQueues, segment: Segment, ecn: boolean): Tcb | null {
  if (listener.acceptQueueIsFull) {
    tcp.counters.ListenDrops++;
    listener.cookieRefusedAt = tcp.now;
    tcp.drop('AcceptQueueFull', segment, null);
    return null;
  }
  noteRedeemed(tcp, listener, segment);
  const c = connectionFor(tcp, listener, segment, segment.seq, seqAdd(segment.ack, -1));
  c.snd.una = c.snd.nxt = segment.ack;
  negotiate(c, segment);
  if (ecn) {
    c.ecn = grantByCookie(tcp, segment);
    takeThirdAck(c, segment);
  }
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
  c.openedPassively = true;
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
    tcp.drop('DeferredAccept', segment, c);
    return false;
  }
  if (!listener.acceptQueueIsFull) return true;
  tcp.counters.ListenDrops++;
  tcp.drop('AcceptQueueFull', segment, c);
  if (tcp.sysctls.tcp_abort_on_overflow === 0) {
    c.lastAckSeen = true;
    return false;
  }
  tcp.counters.EmbryonicRsts++;
  sendResetFor(tcp, segment, c, sendCauses.resetOverflow);
  abandonHandshake(c, causes.acceptQueueFull);
  return false;
}
