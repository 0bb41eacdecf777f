import type { CongestionControl } from '../variables/congestion-control.ts';
import { growByOneFor, growWatched, type SlowStartWatch } from './growth.ts';
import { slowStartWatch } from './hystart.ts';

/** Slow start and congestion avoidance as in RFC 5681, section 3.1, counted in segments. */
export const newReno: CongestionControl = {
  name: 'reno',

  start(w) {
    // Beside `cwndCount` it remembers nothing but what watches its slow start, if anything does.
    w.own = slowStartWatch(w.sysctls.tcp_reno_hystart, w);
  },

  onAck(w, ack) {
    const watch = w.own as SlowStartWatch | null;
    if (watch !== null && w.cwnd < w.ssthresh) watch.onAck(w, ack);
    if (!w.isUsed) return;
    let left = ack.delivered;
    if (w.cwnd < w.ssthresh) left = growWatched(w, watch, left);
    if (left > 0) growByOneFor(w, w.cwnd, left);
  },

  onCongestion(w, _flightSize, signal) {
    if (signal === 'timeout') (w.own as SlowStartWatch | null)?.restart();
    // Half of the window, at least two segments: as Linux (tcp_reno_ssthresh), cwnd is taken for FlightSize (RFC 5681, equation
    // 4). A window that isn't used doesn't grow; and while a batch of ACKs is taken in, what they make room for isn't out yet,
    // so that less is in flight than the path has just carried.
    return Math.max(2, w.cwnd >> 1);
  },

  onUndo(w) {
    w.cwnd = Math.max(w.cwnd, w.priorCwnd);
    w.ssthresh = Math.max(w.ssthresh, w.priorSsthresh);
  },

  watch: (w) => (w.own as SlowStartWatch | null)?.shown() ?? {},
};
