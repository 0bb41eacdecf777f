import { DOUBLE } from './double.ts';

/**
 * The least of the values of the last so-and-so long, in three words of memory instead of one for each value (Kathleen
 * Nichols' filter; Linux: lib/win_minmax.c). Kept are the least, the least of those that came after it, and the least of
 * those that came after that: when the least has grown too old, the next one is there. It is exact unless values rise
 * all through a window, when the answer may be the least of the newer part of it. The greatest is the least of the negatives.
 *
 * Time is whatever the caller counts by: seconds, or round trips.
 */
export class WindowedMinimum {
  private least = DOUBLE;
  private leastAt = DOUBLE;
  private second = DOUBLE;
  private secondAt = DOUBLE;
  private third = DOUBLE;
  private thirdAt = DOUBLE;

  constructor() {
    this.reset(Number.POSITIVE_INFINITY, 0);
  }

  /** Of all values up to now; infinity: there was none. */
  get value(): number {
    return this.least;
  }

  /** Forgets all values but this one. */
  reset(value: number, at: number): void {
    this.least = this.second = this.third = value;
    this.leastAt = this.secondAt = this.thirdAt = at;
  }

  /** One more value. Times don't go back. @returns the least of those that are not older than `window` */
  add(value: number, at: number, window: number): number {
    if (value <= this.least || at - this.thirdAt > window) this.reset(value, at);
    else {
      if (value <= this.second) {
        this.second = this.third = value;
        this.secondAt = this.thirdAt = at;
      } else if (value <= this.third) {
        this.third = value;
        this.thirdAt = at;
      }
      this.age(value, at, window);
    }
    return this.least;
  }

  /** The least is too old, or no second is kept of the later quarter of the window, or no third of its later half. */
  private age(value: number, at: number, window: number): void {
    const age = at - this.leastAt;
    if (age > window) {
      this.dropLeast(value, at);
      if (at - this.leastAt > window) this.dropLeast(value, at);
    } else if (this.secondAt === this.leastAt && age > window / 4) {
      this.second = this.third = value;
      this.secondAt = this.thirdAt = at;
    } else if (this.thirdAt === this.secondAt && age > window / 2) {
      this.third = value;
      this.thirdAt = at;
    }
  }

  private dropLeast(value: number, at: number): void {
    this.least = this.second;
    this.leastAt = this.secondAt;
    this.second = this.third;
    this.secondAt = this.thirdAt;
    this.third = value;
    this.thirdAt = at;
  }
}
