import type { ImpairmentCounters, ImpairmentEvent, ImpairmentObserver } from '../../link/impairment/events.ts';
import { ImpairedLink } from '../../link/impairment/impaired-link.ts';
import { parseImpairments } from '../../link/impairment/language/parse.ts';
import { impairmentsText } from '../../link/impairment/language/print.ts';
import type { Direction } from '../../link/impairment/language/terms.ts';
import type { Link } from '../../link/terms/link.ts';
import { SeededRandom } from '../../time/random.ts';
import { nodeError } from '../terms/errors.ts';
import type { Driver } from './driver.ts';

/**
 * What a stack's path is made to do to its packets (src/link/impairment/IMPAIR.md), and who is told of it. Without impairments
 * nothing of it is in the path.
 */
export class PathImpairment {
  /** Where chance begins: with the same seed the same packets fare the same. */
  readonly seed: number;
  readonly #driver: Driver;
  readonly #within: Link;
  #link: ImpairedLink | null = null;
  #text: string | null = null;
  #observers: readonly ImpairmentObserver[] = [];

  constructor(driver: Driver, seed: number) {
    this.#driver = driver;
    this.#within = driver.link;
    this.seed = seed >>> 0;
  }

  /** The impairments, as they would be written; null: there are none. */
  get text(): string | null {
    return this.#text;
  }

  /** What was done to packets since there have been impairments without a pause; null: there are none. */
  counters(direction: Direction): ImpairmentCounters | null {
    return this.#link?.impairment.counters(direction) ?? null;
  }

  /**
   * Has `observer` see everything that an impairment does to a packet, from now on. What an event holds is borrowed until the
   * observer returns.
   * @returns a function that ends it
   */
  observe(observer: ImpairmentObserver): () => void {
    this.#observers = [...this.#observers, observer];
    this.#installObserver();
    return () => {
      this.#observers = this.#observers.filter((other) => other !== observer);
      this.#installObserver();
    };
  }

  #installObserver(): void {
    if (this.#link === null) return;
    const observers = this.#observers;
    const all = (event: ImpairmentEvent): void => {
      for (const observer of observers) observer(event);
    };
    this.#link.impairment.observer = observers.length === 0 ? null : all;
  }

  /**
   * Gives the path other impairments; null: takes them away, and what is held back arrives at once.
   * @throws ImpairmentSyntaxError, or a TypeError for what is no text
   */
  set(text: string | null): void {
    if (text !== null && typeof text !== 'string') {
      throw nodeError(TypeError, 'ERR_INVALID_ARG_TYPE', 'impairments must be a string, or null for none');
    }
    const impairments = parseImpairments(text ?? '');
    const written = impairmentsText(impairments);
    this.#text = written === '' ? null : written;
    if (this.#text === null) this.#takeOut();
    else if (this.#link !== null) {
      this.#link.set(impairments);
      this.#driver.relink(this.#link);
    } else {
      const random = new SeededRandom(this.seed);
      this.#link = new ImpairedLink(this.#within, { impairments, random, clock: () => this.#driver.time.now() });
      this.#installObserver();
      this.#driver.relink(this.#link);
    }
  }

  #takeOut(): void {
    const link = this.#link;
    if (link === null) return;
    this.#driver.relink(link); // has it set its timer
    link.clear(() => {
      this.#link = null;
      this.#driver.relink(this.#within);
    });
  }
}
