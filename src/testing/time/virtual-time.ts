import type { StackTime, StackTimer } from '../../net/driver/clock.ts';
import { isWaitingForWork } from './waiting-for-work.ts';

/** A TCP timestamp of 0 says that there is none, so clocks begin with this. */
const BEGIN = 1_000_000;

/**
 * So many turns of the event loop in which no packet moves are silence: nobody has anything to do any more but to wait. What a
 * program does when it is woken, in ticks, promises and a few immediates, it does in that time.
 */
const SILENT_TURNS = 10;

/** Real timers of the process, whatever a test puts in their place. */
const { setImmediate: inNextTurn } = globalThis;

/**
 * Time that goes on by itself to what comes next, as soon as nothing is left to do now: two minutes of waiting take as long as what
 * happens in them. It stands still while the process waits for a file or a name.
 */
export class VirtualTime implements StackTime {
  #now = BEGIN;
  /** In the order of their deadlines; those of one deadline in the order in which they were set. */
  #timers: VirtualTimer[] = [];
  #soon: (() => void)[] = [];
  #silentTurns = 0;
  #isTurning = false;
  #hasEnded = false;

  now(): number {
    return this.#now;
  }

  setTimer(run: () => void, milliseconds: number): StackTimer {
    const timer = new VirtualTimer(this, run, milliseconds * 1000);
    this.insert(timer);
    return timer;
  }

  clearTimer(timer: StackTimer): void {
    const at = this.#timers.indexOf(timer as VirtualTimer);
    if (at >= 0) this.#timers.splice(at, 1);
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((done) => void this.setTimer(done, milliseconds));
  }

  /** Calls `run` in the next turn of the event loop, at this time. */
  soon(run: () => void): void {
    this.#soon.push(run);
    this.#silentTurns = 0;
    this.#turnOn();
  }

  /** From now on nothing happens. */
  end(): void {
    this.#hasEnded = true;
    this.#timers = [];
    this.#soon = [];
  }

  /** @internal */
  insert(timer: VirtualTimer): void {
    timer.deadline = this.#now + timer.duration;
    const before = this.#timers.findLastIndex((other) => other.deadline <= timer.deadline);
    this.#timers.splice(before + 1, 0, timer);
    this.#silentTurns = 0;
    this.#turnOn();
  }

  #turnOn(): void {
    if (this.#isTurning || this.#hasEnded) return;
    this.#isTurning = true;
    inNextTurn(this.#turn);
  }

  readonly #turn = (): void => {
    this.#isTurning = false;
    try {
      if (this.#soon.length > 0) for (const run of this.#soon.splice(0)) run();
      else if (++this.#silentTurns >= SILENT_TURNS && !isWaitingForWork()) this.#goOn();
    } finally {
      if (this.#soon.length > 0 || this.#timers.length > 0) this.#turnOn();
    }
  };

  /** It is the time of what comes next. */
  #goOn(): void {
    const [next] = this.#timers;
    if (next === undefined) return;
    this.#silentTurns = 0;
    this.#now = Math.max(this.#now, next.deadline);
    this.#timers.shift();
    next.run();
  }
}

class VirtualTimer implements StackTimer {
  readonly run: () => void;
  /** Microseconds. */
  readonly duration: number;
  deadline = 0;
  readonly #time: VirtualTime;

  constructor(time: VirtualTime, run: () => void, duration: number) {
    this.#time = time;
    this.run = run;
    this.duration = duration;
  }

  refresh(): this {
    this.#time.clearTimer(this);
    this.#time.insert(this);
    return this;
  }

  /** A network in virtual time keeps the process alive until nothing more comes. */
  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}
