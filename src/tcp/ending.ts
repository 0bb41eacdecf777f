import type { Micros } from '../time/wheel.ts';
import type { Segment } from '../wire/segment.ts';
import { seqGt } from '../wire/seq.ts';
import { type Cause, causes } from './causes.ts';
import type { TcpContext } from './context.ts';
import type { TcpError } from './errors.ts';
import { letGo, refuseOrphan } from './orphans.ts';
import { lastAnsweredAt } from './out-of-place.ts';
import { sendAck, sendReset } from './output.ts';
import { receiveWindow } from './receive-window.ts';
import { sendResetFor } from './replies.ts';
import type { State } from './state.ts';
import type { Tcb } from './tcb.ts';
import type { TimeWaitEntry } from './time-wait.ts';
import { armFinTimeout, removeTimers, stopRetransmit } from './timeouts.ts';
import { RECYCLED_WAIT } from './tw-recycle.ts';

/** Longer than `tcp_invalid_ratelimit` can be, and short enough for an entry of the TIME_WAIT table. */
const LONG_AGO: Micros = 2 * 86_400 * 1e6;
/** A TIME_WAIT of at most this length counts as `TWKilled` (net/ipv4/inet_timewait_sock.c). */
const SHORT_WAIT: Micros = 4_000_000;

/** Every change of state goes through here, with its cause. */
export function setState(c: Tcb, to: State, cause: Cause): void {
  const from = c.state;
  if (from === to) return;
  const { observer, now } = c.tcp;
  c.state = to;
  c.stateSince = now;
  if (observer) observer({ type: 'state', now, connection: c, from, to, cause });
}

// ---- The user's CLOSE and ABORT (RFC 9293, sections 3.10.4 and 3.10.5)

/** CLOSE as the RFC has it: "I have no more data to send". Receiving goes on. */
export function shutdownByUser(c: Tcb): void {
  switch (c.state) {
    case 'SYN_SENT':
    case 'SYN_RECEIVED':
      // Queued until the connection is ESTABLISHED.
      c.finQueued = true;
      return;
    case 'ESTABLISHED':
      c.finQueued = true;
      setState(c, 'FIN_WAIT_1', causes.userClosed);
      c.tcp.activate(c);
      return;
    case 'CLOSE_WAIT':
      c.finQueued = true;
      setState(c, 'LAST_ACK', causes.userClosed);
      c.tcp.activate(c);
      return;
    case 'CLOSED':
    case 'LISTEN':
    case 'FIN_WAIT_1':
    case 'FIN_WAIT_2':
    case 'CLOSING':
    case 'LAST_ACK':
    case 'TIME_WAIT':
      return;
    default:
      c.state satisfies never;
  }
}

/** The user lets go of both directions, as close(2) does. */
export function closeByUser(c: Tcb): void {
  if (c.orphan) return;
  letGo(c);
  if (c.state === 'SYN_SENT') {
    dispose(c, causes.userClosed);
    return;
  }
  if (c.receiveQueue.length > 0 && !isOver(c)) {
    // A FIN would tell the peer that all it sent has been read (RFC 2525, section 2.17).
    c.tcp.counters.TCPAbortOnClose++;
    sendReset(c);
    dispose(c, causes.unreadData);
    return;
  }
  if (c.settings.linger === 0 && !isOver(c)) {
    // SO_LINGER with a time of zero: no FIN, no TIME_WAIT, unsent octets are gone (as close(2) in Linux).
    c.tcp.counters.TCPAbortOnData++;
    abort(c);
    return;
  }
  c.receiveQueue.clear();
  shutdownByUser(c);
  if (c.state !== 'FIN_WAIT_2') refuseOrphan(c);
  else if (waitForFinAlone(c) && c.settings.linger2) refuseOrphan(c);
}

/**
 * FIN_WAIT_2 of a connection whose user is gone: bounded by `tcp_fin_timeout`, or not at all (TCP_LINGER2 below zero).
 * @returns whether the connection is still there
 */
export function waitForFinAlone(c: Tcb): boolean {
  const { linger2 } = c.settings;
  if (!linger2) {
    c.tcp.activate(c); // when the batch ends, `leaveToTable` makes it a light one
    return true;
  }
  if (linger2 > 0) {
    armFinTimeout(c);
    return true;
  }
  c.tcp.counters.TCPAbortOnLinger++;
  sendReset(c);
  dispose(c, causes.userAborted);
  return false;
}

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
  addToTable(tcp, entry, causes.userClosed);
}

export function abort(c: Tcb): void {
  letGo(c);
  switch (c.state) {
    case 'SYN_RECEIVED':
    case 'ESTABLISHED':
    case 'FIN_WAIT_1':
    case 'FIN_WAIT_2':
    case 'CLOSE_WAIT':
      sendReset(c);
      break;
    case 'CLOSING':
    case 'LAST_ACK':
      // Octets that were never sent hold our FIN back. Until it leaves the RFC's state is still CLOSE_WAIT, and the peer
      // waits for the end of a stream that will not come (tcp_disconnect).
      if (!c.finSent) sendReset(c);
      break;
    case 'SYN_SENT':
    case 'TIME_WAIT':
    case 'CLOSED':
    case 'LISTEN':
      break;
    default:
      c.state satisfies never;
  }
  if (!isOver(c)) dispose(c, causes.userAborted);
}

/**
 * Data came for a user who is gone: it will never be read, and the peer should know (RFC 9293, section 3.10.4; RFC 2525,
 * section 2.17). The RST answers the segment (tcp_rcv_state_process returns to tcp_v4_send_reset): at SND.NXT, a peer that our
 * FIN hasn't reached could only challenge it.
 */
export function refuseData(c: Tcb, segment: Segment): void {
  c.tcp.counters.TCPAbortOnData++;
  sendResetFor(c.tcp, segment, c);
  dispose(c, causes.unreadData);
}

// ---- The other ways out

/**
 * The connection fails: its user learns why. With `reset` the peer learns that it is over. What was received in order before
 * is the user's still, also if the RST came in the same batch: RFC 9293, section 3.10.7.4 has "all segment queues" flushed, but
 * an answer that the peer sent whole is not undone by its RST (as in Linux: tcp_reset leaves the receive queue alone).
 */
export function fail(c: Tcb, error: TcpError, cause: Cause, reset: boolean): void {
  if (reset) sendReset(c);
  if (c.state === 'SYN_SENT' || c.state === 'SYN_RECEIVED') c.tcp.counters.AttemptFails++;
  else if (c.state === 'ESTABLISHED' || c.state === 'CLOSE_WAIT') c.tcp.counters.EstabResets++;
  c.closedBy = error;
  dispose(c, cause);
}

/** An attempt that nobody knows of yet ends without a word. */
export function drop(c: Tcb, cause: Cause): void {
  c.tcp.counters.AttemptFails++;
  dispose(c, cause);
}

/** FIN_WAIT_2 of an orphan has lasted `tcp_fin_timeout`. */
export function finTimeoutOver(c: Tcb): void {
  dispose(c, causes.finTimeout);
}

/** LAST_ACK: our FIN is acknowledged. The peer keeps the TIME_WAIT. */
export function finish(c: Tcb, cause: Cause): void {
  dispose(c, cause);
}

/** Both FINs are exchanged and we closed first: 2MSL of waiting in the table (RFC 9293, section 3.6). */
export function enterTimeWait(c: Tcb, cause: Cause): void {
  const { tcp } = c;
  // The peer's FIN may have come in this batch, before the ACK of ours: nothing acknowledges it after this.
  if (c.rcv.nxt !== c.rcv.acked || c.ackNow) sendAck(c);
  if (tableIsFull(c)) return;
  setState(c, 'TIME_WAIT', cause);
  release(c);
  const recycled = tcp.sysctls.tcp_tw_recycle !== 0 && c.timestamps;
  if (recycled) tcp.peerStamps.remember(c.remote, c.tsRecent, tcp.now);
  const wait = recycled ? RECYCLED_WAIT * c.rtt.rto : tcp.sysctls.tcp_timewait_len * 1000;
  addToTable(tcp, tableEntry(c, 'TIME_WAIT', wait, recycled), cause);
}

function addToTable(tcp: TcpContext, entry: TimeWaitEntry, cause: Cause): void {
  if (entry.expires - tcp.now > SHORT_WAIT) tcp.counters.TW++;
  else tcp.counters.TWKilled++;
  tcp.timeWait.add(entry);
  if (tcp.observer) tcp.observer({ type: 'timeWait', now: tcp.now, action: 'enter', entry, cause });
}

/** `tcp_max_tw_buckets` is reached: the connection ends without a wait. */
function tableIsFull(c: Tcb): boolean {
  const { tcp } = c;
  if (tcp.timeWait.count < tcp.sysctls.tcp_max_tw_buckets) return false;
  tcp.counters.TCPTimeWaitOverflow++;
  dispose(c, causes.tableFull);
  return true;
}

function tableEntry(c: Tcb, state: TimeWaitEntry['state'], after: Micros, recycled = false): TimeWaitEntry {
  return {
    state,
    recycled,
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
    answeredAt: Math.max(lastAnsweredAt(c), c.tcp.now - LONG_AGO),
    expires: c.tcp.now + after,
  };
}

/** Is the peer's FIN, and all before it, acknowledged: what `FIN acknowledged` means for ours. */
export const finIsAcknowledged = (c: Tcb): boolean => c.finSent && !seqGt(c.snd.nxt, c.snd.una);

const isOver = (c: Tcb): boolean => c.state === 'CLOSED' || c.state === 'TIME_WAIT';

export function dispose(c: Tcb, cause: Cause): void {
  if (c.state === 'CLOSED') return;
  setState(c, 'CLOSED', cause);
  release(c);
}

/** Takes a connection out of the tables. What was received and not read stays with the user. */
function release(c: Tcb): void {
  const { tcp } = c;
  stopRetransmit(c);
  removeTimers(c);
  tcp.connections.remove(c);
  if (c.orphan) tcp.orphans--;
  c.listener?.ended(c);
  c.sent.clear();
  c.sendQueue.reset(c.snd.nxt);
  c.reassembly.clear();
  c.sackBlocks.clear();
  c.ackNow = false;
  if (c.orphan) c.receiveQueue.clear();
  if (c.user !== null) {
    c.tellClosed = true;
    tcp.activate(c);
  }
}
