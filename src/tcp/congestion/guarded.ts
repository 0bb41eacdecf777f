import type { AckSample } from '../variables/ack-sample.ts';
import { type CongestionControl, type CongestionWindow, NO_THRESHOLD } from '../variables/congestion-control.ts';
import { newReno } from './newreno.ts';

/** As long as a name may be (TCP_CA_NAME_MAX of include/net/tcp.h, less the zero behind it). */
const LONGEST_NAME = 15;
/** No window of segments is longer: 2^30 octets of the smallest usual MSS, as with `tcp_wmem`. */
const LARGEST_WINDOW = 1 << 21;

/**
 * An algorithm that a user wrote, so that its faults can't become the stack's: a window that is no number, or none that can be, stays what
 * it was; a connection whose algorithm throws is reno's from then on, and `failed` is told. (One that never returns stops the
 * program, as any function does.)
 * @throws TypeError where `algorithm` isn't one
 */
export function guarded(algorithm: CongestionControl, failed: (error: unknown) => void): CongestionControl {
  check(algorithm);
  const call = (w: CongestionWindow, run: () => void): void => {
    const { cwnd, ssthresh, pacingRate } = w;
    try {
      run();
    } catch (error) {
      failed(error);
      takeAway(w);
    }
    w.cwnd = Math.floor(within(w.cwnd, 1, LARGEST_WINDOW, cwnd));
    w.ssthresh = Math.floor(within(w.ssthresh, 2, NO_THRESHOLD, ssthresh));
    w.pacingRate = within(w.pacingRate, 0, Number.MAX_SAFE_INTEGER, pacingRate);
  };
  const shortest = (w: CongestionWindow, ask: () => number): number => {
    let least = 1;
    call(w, () => {
      least = ask();
    });
    return Math.floor(within(least, 1, 64, 1));
  };
  const { onPauseEnd, onState, control, watch, info, minSuperSegment } = algorithm;
  return {
    name: algorithm.name,
    start: (w, now) => call(w, () => algorithm.start(w, now)),
    onAck: (w, ack) => call(w, () => algorithm.onAck(w, ack)),
    onCongestion(w, flightSize, signal) {
      let threshold = Number.NaN;
      call(w, () => {
        threshold = algorithm.onCongestion(w, flightSize, signal);
      });
      return Math.floor(within(threshold, 2, NO_THRESHOLD, Math.max(2, flightSize >> 1)));
    },
    onUndo: (w) => call(w, () => algorithm.onUndo(w)),
    ...(onPauseEnd && { onPauseEnd: (w, now, since) => call(w, () => onPauseEnd.call(algorithm, w, now, since)) }),
    ...(onState && { onState: (w) => call(w, () => onState.call(algorithm, w)) }),
    ...(control && {
      control: (w: CongestionWindow, ack: AckSample) => call(w, () => control.call(algorithm, w, ack)),
    }),
    ...(watch && { watch: (w) => watched(() => watch.call(algorithm, w)) }),
    ...(info && { info: (w) => infoOf(() => info.call(algorithm, w)) }),
    ...(minSuperSegment && { minSuperSegment: (w) => shortest(w, () => minSuperSegment.call(algorithm, w)) }),
    paces: algorithm.paces === true,
    sendBufferWindows: within(algorithm.sendBufferWindows ?? 2, 1, 16, 2),
  };
}

function takeAway(w: CongestionWindow): void {
  w.algorithm = newReno;
  w.own = null;
  newReno.start(w, 0);
}

/** A number from `least` to `most`; `otherwise` where it is none. */
const within = (value: number, least: number, most: number, otherwise: number): number =>
  typeof value !== 'number' || Number.isNaN(value) ? otherwise : Math.min(Math.max(value, least), most);

function watched(look: () => Record<string, number | string>): Record<string, number | string> {
  try {
    return look();
  } catch (error) {
    return { error: String(error) };
  }
}

function infoOf(ask: () => Record<string, number>): Record<string, number> {
  try {
    return ask();
  } catch {
    return {};
  }
}

function check(algorithm: CongestionControl): void {
  const { name } = algorithm ?? {};
  if (typeof name !== 'string' || name.length > LONGEST_NAME || !/^[\w-]+$/.test(name)) {
    throw new TypeError(`A congestion control needs a name of 1 to ${LONGEST_NAME} letters, digits, "-" and "_"`);
  }
  for (const part of ['start', 'onAck', 'onCongestion', 'onUndo'] as const) {
    if (typeof algorithm[part] !== 'function') throw new TypeError(`The congestion control "${name}" has no ${part}()`);
  }
}
