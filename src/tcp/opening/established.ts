import { type Segment, SYN } from '../../wire/segment.ts';
import { shutdownByUser } from '../closing/close.ts';
import { beginWithLossWindow } from '../congestion/window.ts';
import { startMtuSearch } from '../path/mtu-probing.ts';
import { growSendBuffer } from '../sending/buffer.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellQueue } from '../tcb/tell.ts';
import { armKeepAlive } from '../tcb/timers.ts';
import { causes, eventCauses } from '../terms/causes.ts';

/** RFC 6298, section 5.7: the retransmission timeout after a SYN timed out and no RTT was measured. */
const RTO_AFTER_LOST_SYN = 3_000_000;

/** ESTABLISHED is reached; the segment that did it has been acknowledged. */
export function established(c: Tcb, segment: Segment): void {
  const { tcp } = c;
  c.snd.wnd = segment.flags & SYN ? segment.wnd : segment.wnd << c.snd.wscale;
  c.snd.wl1 = segment.seq;
  c.snd.wl2 = segment.ack;
  c.snd.maxWnd = c.snd.usualWnd = Math.max(c.snd.maxWnd, c.snd.wnd);
  // With Fast Open the accept queue, or the user, has it already, and it may have sent something (tcp_fastopen_create_child).
  const isEarly = c.openedPassively && c.fastOpen !== null;
  if (c.totalRetrans > 1 && !isEarly) beginWithLossWindow(c);
  // The SYN was sent again and nothing tells which one was answered (Karn): the first second was too short, perhaps. A SYN
  // cookie's SYN-ACK gave no sample either, but it was not too short for that: the first second stays (RFC 6298, section 2.1).
  if (c.rtt.srtt === 0 && c.totalRetrans > 0) {
    c.rtt.rto = Math.min(RTO_AFTER_LOST_SYN, tcp.sysctls.tcp_rto_max_ms * 1000);
    c.backoff = 0;
  }
  if (c.succeedsTimeWait) endLastTimeWait(c);
  if (!isEarly) startMtuSearch(c);
  growSendBuffer(c);
  c.spaceSince = c.lastDataReceivedAt = tcp.now;
  if (isEarly) {
    c.tellWritable = true;
  } else if (c.listener !== null) {
    tcp.counters.PassiveOpens++;
    c.listener.established(c);
    tellQueue(c.listener, eventCauses.handshakeComplete);
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
