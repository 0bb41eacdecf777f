import { ACK, FIN, RST, type Segment, SYN } from '../wire/segment.ts';
import { seqAdd, seqDiff, seqGt } from '../wire/seq.ts';
import { causes } from './causes.ts';
import { sendTimeWaitAck } from './output.ts';
import type { Tcp } from './tcp.ts';
import type { TimeWaitEntry } from './time-wait.ts';

/** A new incarnation's first sequence number lies this far beyond the old one's last (tcp_timewait_state_process). */
const NEXT_INCARNATION = 65_535 + 2;

/**
 * A segment for a connection in TIME_WAIT (RFC 9293, section 3.10.7.4 for this state; RFC 6191 for a SYN; RFC 1337 for what
 * must not end it).
 */
export function arrivesInTimeWait(tcp: Tcp, index: number, segment: Segment): void {
  const entry = tcp.timeWait.read(index);
  const { flags } = segment;
  if (flags & RST) {
    if (segment.seq === entry.rcvNxt && tcp.sysctls.tcp_rfc1337 === 0) {
      leave(tcp, index, entry, causes.resetReceived);
      tcp.counters.TWKilled++;
    } else {
      tcp.drop('TimeWait', segment, null);
    }
    return;
  }
  // A SYN that nobody would accept has no business to end the wait.
  const wanted = flags & SYN && !(flags & ACK) && tcp.isListening(segment.dst, segment.dstPort);
  if (wanted && beginsNextIncarnation(entry, segment)) {
    leave(tcp, index, entry, causes.newIncarnation);
    tcp.counters.TWRecycled++;
    tcp.arrivesForNobody(segment, seqAdd(entry.sndNxt, NEXT_INCARNATION));
    return;
  }
  if (!(flags & (ACK | SYN | FIN)) && segment.length === 0) {
    tcp.drop('TimeWait', segment, null);
    return;
  }
  // The peer's FIN again: our ACK was lost. Acknowledge it, and wait for another 2MSL.
  const last = seqAdd(segment.seq, segment.segLen);
  if (flags & FIN && last === entry.rcvNxt) {
    entry.expires = tcp.now + tcp.sysctls.tcp_timewait_len * 1000;
    tcp.timeWait.restart(index, entry.expires);
    if (tcp.observer) {
      tcp.observer({ type: 'timeWait', now: tcp.now, action: 'restart', entry, cause: causes.finRetransmitted });
    }
    sendTimeWaitAck(tcp, segment, entry);
    return;
  }
  tcp.drop('TimeWait', segment, null);
  // A bare ACK in its place says nothing new; answering it could loop (RFC 1337 hazards begin with such answers).
  if (segment.segLen === 0 && segment.seq === entry.rcvNxt && seqDiff(segment.ack, entry.sndNxt) <= 0) return;
  sendTimeWaitAck(tcp, segment, entry);
}

/**
 * May this SYN begin the next incarnation (RFC 9293, section 3.10.7.4, MAY-2; RFC 6191, section 2)? With timestamps, when its
 * timestamp is newer; else when its sequence number is beyond all that the old connection received.
 */
function beginsNextIncarnation(entry: TimeWaitEntry, segment: Segment): boolean {
  if (entry.hasTimestamps && segment.hasTimestamps) {
    const newer = (segment.tsVal - entry.tsRecent) | 0;
    if (newer !== 0) return newer > 0;
  }
  return seqGt(segment.seq, entry.rcvNxt);
}

function leave(tcp: Tcp, index: number, entry: TimeWaitEntry, cause: (typeof causes)[keyof typeof causes]): void {
  tcp.timeWait.remove(index);
  if (tcp.observer) tcp.observer({ type: 'timeWait', now: tcp.now, action: 'leave', entry, cause });
}
