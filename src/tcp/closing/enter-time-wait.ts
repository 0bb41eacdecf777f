import type { Micros } from '../../time/wheel.ts';
import { receiveWindow } from '../receiving/window.ts';
import { sendAck } from '../sending/control-segments.ts';
import { isEct } from '../sending/ecn.ts';
import { RECYCLED_WAIT } from '../tables/peer-stamps.ts';
import type { TimeWaitEntry } from '../tables/time-wait-table.ts';
import { setState } from '../tcb/set-state.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellTimeWait } from '../tcb/tell.ts';
import { type Cause, causes, sendCauses } from '../terms/causes.ts';
import { dispose, release } from './end.ts';

/** Longer than `tcp_invalid_ratelimit` can be, and short enough for an entry of the TIME_WAIT table. */
const LONG_AGO: Micros = 2 * 86_400 * 1e6;
/** A TIME_WAIT of at most this length counts as `TWKilled` (net/ipv4/inet_timewait_sock.c). */
const SHORT_WAIT: Micros = 4_000_000;

/**
 * A connection in FIN_WAIT_2 without a user needs no more than one in TIME_WAIT does, and goes into the same table for
 * `tcp_fin_timeout` (as Linux's tcp_time_wait with TCP_FIN_WAIT2). Called at the end of a batch: the segment that
 * acknowledged our FIN may bring the peer's too.
 */
export function leaveToTable(c: Tcb): void {
  if (c.state !== 'FIN_WAIT_2' || !c.orphan || c.settings.linger2) return;
  const { tcp } = c;
  if (tableIsFull(c)) return;
  const entry = tableEntry(c, 'FIN_WAIT_2', tcp.sysctls.tcp_fin_timeout * 1e6);
  release(c);
  c.state = 'CLOSED'; // no event: the connection is still in FIN_WAIT_2, only not in this object
  addToTable(c, entry, causes.userClosed);
}

/** Both FINs are exchanged and we closed first: 2MSL of waiting in the table (RFC 9293, section 3.6). */
export function enterTimeWait(c: Tcb, cause: Cause): void {
  const { tcp } = c;
  // The peer's FIN may have come in this batch, before the ACK of ours: nothing acknowledges it after this.
  if (c.rcv.nxt !== c.rcv.acked || c.ackDue !== null) sendAck(c, sendCauses.ackFin);
  if (tableIsFull(c)) return;
  const simultaneous = c.state === 'CLOSING';
  setState(c, 'TIME_WAIT', cause);
  release(c);
  const recycled = tcp.sysctls.tcp_tw_recycle !== 0 && c.timestamps;
  if (recycled) tcp.peerStamps.remember(c.remote, c.tsRecent, tcp.now);
  const wait = recycled ? RECYCLED_WAIT * c.rtt.rto : tcp.sysctls.tcp_timewait_len * 1000;
  const entry = tableEntry(c, 'TIME_WAIT', wait);
  entry.recycled = recycled;
  entry.simultaneous = simultaneous;
  addToTable(c, entry, cause);
}

function addToTable(c: Tcb, entry: TimeWaitEntry, cause: Cause): void {
  const { tcp } = c;
  if (entry.expires - tcp.now > SHORT_WAIT) tcp.counters.TW++;
  else tcp.counters.TWKilled++;
  tcp.timeWait.add(entry);
  tellTimeWait(tcp, 'enter', entry, c, cause);
}

/** `tcp_max_tw_buckets` is reached: the connection ends without a wait. */
function tableIsFull(c: Tcb): boolean {
  const { tcp } = c;
  if (tcp.timeWait.count < tcp.sysctls.tcp_max_tw_buckets) return false;
  tcp.counters.TCPTimeWaitOverflow++;
  dispose(c, causes.tableFull);
  return true;
}

function tableEntry(c: Tcb, state: TimeWaitEntry['state'], after: Micros): TimeWaitEntry {
  return {
    state,
    recycled: false,
    simultaneous: false,
    finAgain: false,
    ect: c.ecn !== null && isEct(c.ecn),
    local: c.local,
    localPort: c.localPort,
    remote: c.remote,
    remotePort: c.remotePort,
    rcvNxt: c.rcv.nxt,
    sndNxt: c.snd.nxt,
    rcvWnd: receiveWindow(c) >>> c.rcv.wscale,
    hasTimestamps: c.timestamps,
    tsRecent: c.tsRecent,
    tsRecentAt: c.tsRecentAt,
    tsOffset: c.tsOffset,
    answeredAt: Math.max(c.tcp.now - LONG_AGO, ...(c.outOfPlaceAnswered ?? [])),
    expires: c.tcp.now + after,
  };
}
