import type { CongestionControl } from './control.ts';

/** Beyond this many segments the window needn't grow: a 4 GiB flight at the smallest usual MSS. */
const CWND_MAX = 1 << 22;

/** Slow start and congestion avoidance as in RFC 5681, section 3.1, counted in segments. */
export const newReno: CongestionControl = {
  name: 'reno',

  grow(c, acked) {
    let left = acked;
    if (c.cwnd < c.ssthresh) {
      // Slow start: a segment for each one acknowledged, up to the threshold.
      const grown = Math.min(c.cwnd + left, c.ssthresh);
      left -= grown - c.cwnd;
      c.cwnd = Math.min(grown, CWND_MAX);
    }
    if (left <= 0) return;
    // Congestion avoidance: a segment for each full window acknowledged.
    c.cwndCount += left;
    if (c.cwndCount >= c.cwnd) {
      const windows = Math.floor(c.cwndCount / c.cwnd);
      c.cwndCount -= windows * c.cwnd;
      c.cwnd = Math.min(c.cwnd + windows, CWND_MAX);
    }
  },

  thresholdAfterLoss(c) {
    // FlightSize / 2, at least two segments (equation 4). A window that was not used can't have caused the loss.
    return Math.max(2, Math.min(c.cwnd, Math.max(c.sent.segments, 1)) >> 1);
  },
};
