import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Timer, type TimerOwner, TimerWheel } from '../../src/time/wheel.ts';

/** Whole milliseconds, the wheel's resolution, in microseconds. */
const MS = 1000;
const ceilToTick = (deadline: number): number => Math.ceil(deadline / MS) * MS;

class Recorder implements TimerOwner {
  fired: [timer: Timer, now: number][] = [];
  timerFired(timer: Timer, now: number): void {
    this.fired.push([timer, now]);
  }
}

describe('the timing wheel', () => {
  it('fires at the first whole millisecond not before the deadline', () => {
    const owner = new Recorder();
    const wheel = new TimerWheel(0);
    const timer = new Timer(owner);
    wheel.arm(timer, 1500);
    expect(wheel.nextDeadline()).toBe(2000);
    wheel.advance(1999);
    expect(owner.fired).toEqual([]);
    wheel.advance(2000);
    expect(owner.fired).toEqual([[timer, 2000]]);
    expect([timer.armed, wheel.nextDeadline()]).toEqual([false, Number.POSITIVE_INFINITY]);
  });

  it('a deadline in the past fires with the next tick', () => {
    const owner = new Recorder();
    const wheel = new TimerWheel(50 * MS);
    wheel.arm(new Timer(owner), 10 * MS);
    wheel.advance(51 * MS);
    expect(owner.fired).toHaveLength(1);
  });

  it('pushing a deadline on costs nothing now and one early wake-up later', () => {
    const owner = new Recorder();
    const wheel = new TimerWheel(0);
    const timer = new Timer(owner);
    wheel.arm(timer, 10 * MS);
    const { slot } = timer;
    wheel.arm(timer, 20 * MS);
    expect(timer.slot).toBe(slot);
    expect(wheel.nextDeadline()).toBe(10 * MS);
    wheel.advance(10 * MS);
    expect(owner.fired).toEqual([]);
    expect(wheel.nextDeadline()).toBe(20 * MS);
    wheel.advance(20 * MS);
    expect(owner.fired).toHaveLength(1);
  });

  it('pulling a deadline in moves the timer', () => {
    const owner = new Recorder();
    const wheel = new TimerWheel(0);
    const timer = new Timer(owner);
    wheel.arm(timer, 500 * MS);
    wheel.arm(timer, 5 * MS);
    wheel.advance(5 * MS);
    expect(owner.fired).toHaveLength(1);
  });

  it('cancel keeps it from firing; remove lets go of it at once', () => {
    const owner = new Recorder();
    const wheel = new TimerWheel(0);
    const [cancelled, removed] = [new Timer(owner), new Timer(owner)];
    wheel.arm(cancelled, 5 * MS);
    wheel.arm(removed, 5 * MS);
    wheel.cancel(cancelled);
    wheel.remove(removed);
    expect([cancelled.armed, cancelled.slot >= 0, removed.slot]).toEqual([false, true, -1]);
    wheel.advance(10 * MS);
    expect(owner.fired).toEqual([]);
    expect(cancelled.slot).toBe(-1);
  });

  it('keeps far deadlines: a minute, a day, a year', () => {
    for (const far of [60, 86_400, 365 * 86_400].map((s) => s * 1e6)) {
      const owner = new Recorder();
      const wheel = new TimerWheel(123 * MS);
      wheel.arm(new Timer(owner), far);
      let wakeups = 0;
      while (owner.fired.length === 0) {
        const next = wheel.nextDeadline();
        expect(next).toBeLessThanOrEqual(far);
        wheel.advance(next);
        expect(++wakeups).toBeLessThan(20);
      }
      expect(owner.fired[0]![1]).toBe(far);
    }
  });

  it('an owner may arm the timer again while it fires, without being called twice', () => {
    const wheel = new TimerWheel(0);
    const times: number[] = [];
    const owner: TimerOwner = {
      timerFired(timer, now) {
        times.push(now);
        wheel.arm(timer, now);
      },
    };
    wheel.arm(new Timer(owner), MS);
    for (let t = 1; t <= 3; t++) wheel.advance(t * MS);
    expect(times).toEqual([MS, 2 * MS, 3 * MS]);
  });

  it('does what a sorted list would do, for any arming, cancelling and passing of time', () => {
    const span = fc.oneof(fc.nat(5000), fc.nat(2_000_000), fc.nat(5e9), fc.constantFrom(32_000, 1_024_000, 33_554_432));
    const action = fc.oneof(
      fc.record({ kind: fc.constant('arm' as const), timer: fc.nat(5), span }),
      fc.record({
        kind: fc.constantFrom('cancel' as const, 'remove' as const),
        timer: fc.nat(5),
        span: fc.constant(0),
      }),
      fc.record({ kind: fc.constant('pass' as const), timer: fc.constant(0), span }),
    );
    fc.assert(
      fc.property(fc.nat(1e9), fc.array(action, { maxLength: 60 }), (birth, actions) => {
        const owner = new Recorder();
        const wheel = new TimerWheel(birth);
        const timers = Array.from({ length: 6 }, () => new Timer(owner));
        const model = new Map<Timer, number>();
        let now = birth;
        for (const { kind, timer: i, span: by } of actions) {
          const timer = timers[i]!;
          if (kind === 'arm') {
            wheel.arm(timer, now + by);
            // Never at once: what is due already goes off with the next tick.
            model.set(timer, Math.max(ceilToTick(now + by), (Math.floor(now / MS) + 1) * MS));
          } else if (kind === 'pass') {
            const until = now + by;
            for (let next = wheel.nextDeadline(); next <= until; next = wheel.nextDeadline()) {
              now = Math.max(now, next);
              wheel.advance(now);
              const due = [...model].filter(([, deadline]) => deadline <= now).map(([t]) => t);
              expect(new Set(owner.fired.map(([t]) => t))).toEqual(new Set(due));
              expect(owner.fired).toHaveLength(due.length);
              for (const t of due) model.delete(t);
              owner.fired = [];
            }
            now = until;
            wheel.advance(now);
            expect(owner.fired).toEqual([]);
          } else {
            wheel[kind](timer);
            model.delete(timer);
          }
          const earliest = Math.min(Number.POSITIVE_INFINITY, ...model.values());
          expect(wheel.nextDeadline()).toBeLessThanOrEqual(earliest);
        }
      }),
    );
  });
});
