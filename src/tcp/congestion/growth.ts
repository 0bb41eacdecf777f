import type { AckSample } from '../variables/ack-sample.ts';
import { type CongestionWindow, NO_THRESHOLD } from '../variables/congestion-control.ts';

/** Beyond this many segments the window needn't grow: a 4 GiB flight at the smallest usual MSS. */
export const CWND_MAX = 1 << 22;

/** Slow start (RFC 5681, section 3.1): a segment for each one acknowledged, up to the threshold. @returns those that are left */
export function growInSlowStart(w: CongestionWindow, segments: number): number {
  const grown = Math.min(w.cwnd + segments, w.ssthresh);
  const left = segments - (grown - w.cwnd);
  w.cwnd = Math.min(grown, CWND_MAX);
  return left;
}

/**
 * Additive increase: a segment for each `per` that are acknowledged; `per` is the window itself in RFC 5681, equation 3, and
 * follows the cubic function in RFC 9438. Where `per` has become less than what was counted already, that makes one
 * segment, and not many at once (tcp_cong_avoid_ai in net/ipv4/tcp_cong.c).
 */
export function growByOneFor(w: CongestionWindow, per: number, segments: number): void {
  let grown = w.cwnd;
  if (w.cwndCount >= per) {
    w.cwndCount = 0;
    grown++;
  }
  w.cwndCount += segments;
  if (w.cwndCount >= per) {
    const more = Math.floor(w.cwndCount / per);
    w.cwndCount -= more * per;
    grown += more;
  }
  w.cwnd = Math.min(grown, CWND_MAX);
}

/** Ends slow start before it loses anything, by what ACKs tell of the path: HyStart, HyStart++. One for each connection. */
export interface SlowStartWatch {
  /** An ACK came in slow start, before the window grows for it. It may set `ssthresh`: slow start is over then. */
  onAck(w: CongestionWindow, ack: AckSample): void;
  /** @returns for how many of the acknowledged `segments` the window grows */
  countedOf(w: CongestionWindow, segments: number): number;
  /** A time-out: what was known of the path is forgotten. */
  restart(): void;
  /** What it knows, by name, to be looked at. */
  shown(): Record<string, number | string>;
}

/** Slow start, watched or not. @returns the segments that are left for congestion avoidance */
export const growWatched = (w: CongestionWindow, watch: SlowStartWatch | null, segments: number): number =>
  growInSlowStart(w, watch === null ? segments : watch.countedOf(w, segments));

/** No loss has happened, and nothing else has set a threshold. */
export const isFirstSlowStart = (w: CongestionWindow): boolean => w.ssthresh >= NO_THRESHOLD;
