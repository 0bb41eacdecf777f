import type { CongestionControl } from '../variables/congestion-control.ts';

/** Beyond this many segments the window needn't grow: a 4 GiB flight at the smallest usual MSS. */
const CWND_MAX = 1 << 22;

/** Slow start and congestion avoidance as in RFC 5681, section 3.1, counted in segments. */
export const newReno: CongestionControl = {
  name: 'reno',

  start() {
    // It remembers nothing but `cwndCount`.
  },

  onAck(w, ack) {
    if (!w.isUsed) return;
    let left = ack.delivered;
    if (w.cwnd < w.ssthresh) {
      // Slow start: a segment for each one acknowledged, up to the threshold.
      const grown = Math.min(w.cwnd + left, w.ssthresh);
      left -= grown - w.cwnd;
      w.cwnd = Math.min(grown, CWND_MAX);
    }
    if (left <= 0) return;
    // Congestion avoidance: a segment for each full window acknowledged.
    w.cwndCount += left;
    if (w.cwndCount >= w.cwnd) {
      const windows = Math.floor(w.cwndCount / w.cwnd);
      w.cwndCount -= windows * w.cwnd;
      w.cwnd = Math.min(w.cwnd + windows, CWND_MAX);
    }
  },

  onCongestion(w) {
    // Half of the window, at least two segments: as Linux (tcp_reno_ssthresh), cwnd is taken for FlightSize (RFC 5681, equation
    // 4). A window that isn't used doesn't grow; and while a batch of ACKs is taken in, what they make room for isn't out yet,
    // so that less is in flight than the path has just carried.
    return Math.max(2, w.cwnd >> 1);
  },

  onUndo(w) {
    w.cwnd = Math.max(w.cwnd, w.priorCwnd);
    w.ssthresh = Math.max(w.ssthresh, w.priorSsthresh);
  },
};
