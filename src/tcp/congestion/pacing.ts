import type { Micros } from '../../time/wheel.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellCwnd } from '../tcb/tell.ts';
import { causes } from '../terms/causes.ts';
import { Pacing } from '../variables/pacing.ts';

/**
 * The algorithm is another one, or the user has set a limit: are segments spread over the round trip from now on? (In Linux a socket
 * that was paced once stays so, though neither algorithm nor limit asks for it any more: sk_pacing_status. Here it ends with them.)
 */
export function choosePacing(c: Tcb): void {
  const { cc } = c;
  const most = c.settings.maxPacingRate;
  cc.maxPacingRate = most ?? Number.POSITIVE_INFINITY;
  cc.pacingRate = Math.min(cc.pacingRate, cc.maxPacingRate);
  cc.isPaced = cc.wantsPacing;
  if (cc.isPaced) c.pacing ??= new Pacing(c);
  else if (c.pacing !== null) {
    c.tcp.paceWheel?.remove(c.pacing.timer);
    c.pacing = null;
  }
}

/** A bunch: so many segments at least, and this part of the window, may leave at once. */
const BUNCH = 32;
const BUNCH_SHARE = 1 / 4;
/** There a pace would keep the last segments of a short flow back (of 200 kB by up to half of a round trip, measured). */
const BUNCH_IN_SLOW_START = 128;
/** The path's least round trip, in microseconds, from which on it matters: what is shorter is over before a burst could be spread. */
const WORTH_SPREADING: Micros = 4000;

/**
 * What may leave now is a burst that ACKs in a bunch have released (`tcp_pace_bunched_acks`): from here on the connection is paced. A kernel
 * takes each ACK in when it comes, and data leave as evenly as ACKs arrive. A process that was kept from its work for 10 ms finds all of
 * them at once, and what it sends then overflows a queue that would have held the same data one by one: at 20 ms, 200 Mbit/s and a load of
 * 17 on two cores CUBIC had 0.84 of what the kernel has, and has 0.98 so; with 1 percent of packets reordered NewReno 0.89 and 1.00 (measured).
 */
export function paceBunches(c: Tcb): void {
  if (c.hold !== 'cwnd') return; // it is not ACKs that have released it
  const { cc, inFlight } = c;
  const room = cc.cwnd - inFlight;
  const least = cc.cwnd < cc.ssthresh ? BUNCH_IN_SLOW_START : BUNCH;
  if (room < least || room < cc.cwnd * BUNCH_SHARE || inFlight === 0) return;
  if (c.rtt.minRtt < WORTH_SPREADING || c.tcp.sysctls.tcp_pace_bunched_acks === 0) return;
  cc.ackedInBunches = true;
  choosePacing(c);
  tellCwnd(c, cc.cwnd, cc.ssthresh, causes.bunchedAcks);
}

/**
 * Octets in a second that may leave: what the algorithm says; where it says nothing, somewhat more than a window in a round trip, so
 * that the window is what limits (tcp_update_pacing_rate in net/ipv4/tcp_input.c): by `tcp_pacing_ss_ratio` in slow start,
 * when the window doubles in it, by `tcp_pacing_ca_ratio` after that. 0: nothing is known yet; infinity: no limit.
 */
export function pacingRate(c: Tcb): number {
  const { cc } = c;
  if (cc.algorithm.control !== undefined) return Math.min(cc.pacingRate, cc.maxPacingRate);
  const { tcp_pacing_ss_ratio, tcp_pacing_ca_ratio } = c.tcp.sysctls;
  const ratio = cc.cwnd < cc.ssthresh / 2 ? tcp_pacing_ss_ratio : tcp_pacing_ca_ratio;
  const octets = Math.max(cc.cwnd, c.sent.segments) * c.snd.mss;
  if (ratio === 0) return 0;
  // Without a round trip, as of one of 8 microseconds: no limit to speak of. However slow it is, it is a rate.
  const rate = Math.floor((octets * ratio * 1e4) / (c.rtt.srtt || 1 / 8));
  return Math.min(Math.max(rate, 1), cc.maxPacingRate);
}

/** Of the rate, so much lies in a super-segment: what leaves in a millisecond or so (Linux: sk_pacing_shift). */
const SUPER_SEGMENTS_IN_A_SECOND = 1024;

/**
 * How many segments may leave as one, by the rate (tcp_tso_autosize in net/ipv4/tcp_output.c): a slow path gets no long
 * bursts, a fast one is worth fewer calls. Where the round trip is short, little can be gained by small ones: from
 * 2^`tcp_tso_rtt_log` microseconds on they halve with each further such time.
 * @param most octets of the longest one
 */
export function superSegmentSegments(c: Tcb, mss: number, most: number): number {
  const { sysctls } = c.tcp;
  const least = c.cc.algorithm.minSuperSegment?.(c.cc) ?? sysctls.tcp_min_tso_segs;
  const byRtt = sysctls.tcp_tso_rtt_log > 0 ? most >> halvings(c.rtt.minRtt, sysctls.tcp_tso_rtt_log) : 0;
  if (byRtt === most) return Math.floor(most / mss);
  const octets = Math.min(most, pacingRate(c) / SUPER_SEGMENTS_IN_A_SECOND + byRtt);
  return Math.max(Math.floor(octets / mss), least);
}

/** How many times 2^`log` microseconds a round trip has; 31, so that nothing is left, where none was measured or it is very long. */
function halvings(minRtt: Micros, log: number): number {
  if (minRtt === 0 || minRtt > 0x7fffffff) return 31;
  return Math.min(minRtt >> log, 31);
}
