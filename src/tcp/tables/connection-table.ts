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

/** Connections by four-tuple: a hash table chained through the connections themselves, so a look-up allocates nothing. */
export class ConnectionTable<C extends TableEntry = TableEntry> {
  count = 0;
  private buckets: (C | null)[] = Array<C | null>(256).fill(null);
  /** The last one found: segments of one connection often come in a row, and then need no hash. */
  private last: C | null = null;
  private readonly key: HashKey;

  constructor(key: HashKey) {
    this.key = key;
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
    if (this.count >= this.buckets.length) this.grow();
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
  }

  *[Symbol.iterator](): IterableIterator<C> {
    for (const head of this.buckets) for (let c = head; c !== null; c = c.nextInBucket as C | null) yield c;
  }

  /**
   * All connections, while the table may change between one and the next: each one that is there throughout comes exactly once.
   * Buckets are visited in the order of their numbers' bits from the right end: when the table doubles, those that a bucket
   * is divided into lie side by side in that order, so both have been visited, or neither.
   */
  *scan(): IterableIterator<C> {
    let bucket = 0;
    do {
      const chain: C[] = [];
      for (let c: C | null = this.buckets[bucket]!; c !== null; c = c.nextInBucket as C | null) chain.push(c);
      const mask = this.buckets.length - 1;
      yield* chain;
      bucket = nextInReverse(bucket, mask);
    } while (bucket !== 0);
  }

  private link(c: C): void {
    const bucket = c.hash & (this.buckets.length - 1);
    c.nextInBucket = this.buckets[bucket]!;
    this.buckets[bucket] = c;
  }

  private grow(): void {
    const all = [...this];
    this.buckets = Array<C | null>(this.buckets.length * 2).fill(null);
    for (const c of all) this.link(c);
  }
}

/** The number after this one, within `mask`, if the leftmost bit of the mask counted as one and the rightmost one most. */
function nextInReverse(number: number, mask: number): number {
  let bit = (mask + 1) >> 1;
  while ((number & bit) !== 0) {
    number ^= bit;
    bit >>= 1;
  }
  return number | bit;
}

const isOf = (c: TableEntry, remote: Address, remotePort: number, local: Address, localPort: number): boolean =>
  c.remotePort === remotePort && c.localPort === localPort && c.remote.equals(remote) && c.local.equals(local);
