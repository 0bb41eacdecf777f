import type { Micros } from '../../time/wheel.ts';
import type { CallResult, Operation } from '../calls/operation.ts';
import { Mismatch } from '../terms/errors.ts';
import { secondsText, type Timing } from './timing.ts';
import type { World } from './world.ts';

/** A call that sleeps in the kernel. */
interface Sleeper {
  operation: Operation;
  /** When it must return. */
  end: Micros;
  line: number;
  name: string;
  compare: (result: CallResult) => void;
}

/** The calls that block: they are tried again whenever something has happened on the host. */
export class SleepingCalls {
  private readonly world: World;
  private readonly timing: Timing;
  private sleepers: Sleeper[] = [];
  /** They woke up, and what they gave is yet to be compared: not in the middle of the host's work. */
  private woken: { sleeper: Sleeper; result: CallResult; at: Micros; tolerance: Micros }[] = [];

  /** @param look what sockets note when something has happened, before anything wakes up */
  constructor(world: World, timing: Timing, look: () => void) {
    this.world = world;
    this.timing = timing;
    world.onSettled = () => {
      look();
      return this.tryAll();
    };
    world.nextAlarm = () =>
      Math.min(Number.POSITIVE_INFINITY, ...this.sleepers.map((s) => s.operation.deadline ?? Infinity));
  }

  add(sleeper: Sleeper): void {
    this.sleepers.push(sleeper);
  }

  private tryAll(): boolean {
    let any = false;
    for (const sleeper of [...this.sleepers]) {
      const { operation } = sleeper;
      const { now } = this.world;
      const late = operation.deadline !== undefined && now >= operation.deadline;
      const result = operation.attempt() ?? (late ? operation.timedOut!() : null);
      if (result === null) continue;
      this.sleepers = this.sleepers.filter((other) => other !== sleeper);
      this.woken.push({ sleeper, result, at: now, tolerance: this.timing.tolerance });
      any = true;
    }
    return any;
  }

  /** Compares what came back. @throws Mismatch */
  check(): void {
    for (const { sleeper, result, at, tolerance } of this.woken.splice(0)) {
      sleeper.compare(result);
      if (Math.abs(at - sleeper.end) > tolerance) {
        throw new Mismatch(`${sleeper.name}() returns at the wrong time`, secondsText(sleeper.end), secondsText(at));
      }
    }
    const { now } = this.world;
    for (const sleeper of this.sleepers) {
      if (now > sleeper.end + this.timing.tolerance) throw this.stillAsleep(sleeper);
    }
  }

  /** Waits until none is asleep. @throws Mismatch when one sleeps too long */
  await(): void {
    while (this.sleepers.length > 0) {
      const [first] = this.sleepers;
      const due = this.world.nextDue();
      if (due > first!.end + this.timing.tolerance) throw this.stillAsleep(first!);
      this.world.stepTo(due);
    }
  }

  private stillAsleep(sleeper: Sleeper): Mismatch {
    const expected = `it returns at ${secondsText(sleeper.end)}`;
    return new Mismatch(`${sleeper.name}() of line ${sleeper.line} blocks too long`, expected, 'it blocks');
  }
}
