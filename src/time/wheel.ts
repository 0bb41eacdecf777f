/** Microseconds on a clock that never goes back. Where zero lies is the clock owner's affair. */
export type Micros = number;

/** The usual resolution, like Linux's at HZ=1000: a timer fires at the first whole millisecond not before its deadline. */
const TICK: Micros = 1000;
const SLOTS = 32;
/** Slot widths in ticks, a level each. Ticks of a microsecond reach 35 years from clock zero, those of a millisecond further. */
const WIDTH = [1, 32, 32 ** 2, 32 ** 3, 32 ** 4, 32 ** 5, 32 ** 6, 32 ** 7, 32 ** 8, 32 ** 9] as const;
const LEVELS = WIDTH.length;
const SPAN = 32 ** LEVELS;

/** The owner of timers. */
export interface TimerOwner {
  /** `timer` is no longer armed; the owner may arm it again. */
  timerFired(timer: Timer, now: Micros): void;
}

/**
 * A timer, made once and armed many times. Its place in the wheel is private to the wheel.
 */
export class Timer {
  readonly owner: TimerOwner;
  /** When it fires; Infinity when it is not armed. */
  deadline: Micros = Number.POSITIVE_INFINITY;
  /** The list it hangs in (`level * SLOTS + slot`, -1: none), the tick it was put there for, its neighbours. */
  slot = -1;
  tick = 0.5; // a fraction, as basics/double.ts explains; overwritten at each insertion
  next: Timer | null = null;
  prev: Timer | null = null;

  constructor(owner: TimerOwner) {
    this.owner = owner;
  }

  get armed(): boolean {
    return this.deadline !== Number.POSITIVE_INFINITY;
  }
}

/**
 * A hierarchical timing wheel (Varghese and Lauck, 1987): arming, cancelling and firing each cost O(1), whatever the
 * number of timers, and idle timers are not visited.
 *
 * Re-arming is lazy: a timer moved to a later deadline stays where it hangs, and only when its old slot comes up is it
 * put where it belongs. A retransmission timer that every ACK pushes on costs one store per ACK. The price is a wake-up
 * that finds nothing to do now and then.
 */
export class TimerWheel {
  private readonly tick: Micros;
  /** The last tick that has been run. */
  private current: number;
  private readonly heads: (Timer | null)[] = Array<Timer | null>(LEVELS * SLOTS).fill(null);
  /** A bit per slot that has timers, a word per level. */
  private readonly occupied = new Int32Array(LEVELS);

  /** @param tick the resolution, in microseconds */
  constructor(now: Micros, tick = TICK) {
    this.tick = tick;
    this.current = Math.floor(now / tick);
  }

  /** Arms (or re-arms) `timer` for `deadline`. */
  arm(timer: Timer, deadline: Micros): void {
    timer.deadline = deadline;
    if (timer.slot >= 0) {
      if (timer.tick <= this.tickOf(deadline)) return; // lazy: its slot comes up early enough
      this.unlink(timer);
    }
    this.insert(timer);
  }

  /** Disarms. The timer leaves its slot when that comes up. */
  cancel(timer: Timer): void {
    timer.deadline = Number.POSITIVE_INFINITY;
  }

  /** Disarms and lets go of the timer at once, so that its owner can be collected. */
  remove(timer: Timer): void {
    timer.deadline = Number.POSITIVE_INFINITY;
    if (timer.slot >= 0) this.unlink(timer);
  }

  /** When `advance` must be called next, Infinity when nothing is armed. May be early, never late. */
  nextDeadline(): Micros {
    const level = this.lowestOccupiedLevel();
    if (level < 0) return Number.POSITIVE_INFINITY;
    const slot = lowestBit(this.occupied[level]!);
    const start = this.slotStart(level, slot);
    const first = this.heads[level * SLOTS + slot]!;
    if (first.next !== null) return start * this.tick;
    // Alone in its slot, it says more exactly when it is due, unless it was moved to a deadline that lies beyond.
    const due = this.tickOf(first.deadline);
    return (due > start && due < start + WIDTH[level]! ? due : start) * this.tick;
  }

  /** Fires everything due at `now`, in the order of time. */
  advance(now: Micros): void {
    const target = Math.floor(now / this.tick);
    for (;;) {
      const level = this.lowestOccupiedLevel();
      if (level < 0) break;
      const slot = lowestBit(this.occupied[level]!);
      const start = this.slotStart(level, slot);
      if (start > target) break;
      this.current = Math.max(this.current, start);
      this.runSlot(level * SLOTS + slot, now);
    }
    if (target > this.current) this.current = target;
  }

  /** Empties one slot: what is due fires, the rest goes down a level, or wherever its later deadline belongs. */
  private runSlot(index: number, now: Micros): void {
    for (let timer = this.heads[index]!; timer !== null; timer = this.heads[index]!) {
      this.unlink(timer);
      if (!timer.armed) continue;
      if (this.tickOf(timer.deadline) > this.current) {
        this.insert(timer);
      } else {
        timer.deadline = Number.POSITIVE_INFINITY;
        timer.owner.timerFired(timer, now);
      }
    }
  }

  private insert(timer: Timer): void {
    // Never into the past: what is overdue runs with the next tick.
    const tick = Math.min(Math.max(this.tickOf(timer.deadline), this.current + 1), SPAN - 1);
    // The lowest level on which `tick` lies in the same turn of the wheel as now.
    let level = 0;
    while (
      level < LEVELS - 1 &&
      Math.floor(tick / WIDTH[level + 1]!) !== Math.floor(this.current / WIDTH[level + 1]!)
    ) {
      level++;
    }
    const slot = Math.floor(tick / WIDTH[level]!) % SLOTS;
    const index = level * SLOTS + slot;
    timer.tick = Math.floor(tick / WIDTH[level]!) * WIDTH[level]!;
    timer.slot = index;
    timer.prev = null;
    timer.next = this.heads[index]!;
    if (timer.next) timer.next.prev = timer;
    this.heads[index] = timer;
    this.occupied[level]! |= 1 << slot;
  }

  private unlink(timer: Timer): void {
    const index = timer.slot;
    if (timer.prev) timer.prev.next = timer.next;
    else this.heads[index] = timer.next;
    if (timer.next) timer.next.prev = timer.prev;
    timer.next = timer.prev = null;
    timer.slot = -1;
    if (this.heads[index] === null) this.occupied[Math.floor(index / SLOTS)]! &= ~(1 << (index % SLOTS));
  }

  private tickOf(deadline: Micros): number {
    return Math.ceil(deadline / this.tick);
  }

  private lowestOccupiedLevel(): number {
    for (let level = 0; level < LEVELS; level++) if (this.occupied[level] !== 0) return level;
    return -1;
  }

  /** The first tick of a slot in the present turn of its level. */
  private slotStart(level: number, slot: number): number {
    const turn = WIDTH[level]! * SLOTS;
    return Math.floor(this.current / turn) * turn + slot * WIDTH[level]!;
  }
}

const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits);
