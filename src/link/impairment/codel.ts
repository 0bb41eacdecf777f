import type { Micros } from '../../time/wheel.ts';
import type { CodelSettings } from './language/terms.ts';

/** So soon after the last time that packets were dropped, the pace goes on where it was (RFC 8289, section 5.5). */
const RECENT_INTERVALS = 16;

/**
 * Controlled delay (RFC 8289): a queue that stands for longer than an interval is too long, whatever its length is. Then one
 * packet is dropped, and more of them, faster with the square root of their number, until the delay is acceptable.
 *
 * The queue asks about each packet that it takes from its head, and where that is to be dropped about the next one.
 */
export class Codel {
  readonly #settings: CodelSettings;
  /** When the delay will have been too long for an interval; null: it isn't. */
  #firstAbove: Micros | null = null;
  #dropping = false;
  #dropNext: Micros = 0;
  /** How many were dropped since the delay became too long, and with which number that began. */
  #count = 0;
  #countBefore = 0;
  /** The packet before was dropped, and not as the first: the pace goes on, if the delay still is too long. */
  #paceIsDue = false;
  #longest = 0;

  constructor(settings: CodelSettings) {
    this.#settings = settings;
  }

  /** A packet of this length joins the queue. */
  joined(length: number): void {
    if (length > this.#longest) this.#longest = length;
  }

  /**
   * Is the packet to be dropped (or marked)? The dequeue routine and its helpers of sections 5.5 and 5.6.
   * @param stood how long it has been in the queue
   * @param left octets in the queue behind it
   */
  drops(stood: Micros, left: number, now: Micros): boolean {
    const tooLong = this.#standsTooLong(stood, left, now);
    const paceIsDue = this.#paceIsDue;
    this.#paceIsDue = false;
    if (!this.#dropping) return tooLong && this.#begin(now);
    this.#dropping = tooLong;
    if (!tooLong) return false;
    if (paceIsDue) this.#dropNext = this.#pace(this.#dropNext);
    if (now < this.#dropNext) return false;
    this.#count++;
    this.#paceIsDue = true;
    return true;
  }

  /** Above the target for a whole interval? With no more than one long packet behind it never, so an emptied queue begins anew. */
  #standsTooLong(stood: Micros, left: number, now: Micros): boolean {
    const { target, interval } = this.#settings;
    if (stood < target || left <= this.#longest) {
      this.#firstAbove = null;
      return false;
    }
    this.#firstAbove ??= now + interval;
    return now >= this.#firstAbove;
  }

  #begin(now: Micros): boolean {
    const last = this.#count - this.#countBefore;
    const recent = now - this.#dropNext < RECENT_INTERVALS * this.#settings.interval;
    this.#count = recent && last > 1 ? last : 1;
    this.#countBefore = this.#count;
    this.#dropping = true;
    this.#dropNext = this.#pace(now);
    return true;
  }

  /** The control law: when the next one is dropped. */
  #pace(from: Micros): Micros {
    return from + this.#settings.interval / Math.sqrt(this.#count);
  }
}
