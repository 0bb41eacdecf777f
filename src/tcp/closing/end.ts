import type { Segment } from '../../wire/segment.ts';
import { judgeFastOpen } from '../path/fast-open-black-hole.ts';
import { giveBackBuffer } from '../receiving/right-sizing.ts';
import { sendReset } from '../sending/control-segments.ts';
import { endHold } from '../sending/hold-times.ts';
import { sendResetFor } from '../sending/replies.ts';
import { setState } from '../tcb/set-state.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellQueue } from '../tcb/tell.ts';
import { removeTimers } from '../tcb/timers.ts';
import { type Cause, causes, eventCauses, sendCauses } from '../terms/causes.ts';
import type { TcpError } from '../terms/errors.ts';
import type { FastOpen } from '../variables/fast-open.ts';

/**
 * Data came for a user who is gone: it will never be read, and the peer should know (RFC 9293, section 3.10.4; RFC 2525,
 * section 2.17). The RST answers the segment (tcp_rcv_state_process returns to tcp_v4_send_reset): at SND.NXT, a peer that our
 * FIN hasn't reached could only challenge it.
 */
export function refuseData(c: Tcb, segment: Segment): void {
  sendResetFor(c.tcp, segment, c, sendCauses.resetUnread);
  dispose(c, causes.unreadData);
}

/**
 * The connection fails: its user learns why. With `reset` the peer learns that it is over. What was received in order before
 * is the user's still, also if the RST came in the same batch: RFC 9293, section 3.10.7.4 has "all segment queues" flushed, but
 * an answer that the peer sent whole is not undone by its RST (as in Linux: tcp_reset leaves the receive queue alone).
 */
export function fail(c: Tcb, error: TcpError, cause: Cause, reset: boolean): void {
  if (reset) sendReset(c, sendCauses.resetFailed);
  if (c.state === 'SYN_SENT' || c.state === 'SYN_RECEIVED') c.tcp.counters.AttemptFails++;
  else if (c.state === 'ESTABLISHED' || c.state === 'CLOSE_WAIT') c.tcp.counters.EstabResets++;
  c.closedBy = error;
  dispose(c, cause);
}

/** A handshake ends of which no user knows yet, so nothing is reported. */
export function abandonHandshake(c: Tcb, cause: Cause): void {
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

/** Into CLOSED, whatever the reason. */
export function dispose(c: Tcb, cause: Cause): void {
  if (c.state === 'CLOSED') return;
  setState(c, 'CLOSED', cause);
  release(c);
}

/** Its handshake will not be complete any more, if it isn't; and what it got tells something of the path. */
function endFastOpen(c: Tcb, fastOpen: FastOpen): void {
  fastOpen.pendingIn?.ended();
  fastOpen.pendingIn = null;
  judgeFastOpen(c);
}

/** Takes a connection out of the tables. What was received and not read stays with the user. */
export function release(c: Tcb): void {
  const { tcp } = c;
  endHold(c);
  removeTimers(c);
  giveBackBuffer(c);
  tcp.connections.remove(c);
  if (c.orphan) tcp.orphans--;
  if (c.fastOpen !== null) endFastOpen(c, c.fastOpen);
  if (c.listener?.ended(c)) tellQueue(c.listener, eventCauses.handshakeEnded);
  c.sent.clear();
  c.sendQueue.reset(c.snd.nxt);
  c.reassembly.clear();
  c.sackBlocks.clear();
  c.ackDue = null;
  if (c.orphan) c.receiveQueue.clear();
  tcp.onReleased?.(c.id);
  if (c.user !== null) {
    c.tellClosed = true;
    tcp.activate(c);
  }
}
