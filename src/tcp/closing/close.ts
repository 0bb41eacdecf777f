// tcp/closing: CLOSE, ABORT, failure, orphans, into TIME_WAIT; the only way out of the table of connections.
import { sendReset } from '../sending/control-segments.ts';
import { setState } from '../tcb/set-state.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { armFinTimeout } from '../tcb/timers.ts';
import { causes, sendCauses } from '../terms/causes.ts';
import { TcpError } from '../terms/errors.ts';
import { dispose, fail } from './end.ts';
import { letGo, refuseOrphan } from './orphans.ts';

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
    sendReset(c, sendCauses.resetUnread);
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
  if (c.state === 'SYN_RECEIVED' && c.isFastOpenPending) closeBeforeHandshake(c);
  else shutdownByUser(c);
  if (c.state !== 'FIN_WAIT_2') refuseOrphan(c);
  else if (waitForFinAlone(c) && c.settings.linger2) refuseOrphan(c);
}

/** With Fast Open all that was to be said may be said already: FIN goes before the handshake is complete (RFC 7413, section 4.2.2; tcp_close_state). */
function closeBeforeHandshake(c: Tcb): void {
  c.finQueued = true;
  setState(c, 'FIN_WAIT_1', causes.userClosed);
  c.tcp.activate(c);
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
    c.tcp.activate(c); // as `setKeepAlive` does
    return true;
  }
  c.tcp.counters.TCPAbortOnLinger++;
  sendReset(c, sendCauses.resetAborted);
  dispose(c, causes.userAborted);
  return false;
}

/** ABORT (RFC 9293, section 3.10.5): the user wants no more of it, and the peer is told so at once. */
export function abort(c: Tcb): void {
  letGo(c);
  switch (c.state) {
    case 'SYN_RECEIVED':
    case 'ESTABLISHED':
    case 'FIN_WAIT_1':
    case 'FIN_WAIT_2':
    case 'CLOSE_WAIT':
      sendReset(c, sendCauses.resetAborted);
      break;
    case 'CLOSING':
    case 'LAST_ACK':
      // Octets that were never sent hold our FIN back. Until it leaves the RFC's state is still CLOSE_WAIT, and the peer
      // waits for the end of a stream that will not come (tcp_disconnect).
      if (!c.finSent) sendReset(c, sendCauses.resetAborted);
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

const isOver = (c: Tcb): boolean => c.state === 'CLOSED' || c.state === 'TIME_WAIT';

/**
 * What it has to send can't be sent, since its user took the memory away: the connection ends for that, and no other with it.
 * Any other error is a fault of ours, and not hidden.
 */
export function failForItself(c: Tcb, error: unknown): void {
  if (!(error instanceof TcpError)) throw error;
  fail(c, error, causes.userAborted, true);
}
