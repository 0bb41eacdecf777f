// tcp/tables: tables and secrets of all connections of a host; data structures that know no connection.
import type { Address } from '../../wire/address.ts';
import type { HashKey } from './half-siphash.ts';
import { hashTuple } from './tuple-hash.ts';

/** What a connection is to the table. */
export interface TableEntry {
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
  /** The table's own. */
  hash: number;
  nextInBucket: TableEntry | null;
}

/** The fewest buckets that there are. */
const SMALLEST = 256;

/**
 * Connections by four-tuple: a hash table chained through the connections themselves, so a look-up allocates nothing.
 *
 * There are at least as many buckets as connections, and at most eight times as many: after a peak the memory goes back, and who goes
 * through all has not as many buckets to look into as the peak had. After either change as many must come or go again before the next,
 * as it costs to move.
 */
export class ConnectionTable<C extends TableEntry = TableEntry> {
  count = 0;
  private buckets: (C | null)[] = Array<C | null>(SMALLEST).fill(null);
  /** The last one found: segments of one connection often come in a row, and then need no hash. */
  private last: C | null = null;
  private readonly key: HashKey;

  constructor(key: HashKey) {
    this.key = key;
  }

  /** How many buckets there are: 8 bytes each. */
  get places(): number {
    return this.buckets.length;
  }

  find(remote: Address, remotePort: number, local: Address, localPort: number): C | null {
    const { last } = this;
    if (last !== null && isOf(last, remote, remotePort, local, localPort)) return last;
    const hash = hashTuple(this.key, remote, remotePort, local, localPort);
    let c = this.buckets[hash & (this.buckets.length - 1)]!;
    while (c !== null) {
      if (c.hash === hash && isOf(c, remote, remotePort, local, localPort)) {
        this.last = c;
        return c;
      }
      c = c.nextInBucket as C;
    }
    return null;
  }

  add(c: C): void {
    if (this.count >= this.buckets.length) this.resize(2 * this.buckets.length);
    c.hash = hashTuple(this.key, c.remote, c.remotePort, c.local, c.localPort);
    this.link(c);
    this.count++;
  }

  remove(c: C): void {
    const bucket = c.hash & (this.buckets.length - 1);
    let at = this.buckets[bucket]!;
    let before: C | null = null;
    while (at !== null && at !== c) {
      before = at;
      at = at.nextInBucket as C;
    }
    if (at === null) return;
    if (before === null) this.buckets[bucket] = c.nextInBucket as C | null;
    else before.nextInBucket = c.nextInBucket;
    c.nextInBucket = null;
    if (this.last === c) this.last = null;
    this.count--;
    if (8 * this.count < this.buckets.length && this.buckets.length > SMALLEST) this.resize(this.buckets.length >> 1);
  }

  *[Symbol.iterator](): IterableIterator<C> {
    for (const head of this.buckets) for (let c = head; c !== null; c = c.nextInBucket as C | null) yield c;
  }

  /**
   * All connections, while the table may change between one and the next: each one that is there throughout comes exactly once.
   * They come in the order of their hashes read from the right end, by which a bucket has all from one number to another, however many
   * buckets there are: when the table doubles or halves, it goes on at the number that it has come to.
   */
  *scan(): IterableIterator<C> {
    for (let from = 0; from < 2 ** 32; ) {
      const { buckets } = this;
      const width = 2 ** 32 / buckets.length;
      const chain: C[] = [];
      let c = buckets[reversed(from) & (buckets.length - 1)]!;
      for (; c !== null; c = c.nextInBucket as C) if (reversed(c.hash) >= from) chain.push(c);
      from = (Math.floor(from / width) + 1) * width;
      yield* chain;
    }
  }

  private link(c: C): void {
    const bucket = c.hash & (this.buckets.length - 1);
    c.nextInBucket = this.buckets[bucket]!;
    this.buckets[bucket] = c;
  }

  private resize(places: number): void {
    const before = this.buckets;
    this.buckets = Array<C | null>(places).fill(null);
    for (const head of before) {
      for (let c = head; c !== null; ) {
        const next = c.nextInBucket as C | null;
        this.link(c);
        c = next;
      }
    }
  }
}

/** The number whose 32 bits are those of this one from the other end. */
function reversed(number: number): number {
  let bits = number;
  bits = ((bits >>> 1) & 0x55555555) | ((bits & 0x55555555) << 1);
  bits = ((bits >>> 2) & 0x33333333) | ((bits & 0x33333333) << 2);
  bits = ((bits >>> 4) & 0x0f0f0f0f) | ((bits & 0x0f0f0f0f) << 4);
  bits = ((bits >>> 8) & 0x00ff00ff) | ((bits & 0x00ff00ff) << 8);
  return ((bits >>> 16) | (bits << 16)) >>> 0;
}

const isOf = (c: TableEntry, remote: Address, remotePort: number, local: Address, localPort: number): boolean =>
  c.remotePort === remotePort && c.localPort === localPort && c.remote.equals(remote) && c.local.equals(local);
