/** Where an item is in a `Bag`: what takes it out again. */
export interface Place {
  /** -1: it is out. */
  index: number;
}

class Held<T> implements Place {
  index: number;
  readonly item: T;

  constructor(item: T, index: number) {
    this.item = item;
    this.index = index;
  }
}

/**
 * A set of items that come and go all the time, such as the connections of a busy server. In no order.
 *
 * Not a Set or a Map, for these never forget as fast: whenever as many have come and gone as it has places, V8 moves them to a
 * new table and leaves in the old one a reference to the new (for iterators that still stand in the old one). Once a single
 * table has grown old, the collector of young objects takes it, and through it each later one with all that it held, for alive:
 * half of what short connections left behind was copied with each scavenge, until the next collection of everything (measured, with
 * 32 connections at once).
 */
export class Bag<T> {
  readonly #held: Held<T>[] = [];

  get size(): number {
    return this.#held.length;
  }

  add(item: T): Place {
    const held = new Held(item, this.#held.length);
    this.#held.push(held);
    return held;
  }

  /** Takes out what is at `place`, if it is there still. */
  remove(place: Place): boolean {
    const { index } = place;
    if (index < 0) return false;
    const last = this.#held.pop()!;
    if (last !== place) {
      this.#held[index] = last;
      last.index = index;
    }
    place.index = -1;
    return true;
  }

  /** All that are in it now: what is taken out or comes meanwhile changes nothing of them. */
  items(): T[] {
    return this.#held.map(({ item }) => item);
  }
}
