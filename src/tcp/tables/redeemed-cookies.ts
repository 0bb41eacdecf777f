import type { Seq } from '../../wire/seq.ts';

/** Remembered at most for each minute; with more connections than that, cookies are good more than once again. */
const MOST = 65_536;

/**
 * SYN cookies that have made a connection already, as long as they would be good: an old duplicate of the segment that did it, of
 * a connection that is over and left no TIME_WAIT here, would make another one, and its data be taken twice (RFC 4987, section 3.6;
 * Linux lets it). What is kept is bounded by connections that were made, so a flood of SYNs fills nothing.
 */
export class RedeemedCookies {
  private minute = 0;
  private thisMinute = new Set<Seq>();
  private lastMinute = new Set<Seq>();

  has(cookie: Seq, minute: number): boolean {
    this.turnTo(minute);
    return this.thisMinute.has(cookie) || this.lastMinute.has(cookie);
  }

  add(cookie: Seq, minute: number): void {
    this.turnTo(minute);
    if (this.thisMinute.size < MOST) this.thisMinute.add(cookie);
  }

  private turnTo(minute: number): void {
    if (minute === this.minute) return;
    this.lastMinute = minute === this.minute + 1 ? this.thisMinute : new Set();
    this.thisMinute = new Set();
    this.minute = minute;
  }
}
