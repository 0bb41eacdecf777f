import type { Micros } from '../../time/wheel.ts';
import { type Seq, seqAdd, seqDiff, seqGeq } from '../../wire/seq.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { MtuSearch } from '../variables/mtu-search.ts';
import { MIN_SEND_MSS, pathMss, updateSendMss } from './send-mss.ts';

/**
 * Packetization-layer path MTU discovery (RFC 4821), for paths that drop long packets and say nothing: routers that send no
 * ICMP, firewalls and tunnels that eat it. Such a connection opens, talks in short segments, and stands still at the first
 * full one.
 *
 * Downwards: when a full segment is lost as often as R1 has it, `tcp_base_mss` is tried, then half and half again (section
 * 7.7; tcp_mtu_probing in net/ipv4/tcp_timer.c). But an outage looks just the same, so the way up is as important: as soon as
 * segments get through again, one longer segment is sent among them. If it arrives, all may be so long; if it is lost, its
 * octets go again in short ones (section 7.6; tcp_mtu_probe in net/ipv4/tcp_output.c).
 */

/** The search ends where a longer segment would win no more than this part. */
const WORTHWHILE = 1 / 16;
/** So many segments must follow a probe that duplicate ACKs tell of its loss, and not the timer. */
const FOLLOWERS = 4;

/** `tcp_mtu_probing` 2: begins with `tcp_base_mss`, whatever the link would take. */
export function startMtuSearch(c: Tcb): void {
  const { tcp_mtu_probing, tcp_base_mss } = c.tcp.sysctls;
  if (tcp_mtu_probing === 2) searchFrom(c, tcp_base_mss);
}

/**
 * The timer went off again for a segment of `octets`. Is it too long for the path? Not when it is no longer than what would be
 * tried next: then it is lost for another reason. (Linux makes the segments of any connection shorter.)
 * @returns whether segments are shorter from now on
 */
export function suspectBlackHole(c: Tcb, octets: number): boolean {
  const { tcp_mtu_probing, tcp_base_mss, tcp_mtu_probe_floor } = c.tcp.sysctls;
  if (tcp_mtu_probing === 0) return false;
  const half = c.mtuSearch === null ? tcp_base_mss : c.snd.mss >> 1;
  const next = Math.max(Math.min(half, tcp_base_mss), tcp_mtu_probe_floor, MIN_SEND_MSS);
  if (octets <= next) return false;
  searchFrom(c, next);
  return true;
}

function searchFrom(c: Tcb, low: number): void {
  c.mtuSearch = new MtuSearch(low, pathMss(c), nextSearch(c));
  updateSendMss(c);
}

const nextSearch = (c: Tcb): Micros => c.tcp.now + c.tcp.sysctls.tcp_probe_interval * 1e6;

/**
 * How long a probe to send now, with so many octets unsent and so much window; 0: none. Only when nothing seems lost and enough
 * follows it, or its fate would say nothing.
 */
export function probeLength(c: Tcb, search: MtuSearch, unsent: number, usable: number): number {
  if (search.size > 0 || c.loss.congestionState !== 'Open' || c.sent.sacked > 0) return 0;
  if (c.tcp.now >= search.again) {
    search.high = pathMss(c);
    search.fresh = true;
    search.again = nextSearch(c);
  }
  const { mss } = c.snd;
  const high = Math.min(search.high, pathMss(c));
  if (high - mss < mss * WORTHWHILE) return 0;
  // After an outage, the more frequent reason, the path is as wide as it was: that is tried first.
  const octets = search.fresh ? high : (mss + high + 1) >> 1;
  const needed = octets + FOLLOWERS * mss;
  return unsent >= needed && usable >= needed && c.cc.cwnd - c.inFlight > FOLLOWERS ? octets : 0;
}

export function noteProbe(search: MtuSearch, seq: Seq, octets: number): void {
  search.size = octets;
  search.seq = seq;
  search.end = seqAdd(seq, octets);
  search.fresh = false;
}

/** Octets are sent again: if they are the probe's, it was too long. */
export function noteProbeLost(c: Tcb, search: MtuSearch, seq: Seq): void {
  if (search.size === 0 || seqDiff(seq, search.seq) < 0 || seqGeq(seq, search.end)) return;
  c.tcp.counters.TCPMTUPFail++;
  search.high = search.size - 1;
  search.size = 0;
}

/**
 * SND.UNA has moved. A probe that is acknowledged without having been sent again has arrived: longer segments do.
 * @returns whether segments are longer from now on
 */
export function noteProbeArrived(c: Tcb, search: MtuSearch): boolean {
  if (search.size === 0 || !seqGeq(c.snd.una, search.end)) return false;
  c.tcp.counters.TCPMTUPSuccess++;
  search.low = search.size;
  search.size = 0;
  updateSendMss(c);
  return true;
}
