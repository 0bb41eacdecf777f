import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** The driver's clock: monotonic, in whole microseconds, as the core wants it. (The global `performance` is a getter, and slow.) */
export const microseconds = (): number => Math.floor(performance.now() * 1000);

/** A timer that was set: what a timer of Node's can do, as far as it is used here. */
export interface StackTimer {
  ref(): unknown;
  unref(): unknown;
  /** As if it was set now. */
  refresh(): unknown;
}

/** Where a stack has its time from. */
export interface StackTime {
  /** Monotonic, in whole microseconds. */
  now(): number;
  /** Calls `run` once, so many milliseconds from now. */
  setTimer(run: () => void, milliseconds: number): StackTimer;
  clearTimer(timer: StackTimer): void;
  sleep(milliseconds: number): Promise<unknown>;
}

/** Time as it is. */
export const realTime: StackTime = {
  now: microseconds,
  setTimer: (run, milliseconds) => setTimeout(run, milliseconds),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
  sleep,
};
