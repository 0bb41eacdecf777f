import { seqGeq, seqGt } from '../wire/seq.ts';
import { causes } from './causes.ts';
import { growWindow, noteWindow, shrinkWindow } from './congestion.ts';
import type { Connection } from './connection.ts';
import type { Acknowledged } from './retransmission-queue.ts';

/**
 * Loss recovery: fast retransmit and fast recovery (RFC 5681, section 3.2) with NewReno's partial ACKs (RFC 6582).
 *
 * Inflating and deflating cwnd is not done literally. Each duplicate ACK says that a segment has left the network, so it
 * lowers the count of segments in flight (`Connection.inFlight`); the effect is the same, and cwnd stays what it says.
 */

/** A duplicate ACK (RFC 5681, section 2) came. */
export function duplicateAck(c: Connection): void {
  c.duplicateAcks++;
  if (c.congestionState === 'Recovery' || c.congestionState === 'Loss') return;
  if (c.duplicateAcks < c.tcp.sysctls.tcp_reordering) {
    // Limited transmit (RFC 3042): with one segment fewer in flight, output sends a new one.
    c.congestionState = 'Disorder';
    return;
  }
  // RFC 6582, section 3.2, step 2, and section 4: not again for losses of the flight that was recovered last.
  if (!seqGt(c.snd.una, c.recover) && c.recoveredOnce) return;
  enterRecovery(c);
}

function enterRecovery(c: Connection): void {
  const { counters } = c.tcp;
  c.recover = c.snd.nxt;
  c.recoveredOnce = true;
  shrinkWindow(c, 'threshold', causes.fastRetransmit);
  c.congestionState = 'Recovery';
  c.sent.markHeadLost(c.snd.mss);
  counters.TCPFastRetrans++;
  counters.TCPRenoRecovery++;
}

/** New octets were acknowledged, up to SND.UNA. */
export function newAck(c: Connection, acked: Acknowledged): void {
  switch (c.congestionState) {
    case 'Open':
    case 'Disorder':
    case 'CWR':
      c.duplicateAcks = 0;
      c.congestionState = 'Open';
      growWindow(c, acked.count);
      return;
    case 'Recovery':
      if (seqGeq(c.snd.una, c.recover)) leaveRecovery(c);
      else partialAck(c, acked);
      return;
    case 'Loss':
      c.duplicateAcks = 0;
      if (seqGeq(c.snd.una, c.recover)) c.congestionState = 'Open';
      growWindow(c, acked.count);
      return;
    default:
      c.congestionState satisfies never;
  }
}

/** A full acknowledgment: everything that was out when the loss was noticed has arrived (RFC 6582, step 3). */
function leaveRecovery(c: Connection): void {
  c.congestionState = 'Open';
  c.duplicateAcks = 0;
  c.cwnd = Math.max(c.ssthresh, 1);
  c.cwndCount = 0;
  noteWindow(c, causes.recovered);
}

/** The next hole shows: the segment at SND.UNA is lost too (RFC 6582, step 3, partial acknowledgments). */
function partialAck(c: Connection, acked: Acknowledged): void {
  // The acknowledged segments had left the network before, as duplicate ACKs told; they must not count twice.
  c.duplicateAcks = Math.max(0, c.duplicateAcks - Math.max(0, acked.count - 1));
  c.sent.markHeadLost(c.snd.mss);
}

/** The retransmission timer went off (RFC 6298, section 5.4 to 5.6; RFC 5681, section 3.1). */
export function enterLoss(c: Connection): void {
  if (c.congestionState !== 'Loss') {
    shrinkWindow(c, 1, causes.timeout);
  } else {
    c.cwnd = 1;
    noteWindow(c, causes.timeout);
  }
  c.congestionState = 'Loss';
  c.recover = c.snd.nxt;
  c.recoveredOnce = true;
  c.duplicateAcks = 0;
  c.sent.markAllLost();
}
