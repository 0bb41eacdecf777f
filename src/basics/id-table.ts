import { spread } from './spread.ts';

/** A free place. */
const NONE = -1;
const SMALLEST = 16;

/** Where `id` belongs among so many places, a power of two. */
export const placeFor = (id: number, places: number): number => spread(id) >>> (Math.clz32(places) + 1);

/**
 * What belongs to things that are numbered one after the other, such as connections: a value by each number. For numbers
 * that come and go all the time, where a Map is no good (see `Bag`).
 *
 * A number's place is a hash of it, and where that is taken the next free one (linear probing). Not its low bits: those that stay
 * for long would take places in a row, and each new number whose turn it is to have one of these would have to pass all the
 * others (`spread`).
 * At most half of the places are taken, and at least an eighth: after a peak of many the memory goes back. A quarter is taken after
 * either change, so as many must come or go again before the next, as it costs to move.
 */
export class IdTable<V> {
  #ids: number[] = new Array<number>(SMALLEST).fill(NONE);
  #values: (V | null)[] = new Array<V | null>(SMALLEST).fill(null);
  #size = 0;
  /** With fewer there are too many places. */
  #least = 0;

  get size(): number {
    return this.#size;
  }

  /** How many places there are, taken or free: 16 bytes each. */
  get places(): number {
    return this.#ids.length;
  }

  get(id: number): V | undefined {
    return this.#values[this.#placeOf(id)] ?? undefined;
  }

  /** @param id a whole number from 0 */
  set(id: number, value: V): void {
    const place = this.#placeOf(id);
    if (this.#ids[place] === NONE) {
      this.#size++;
      this.#ids[place] = id;
    }
    this.#values[place] = value;
    if (2 * this.#size > this.#ids.length) this.#resize(2 * this.#ids.length);
  }

  delete(id: number): boolean {
    let hole = this.#placeOf(id);
    if (this.#ids[hole] === NONE) return false;
    const mask = this.#ids.length - 1;
    // Those behind it that the hole would cut off from their own place move up (Knuth, volume 3, section 6.4, algorithm R).
    for (let at = (hole + 1) & mask; this.#ids[at] !== NONE; at = (at + 1) & mask) {
      const wanted = placeFor(this.#ids[at]!, this.#ids.length);
      if (((at - wanted) & mask) < ((at - hole) & mask)) continue;
      this.#ids[hole] = this.#ids[at]!;
      this.#values[hole] = this.#values[at]!;
      hole = at;
    }
    this.#ids[hole] = NONE;
    this.#values[hole] = null;
    if (--this.#size < this.#least) this.#resize(this.#ids.length >> 1);
    return true;
  }

  /** Where it is, or where it would be. */
  #placeOf(id: number): number {
    const ids = this.#ids;
    const mask = ids.length - 1;
    let place = placeFor(id, ids.length);
    while (ids[place] !== id && ids[place] !== NONE) place = (place + 1) & mask;
    return place;
  }

  #resize(places: number): void {
    const [ids, values] = [this.#ids, this.#values];
    this.#ids = new Array<number>(places).fill(NONE);
    this.#values = new Array<V | null>(places).fill(null);
    this.#least = places > SMALLEST ? places >> 3 : 0;
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] === NONE) continue;
      const place = this.#placeOf(ids[i]!);
      this.#ids[place] = ids[i]!;
      this.#values[place] = values[i]!;
    }
  }
}
