import type { StackTime, StackTimer } from '../../net/driver/clock.ts';

/**
 * Time as the process has it at each moment: with a test's fake timers, which stand in the place of the global `setTimeout`,
 * `setImmediate` and `performance`, it is theirs. It never goes back, also where they are put in or taken out.
 */
export class ProcessTime implements StackTime {
  #last = 0;
  /** What their clocks and ours differ by. */
  #ahead = 0;

  now(): number {
    const now = Math.floor(globalThis.performance.now() * 1000);
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
