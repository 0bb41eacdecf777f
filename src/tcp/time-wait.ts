import { type Micros, Timer, type TimerOwner, type TimerWheel } from '../time/wheel.ts';
import { Address } from '../wire/address.ts';
import type { Seq } from '../wire/seq.ts';
import { hashTuple } from './tuple-hash.ts';

/** What is remembered of a connection in TIME_WAIT: what RFC 9293, 7323, 6191 and 1337 need, and no more. */
export interface TimeWaitEntry {
  local: Address;
  localPort: number;
  remote: Address;
  remotePort: number;
  /** The next octets expected from the peer and of ours; the window we last advertised, in bytes. */
  rcvNxt: Seq;
  sndNxt: Seq;
  rcvWnd: number;
  /** Timestamps were in use: TS.Recent, when it was taken, and what we add to our clock. */
  hasTimestamps: boolean;
  tsRecent: number;
  tsRecentAt: Micros;
  tsOffset: number;
  /** When 2MSL are over. */
  expires: Micros;
}

const NONE = -1;
/** Fields of an entry in the word array. */
const REMOTE = 0; // last word of the peer's address; an IPv6 one has its other three in `remoteHigh`
const PORTS = 1; // remote << 16 | local
const LOCAL = 2; // index into `locals`, and HAS_TS
const RCV_NXT = 3;
const SND_NXT = 4;
const RCV_WND = 5;
const TS_RECENT = 6;
const TS_OFFSET = 7;
const NEXT_IN_BUCKET = 8;
const OLDER = 9; // the expiry list, oldest first
const YOUNGER = 10;
const WORDS = 11;

const HAS_TS = 1 << 30;
const IS_V6 = 1 << 29;
const LOCAL_INDEX = (1 << 16) - 1;

/**
 * The TIME_WAIT table: typed arrays instead of objects. An entry takes 44 bytes of words and 16 of times, and 4 to 8 of
 * hash bucket.
 *
 * All entries stay equally long, so the order of entering is the order of expiry: a list through the entries, oldest
 * first, is the whole timer. Entering appends, a restart moves to the end, expiry takes from the front: O(1) each. One
 * timer of the wheel stands for the oldest entry.
 */
export class TimeWaitTable implements TimerOwner {
  count = 0;
  private readonly wheel: TimerWheel;
  private readonly timer: Timer;
  private readonly seed: number;
  private readonly onExpired: (entry: TimeWaitEntry, now: Micros) => void;

  private capacity = 0;
  private words = new Int32Array(0);
  private expires = new Float64Array(0);
  private tsRecentAt = new Float64Array(0);
  /** Three words an entry; made when the first IPv6 peer comes. */
  private remoteHigh: Int32Array | null = null;
  private buckets = new Int32Array(0);
  private free = NONE;
  private oldest = NONE;
  private youngest = NONE;
  private readonly locals: Address[] = [];

  constructor(wheel: TimerWheel, seed: number, onExpired: (entry: TimeWaitEntry, now: Micros) => void) {
    this.wheel = wheel;
    this.timer = new Timer(this);
    this.seed = seed;
    this.onExpired = onExpired;
  }

  /** Adds an entry; `entry.expires` must not be before any other's. @returns its index. */
  add(entry: TimeWaitEntry): number {
    if (this.free === NONE) this.grow();
    const index = this.free;
    const { words } = this;
    const base = index * WORDS;
    this.free = words[base + NEXT_IN_BUCKET]!;
    this.write(index, entry);
    const bucket = this.bucketOf(entry.remote, entry.remotePort, entry.local, entry.localPort);
    words[base + NEXT_IN_BUCKET] = this.buckets[bucket]!;
    this.buckets[bucket] = index;
    this.count++;
    this.append(index, entry.expires);
    return index;
  }

  /** The index of a connection's entry, or -1. */
  find(remote: Address, remotePort: number, local: Address, localPort: number): number {
    if (this.count === 0) return NONE;
    const ports = (remotePort << 16) | localPort;
    let index = this.buckets[this.bucketOf(remote, remotePort, local, localPort)]!;
    while (index !== NONE) {
      const base = index * WORDS;
      if (
        this.words[base + PORTS] === ports &&
        this.words[base + REMOTE] === remote.w3 &&
        this.locals[this.words[base + LOCAL]! & LOCAL_INDEX]!.equals(local) &&
        this.highEquals(index, remote)
      ) {
        return index;
      }
      index = this.words[base + NEXT_IN_BUCKET]!;
    }
    return NONE;
  }

  /** An entry's fields, copied out. */
  read(index: number): TimeWaitEntry {
    const { words } = this;
    const base = index * WORDS;
    const local = words[base + LOCAL]!;
    return {
      local: this.locals[local & LOCAL_INDEX]!,
      localPort: words[base + PORTS]! & 0xffff,
      remote: this.remoteOf(index),
      remotePort: words[base + PORTS]! >>> 16,
      rcvNxt: words[base + RCV_NXT]!,
      sndNxt: words[base + SND_NXT]!,
      rcvWnd: words[base + RCV_WND]!,
      hasTimestamps: (local & HAS_TS) !== 0,
      tsRecent: words[base + TS_RECENT]!,
      tsRecentAt: this.tsRecentAt[index]!,
      tsOffset: words[base + TS_OFFSET]!,
      expires: this.expires[index]!,
    };
  }

  /** Begins 2MSL anew. */
  restart(index: number, expires: Micros): void {
    this.detach(index);
    this.append(index, expires);
  }

  setTsRecent(index: number, tsVal: number, now: Micros): void {
    this.words[index * WORDS + TS_RECENT] = tsVal;
    this.tsRecentAt[index] = now;
  }

  remove(index: number): void {
    this.detach(index);
    this.unlinkFromBucket(index);
    this.words[index * WORDS + NEXT_IN_BUCKET] = this.free;
    this.free = index;
    this.count--;
  }

  /** All entries, those that expire first first. */
  *entries(): IterableIterator<TimeWaitEntry> {
    for (let i = this.oldest; i !== NONE; i = this.words[i * WORDS + YOUNGER]!) yield this.read(i);
  }

  /** Entries that expired leave. (TimerOwner) */
  timerFired(_timer: Timer, now: Micros): void {
    while (this.oldest !== NONE && this.expires[this.oldest]! <= now) {
      const entry = this.read(this.oldest);
      this.remove(this.oldest);
      this.onExpired(entry, now);
    }
    if (this.oldest !== NONE) this.wheel.arm(this.timer, this.expires[this.oldest]!);
  }

  private write(index: number, entry: TimeWaitEntry): void {
    const { words } = this;
    const base = index * WORDS;
    const v6 = entry.remote.family === 6;
    words[base + REMOTE] = entry.remote.w3;
    words[base + PORTS] = (entry.remotePort << 16) | entry.localPort;
    words[base + LOCAL] = this.localIndex(entry.local) | (entry.hasTimestamps ? HAS_TS : 0) | (v6 ? IS_V6 : 0);
    words[base + RCV_NXT] = entry.rcvNxt;
    words[base + SND_NXT] = entry.sndNxt;
    words[base + RCV_WND] = entry.rcvWnd;
    words[base + TS_RECENT] = entry.tsRecent;
    words[base + TS_OFFSET] = entry.tsOffset;
    this.tsRecentAt[index] = entry.tsRecentAt;
    if (v6) {
      this.remoteHigh ??= new Int32Array(3 * this.capacity);
      this.remoteHigh[3 * index] = entry.remote.w0;
      this.remoteHigh[3 * index + 1] = entry.remote.w1;
      this.remoteHigh[3 * index + 2] = entry.remote.w2;
    }
  }

  private remoteOf(index: number): Address {
    const base = index * WORDS;
    const last = this.words[base + REMOTE]!;
    if ((this.words[base + LOCAL]! & IS_V6) === 0) return new Address(0, 0, 0xffff, last);
    const high = this.remoteHigh!;
    return new Address(high[3 * index], high[3 * index + 1], high[3 * index + 2], last);
  }

  private highEquals(index: number, remote: Address): boolean {
    const v6 = (this.words[index * WORDS + LOCAL]! & IS_V6) !== 0;
    if (!v6) return remote.family === 4;
    const high = this.remoteHigh!;
    return high[3 * index] === remote.w0 && high[3 * index + 1] === remote.w1 && high[3 * index + 2] === remote.w2;
  }

  /** A host has few addresses: each is kept once. */
  private localIndex(local: Address): number {
    for (let i = 0; i < this.locals.length; i++) if (this.locals[i]!.equals(local)) return i;
    return this.locals.push(local) - 1;
  }

  private append(index: number, expires: Micros): void {
    this.expires[index] = expires;
    const base = index * WORDS;
    this.words[base + OLDER] = this.youngest;
    this.words[base + YOUNGER] = NONE;
    if (this.youngest === NONE) {
      this.oldest = index;
      this.wheel.arm(this.timer, expires);
    } else {
      this.words[this.youngest * WORDS + YOUNGER] = index;
    }
    this.youngest = index;
  }

  private detach(index: number): void {
    const base = index * WORDS;
    const older = this.words[base + OLDER]!;
    const younger = this.words[base + YOUNGER]!;
    if (older === NONE) this.oldest = younger;
    else this.words[older * WORDS + YOUNGER] = younger;
    if (younger === NONE) this.youngest = older;
    else this.words[younger * WORDS + OLDER] = older;
  }

  private unlinkFromBucket(index: number): void {
    const { words } = this;
    const base = index * WORDS;
    const remote = this.remoteOf(index);
    const local = this.locals[words[base + LOCAL]! & LOCAL_INDEX]!;
    const bucket = this.bucketOf(remote, words[base + PORTS]! >>> 16, local, words[base + PORTS]! & 0xffff);
    if (this.buckets[bucket] === index) {
      this.buckets[bucket] = words[base + NEXT_IN_BUCKET]!;
      return;
    }
    let before = this.buckets[bucket]!;
    while (words[before * WORDS + NEXT_IN_BUCKET] !== index) before = words[before * WORDS + NEXT_IN_BUCKET]!;
    words[before * WORDS + NEXT_IN_BUCKET] = words[base + NEXT_IN_BUCKET]!;
  }

  private bucketOf(remote: Address, remotePort: number, local: Address, localPort: number): number {
    return hashTuple(this.seed, remote, remotePort, local, localPort) & (this.buckets.length - 1);
  }

  private grow(): void {
    const from = this.capacity;
    const capacity = Math.max(256, from * 2);
    const grown = <T extends Int32Array | Float64Array>(target: T, source: T): T => {
      target.set(source);
      return target;
    };
    this.words = grown(new Int32Array(capacity * WORDS), this.words);
    this.expires = grown(new Float64Array(capacity), this.expires);
    this.tsRecentAt = grown(new Float64Array(capacity), this.tsRecentAt);
    if (this.remoteHigh) this.remoteHigh = grown(new Int32Array(3 * capacity), this.remoteHigh);
    this.capacity = capacity;
    this.rehash();
    for (let i = capacity - 1; i >= from; i--) {
      this.words[i * WORDS + NEXT_IN_BUCKET] = this.free;
      this.free = i;
    }
  }

  private rehash(): void {
    this.buckets = new Int32Array(this.capacity).fill(NONE);
    for (let i = this.oldest; i !== NONE; i = this.words[i * WORDS + YOUNGER]!) {
      const base = i * WORDS;
      const local = this.locals[this.words[base + LOCAL]! & LOCAL_INDEX]!;
      const ports = this.words[base + PORTS]!;
      const bucket = this.bucketOf(this.remoteOf(i), ports >>> 16, local, ports & 0xffff);
      this.words[base + NEXT_IN_BUCKET] = this.buckets[bucket]!;
      this.buckets[bucket] = i;
    }
  }
}
