import type { Cause } from '../terms/causes.ts';
import type { AckSample } from '../variables/ack-sample.ts';
import { type CongestionControl, type CongestionWindow, NO_THRESHOLD } from '../variables/congestion-control.ts';
import { newReno } from './newreno.ts';

/** As long as a name may be (TCP_CA_NAME_MAX of include/net/tcp.h, less the zero behind it). */
const LONGEST_NAME = 15;
/** No window of segments is longer: 2^30 octets of the smallest usual MSS, as with `tcp_wmem`. */
const LARGEST_WINDOW = 1 << 21;
/** Of what it shows or says: so many values, names of so many letters, texts of so many; the rest is left out. */
const MOST_VALUES = 64;
const LONGEST_KEY = 64;
const LONGEST_TEXT = 256;
/** So many causes it may give in one call. */
const MOST_CAUSES = 16;

/**
 * An algorithm that a user wrote, so that its faults can't become the stack's: a window that is no number, or none that can be, stays what
 * it was; a connection whose algorithm throws is reno's from then on, and `failed` is told. What it shows is passed on as plain
 * values of a reasonable size. (One that never returns stops the program, as any function does.)
 * @throws TypeError where `algorithm` isn't one
 */
export function guarded(algorithm: CongestionControl, failed: (error: unknown) => void): CongestionControl {
  check(algorithm);
  const call = (w: CongestionWindow, run: () => void): void => callOf(w, run, failed);
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
    ...(minSuperSegment && {
      minSuperSegment(w) {
        let least = 1;
        call(w, () => {
          least = minSuperSegment.call(algorithm, w);
        });
        return Math.floor(within(least, 1, 64, 1));
      },
    }),
    ...(watch && { watch: (w) => shown(() => watch.call(algorithm, w), isShowable) }),
    ...(info && { info: (w) => shown(() => info.call(algorithm, w), isCount) }),
    paces: algorithm.paces === true,
    sendBufferWindows: within(algorithm.sendBufferWindows ?? 2, 1, 16, 2),
  };
}

/** Calls it; what it leaves in the window can be one, or is what was there before. */
function callOf(w: CongestionWindow, run: () => void, failed: (error: unknown) => void): void {
  const { cwnd, ssthresh, cwndCount, pacingRate, priorCwnd, priorSsthresh } = w;
  try {
    run();
  } catch (error) {
    takeAway(w);
    tell(failed, error);
  }
  w.cwnd = Math.floor(within(w.cwnd, 1, LARGEST_WINDOW, cwnd));
  w.ssthresh = Math.floor(within(w.ssthresh, 2, NO_THRESHOLD, ssthresh));
  w.cwndCount = within(w.cwndCount, 0, LARGEST_WINDOW, cwndCount);
  w.pacingRate = within(w.pacingRate, 0, Number.MAX_SAFE_INTEGER, pacingRate);
  w.priorCwnd = priorCwnd;
  w.priorSsthresh = priorSsthresh;
  keepCauses(w);
}

/** What was thrown may throw when it is looked at: then its text is told. */
function tell(failed: (error: unknown) => void, error: unknown): void {
  try {
    failed(error);
  } catch {
    failed(new Error(textOf(error)));
  }
}

/** The connection is reno's: paced only where its user's limit or its host asks for it (what waits for its time leaves with the next ACK: `beginAsking`). */
function takeAway(w: CongestionWindow): void {
  w.algorithm = newReno;
  w.own = null;
  w.pacingRate = 0;
  w.isPaced = w.wantsPacing;
  newReno.start(w, 0);
}

/** Of the causes that it gave, those that are some, and no more than is worth telling. */
function keepCauses(w: CongestionWindow): void {
  if (w.cause === null && w.causesBefore === null) return;
  const before: unknown[] = Array.isArray(w.causesBefore) ? w.causesBefore : [];
  const all = [...before.slice(0, MOST_CAUSES), w.cause].map(causeOf).filter((cause) => cause !== null);
  w.cause = all.pop() ?? null;
  w.causesBefore = all.length > 0 ? all : null;
}

function causeOf(given: unknown): Cause | null {
  try {
    const { text, source } = given as Cause;
    if (typeof text !== 'string' || typeof source !== 'string') return null;
    return { text: text.slice(0, LONGEST_TEXT), source: source.slice(0, LONGEST_TEXT) };
  } catch {
    return null;
  }
}

/** A number from `least` to `most`; `otherwise` where it is none. */
const within = (value: number, least: number, most: number, otherwise: number): number =>
  typeof value !== 'number' || Number.isNaN(value) ? otherwise : Math.min(Math.max(value, least), most);

/** What can be shown of what it shows. Looking must change nothing, so one that throws here keeps its connection. */
function shown<T extends number | string>(
  look: () => unknown,
  isGood: (value: unknown) => value is T,
): Record<string, T> {
  const values: [string, T][] = [];
  try {
    const given = look();
    if (typeof given !== 'object' || given === null) return {};
    for (const name of Object.keys(given).slice(0, MOST_VALUES)) {
      const value: unknown = (given as Record<string, unknown>)[name];
      if (name.length <= LONGEST_KEY && isGood(value)) values.push([name, value]);
    }
  } catch (error) {
    const text = textOf(error);
    if (isGood(text)) values.push(['error', text]);
  }
  return Object.fromEntries(values);
}

const isShowable = (value: unknown): value is number | string =>
  typeof value === 'string' ? value.length <= LONGEST_TEXT : Number.isFinite(value);

/** The fields of Linux's structures are unsigned. */
const isCount = (value: unknown): value is number => Number.isFinite(value) && (value as number) >= 0;

function textOf(error: unknown): string {
  try {
    return String(error).slice(0, LONGEST_TEXT);
  } catch {
    return 'it threw what has no text';
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
