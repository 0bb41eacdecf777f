import type { Segment } from '../../wire/segment.ts';
import { TCP_HEADER } from '../../wire/tcp.ts';
import type { FastOpenServer } from '../tables/fast-open-cache.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { FAST_OPEN_FAIL, FastOpen } from '../variables/fast-open.ts';
import { TFO } from './fast-open.ts';
import { announcedMss } from './options.ts';

/** Room for all the options that there can be: a box on the way may add some, and would drop a SYN that gets too long (tcp_send_syn_data). */
const MAX_OPTIONS = 40;

/**
 * TCP Fast Open, the client's side (RFC 7413, section 4.2.1): what does the SYN say, and how much data may it carry? Without a
 * cookie it asks for one; for how the answer is taken, see `fastOpenAnswered`. The SYN of a connection that may have data waits for
 * the end of the batch.
 */
export function beginFastOpen(c: Tcb): void {
  const { tcp } = c;
  const { sysctls, now, fastOpenCache } = tcp;
  if ((sysctls.tcp_fastopen & TFO.client) === 0) return;
  const fastOpen = new FastOpen();
  c.fastOpen = fastOpen;
  if (fastOpenCache.pauses(now, sysctls.tcp_fastopen_blackhole_timeout_sec * 1e6)) return;
  fastOpen.waitsForWrite = c.settings.fastOpenConnect;
  fastOpen.isTrial = fastOpenCache.hadBlackHoles;
  const server = fastOpenCache.find(c.local, c.remote);
  if (server?.isAvoided(now)) return;
  if (c.settings.fastOpenNoCookie || (sysctls.tcp_fastopen & TFO.clientWithoutCookie) !== 0) {
    fastOpen.room = roomInSyn(c, server);
    fastOpen.synWaits = true;
  } else if (server?.cookie.hasCookie) {
    fastOpen.option.copyFrom(server.cookie);
    fastOpen.room = roomInSyn(c, server);
    fastOpen.synWaits = true;
  } else {
    fastOpen.option.length = 0;
    fastOpen.option.experimental = server?.triesExperimental === 1;
    fastOpen.fail = FAST_OPEN_FAIL.noCookie;
  }
}

/** What the server takes in one segment, as far as it is known, and the path (RFC 7413, section 4.2.1). */
function roomInSyn(c: Tcb, server: FastOpenServer | null): number {
  const { tcp, settings } = c;
  const path = tcp.network.mtuTo(c.remote) - tcp.network.headerLength(c.remote) - TCP_HEADER;
  const mss = Math.min(path, server?.mss || announcedMss(tcp, c.remote, settings), settings.maxSegment ?? path);
  return Math.max(0, mss - MAX_OPTIONS);
}

/**
 * The SYN-ACK came, and what it acknowledges has been taken off the retransmission queue: remembers what it says
 * (tcp_rcv_fastopen_synack).
 * @returns whether data of the SYN was not acknowledged: it must be sent again, as ordinary data
 */
export function fastOpenAnswered(c: Tcb, fastOpen: FastOpen, segment: Segment): boolean {
  if (!fastOpen.isTried) return false;
  const { tcp } = c;
  const server = tcp.fastOpenCache.entry(c.local, c.remote);
  const refused = fastOpen.synOctets > 0 && !c.sent.isEmpty;
  const synAgain = c.totalRetrans > 0;
  if (segment.mss > 0) server.mss = segment.mss;
  const asked = fastOpen.option.length >= 0;
  // A cookie that was not asked for is not taken. Of one that was, the last one counts.
  if (asked && segment.fastOpen.hasCookie) server.cookie.copyFrom(segment.fastOpen);
  else if (asked && !synAgain && fastOpen.synOctets === 0) noteNoCookie(server, fastOpen);
  const hasCookie = segment.fastOpen.length >= 0;
  // Only SYNs without data got through, it seems: those with data, or their answers, were lost.
  if (asked && synAgain && !hasCookie && refused) noteDrop(server, tcp.now);
  else server.drops = 0;
  if (refused) {
    tcp.counters.TCPFastOpenActiveFail++;
    fastOpen.fail = synAgain ? FAST_OPEN_FAIL.synRetransmitted : FAST_OPEN_FAIL.dataNotAcknowledged;
    return true;
  }
  if (fastOpen.synOctets > 0) {
    fastOpen.synDataArrived = true;
    tcp.counters.TCPFastOpenActive++;
    c.delivery.delivered--; // SYN and data are one segment
  }
  return false;
}

/** Asked for a cookie in vain: the server may know the option as the experiment that it was; but if it doesn't either, no more of that. */
function noteNoCookie(server: FastOpenServer, fastOpen: FastOpen): void {
  if (server.cookie.hasCookie) return;
  if (fastOpen.option.experimental) server.triesExperimental = 2;
  else if (server.triesExperimental === 0) server.triesExperimental = 1;
}

function noteDrop(server: FastOpenServer, now: number): void {
  server.drops++;
  server.droppedAt = now;
}
