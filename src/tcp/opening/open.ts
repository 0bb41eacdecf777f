// tcp/opening: from SYN to ESTABLISHED: options, passive opens, cookies, ports, taking over a TIME_WAIT.
import type { FastOpenOption } from '../../wire/options/fast-open.ts';
import { type Seq, seqAdd } from '../../wire/seq.ts';
import { startCongestionControl } from '../congestion/choice.ts';
import { windowOfSpace } from '../receiving/space.ts';
import { initialWindow } from '../receiving/window.ts';
import { sendSyn } from '../sending/syn.ts';
import type { TcpContext } from '../tcb/context.ts';
import { setState } from '../tcb/set-state.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { armRetransmit } from '../tcb/timers.ts';
import { causes, sendCauses } from '../terms/causes.ts';
import { askForEcn } from './ecn.ts';
import { beginFastOpen } from './fast-open-client.ts';
import { announcedMss, offeredWindowScale } from './options.ts';
import type { PreviousIncarnation } from './take-over.ts';

/** How long the peer's full segments are believed to be until some come, over IPv6 too (tcp_initialize_rcv_mss). */
const SEGMENT_SIZE_AT_FIRST = 536;

/**
 * Active OPEN (RFC 9293, section 3.10.1): SYN_SENT, with the ISS that it has.
 * @param previous of the TIME_WAIT whose place it takes
 * @param fastOpen whether the SYN may ask for a cookie, or carry data
 */
export function openActively(tcp: TcpContext, c: Tcb, previous: PreviousIncarnation | null, fastOpen: boolean): void {
  prepare(tcp, c, c.snd.iss);
  if (previous !== null) {
    // Until the peer's SYN-ACK tells its clock, the old connection's timestamps show what is stale.
    c.tsRecent = previous.tsRecent;
    c.tsRecentAt = previous.tsRecentAt;
  }
  tcp.counters.ActiveOpens++;
  askForEcn(c);
  if (fastOpen) beginFastOpen(c);
  setState(c, 'SYN_SENT', causes.activeOpen);
  if (c.fastOpen?.synWaits) tcp.connections.add(c);
  else sendFirst(c, false, c.fastOpen?.option ?? null);
}

/** What a connection begins with. */
export function prepare(tcp: TcpContext, c: Tcb, iss: Seq): void {
  const { sysctls, network } = tcp;
  c.snd.iss = c.snd.una = c.snd.nxt = c.snd.smallEnd = c.snd.up = iss;
  c.sendQueue.reset(seqAdd(iss, 1));
  c.advertisedMss = announcedMss(tcp, c.remote, c.settings);
  c.rcv.mss = Math.min(SEGMENT_SIZE_AT_FIRST, c.advertisedMss);
  if (c.settings.ipOptions !== null) c.ipOptions = network.prepareOptions(c.remote, c.settings.ipOptions);
  c.sendBuffer = sysctls.tcp_wmem[1];
  c.receiveBuffer = c.settings.receiveBuffer ?? sysctls.tcp_rmem[1];
  c.spaceTarget = Math.min(windowOfSpace(c.receiveBuffer), 10 * c.advertisedMss);
  c.rcv.wscale = offeredWindowScale(tcp, c.settings);
  c.rcv.wnd = c.rcv.ssthresh = initialWindow(c);
  c.tsOffset = tcp.timestampOffset(c.local, c.remote);
  startCongestionControl(c);
}

/** The first SYN, or SYN-ACK. @param option of Fast Open, if there is one */
export function sendFirst(c: Tcb, answer: boolean, option: FastOpenOption | null): void {
  const { tcp } = c;
  c.snd.nxt = seqAdd(c.snd.iss, 1);
  c.sent.add(c.snd.iss, c.snd.nxt, 1, tcp.now);
  tcp.connections.add(c);
  sendSyn(c, answer, answer ? sendCauses.synAnswer : sendCauses.open, option);
  armRetransmit(c);
}
