/** Which octets of a stream have been somewhere: ranges that neither overlap nor touch, in their order. */
export class Coverage {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** Adds the octets from `from` to before `to`. @returns how many of them were there already */
  add(from: number, to: number): number {
    if (from >= to) return 0;
    const first = this.#firstEndingAt(from);
    let last = first;
    let start = from;
    let end = to;
    let already = 0;
    for (; last < this.#starts.length && this.#starts[last]! <= to; last++) {
      already += overlap(from, to, this.#starts[last]!, this.#ends[last]!);
      start = Math.min(start, this.#starts[last]!);
      end = Math.max(end, this.#ends[last]!);
    }
    if (last - first === 1) {
      this.#starts[first] = start;
      this.#ends[first] = end;
    } else {
      this.#starts.splice(first, last - first, start);
      this.#ends.splice(first, last - first, end);
    }
    return already;
  }

  /** How many of the octets from `from` to before `to` are there. */
  count(from: number, to: number): number {
    let octets = 0;
    for (let i = this.#firstEndingAt(from); i < this.#starts.length && this.#starts[i]! < to; i++) {
      octets += overlap(from, to, this.#starts[i]!, this.#ends[i]!);
    }
    return octets;
  }

  /** The place of the first range that ends at `offset` or behind it. */
  #firstEndingAt(offset: number): number {
    const ends = this.#ends;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const overlap = (from: number, to: number, start: number, end: number): number =>
  Math.max(0, Math.min(to, end) - Math.max(from, start));
