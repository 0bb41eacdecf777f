import type { StackTime, StackTimer } from '../../net/driver/clock.ts';

const { Date: OwnDate, performance: ownPerformance } = globalThis;
const { now: ownNow } = ownPerformance;

/**
 * Time as the process has it at each moment: with a test's fake timers, which stand in the place of the global `setTimeout`,
 * `setImmediate` and `performance`, it is theirs. Those of node:test leave `performance` alone: there `Date` tells. It never goes back nor
 * leaps, also where they are put in or taken out.
 */
export class ProcessTime implements StackTime {
  #last = 0;
  /** What their clocks and ours differ by. */
  #ahead = 0;
  #byDate = false;

  now(): number {
    const { performance } = globalThis;
    const byDate = globalThis.Date !== OwnDate && performance === ownPerformance && performance.now === ownNow;
    const now = Math.floor((byDate ? globalThis.Date.now() : performance.now()) * 1000);
    if (byDate !== this.#byDate) this.#ahead = this.#last - now; // another clock: it goes on from where it was
    this.#byDate = byDate;
    if (now + this.#ahead < this.#last) this.#ahead = this.#last - now;
    this.#last = now + this.#ahead;
    return this.#last;
  }

  setTimer(run: () => void, milliseconds: number): StackTimer {
    return globalThis.setTimeout(run, milliseconds);
  }

  clearTimer(timer: StackTimer): void {
    globalThis.clearTimeout(timer as NodeJS.Timeout);
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((done) => void this.setTimer(done, milliseconds));
  }
}
