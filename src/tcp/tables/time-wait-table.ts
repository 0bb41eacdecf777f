import { type Micros, Timer, type TimerOwner, type TimerWheel } from '../../time/wheel.ts';
import { Address } from '../../wire/address.ts';
import type { Seq } from '../../wire/seq.ts';
import type { HashKey } from './half-siphash.ts';
import { hashTuple } from './tuple-hash.ts';

/** What is remembered of a connection in TIME_WAIT: what RFC 9293, 7323, 6191 and 1337 need, and no more. */
export interface TimeWaitEntry {
  /** A connection whose user is gone waits here for the peer's FIN too, as in Linux (tw_substate). */
  state: 'TIME_WAIT' | 'FIN_WAIT_2';
  /** A short one (`tcp_tw_recycle`). */
  recycled: boolean;
  /** Both sides closed at once: it came from CLOSING. Else we closed first. */
  simultaneous: boolean;
  /** The peer's FIN has come again, and the 2MSL began anew. */
  finAgain: boolean;
  /** All its packets had ECT: so it is with AccECN (RFC 9768, section 3.1.5). */
  ect: boolean;
  local: Address;
  localPort: number;
  remote: Address;
  remotePort: number;
  /** The next octets expected from the peer and of ours; the window we last advertised, as its field said. */
  rcvNxt: Seq;
  sndNxt: Seq;
  rcvWnd: number;
  /** Timestamps were in use: TS.Recent, when it was taken (to the second), and what we add to our clock. */
  hasTimestamps: boolean;
  tsRecent: number;
  tsRecentAt: Micros;
  tsOffset: number;
  /** When an ACK last answered what might answer it in turn, to the millisecond (tw_last_oow_ack_time). */
  answeredAt: Micros;
  /** When it ends, to the millisecond. */
  expires: Micros;
}

const NONE = -1;

/** An entry is this many words in a row; the fields, by their place. */
const REMOTE = 0; // the last word of the peer's address; an IPv6 one has its other three in `remoteHigh`
const PORTS = 1; // remote << 16 | local
const LOCAL = 2; // an index into `locals`, and flags
const RCV_NXT = 3;
const SND_NXT = 4;
const RCV_WND = 5;
const TS_RECENT = 6;
const TS_RECENT_AT = 7; // seconds
const TS_OFFSET = 8;
const EXPIRES = 9; // milliseconds, modulo 2^32
const NEXT_IN_BUCKET = 10; // of a free place: the next free one in the block
const OLDER = 11; // the expiry list
const YOUNGER = 12;
const ANSWERED_AT = 13; // milliseconds, modulo 2^32
const WORDS = 14;

const HAS_TS = 1 << 30;
const IS_V6 = 1 << 29;
const IS_FIN_WAIT_2 = 1 << 28;
const IS_RECYCLED = 1 << 27;
const IS_SIMULTANEOUS = 1 << 26;
const IS_FIN_AGAIN = 1 << 25;
const IS_ECT = 1 << 24;
/** The word LOCAL of a place that is free. */
const FREE = -1;
const LOCAL_INDEX = (1 << 16) - 1;

/**
 * Entries are allocated in blocks, so that growing copies nothing: 4096 entries are 224 KiB. A new entry goes into the first block that has
 * room, so that after a peak the last ones run empty as their entries end, and go back; but for one, for the next that may come.
 */
const BLOCK_BITS = 12;
const BLOCK = 1 << BLOCK_BITS;
const IN_BLOCK = BLOCK - 1;

/** So many entries end in one turn at most; the rest has the next millisecond. A turn stays below 10 ms (measured: 1 to 4 ms). */
const EXPIRE_AT_ONCE = 2048;

/** Entries of one kind stay equally long, so the order of entering is the order of ending: the list is the timer. */
class ExpiryList {
  count = 0;
  oldest = NONE;
  youngest = NONE;
  readonly timer: Timer;

  constructor(owner: TimerOwner) {
    this.timer = new Timer(owner);
  }
}

/**
 * The TIME_WAIT table: typed arrays, not an object per entry. An entry takes 56 bytes, and 4 of hash bucket.
 *
 * Entering appends to the expiry list, a restart moves to its end, ending takes from its front: O(1) each, and one timer
 * of the wheel stands for the oldest entry. The hash table grows by linear hashing (Litwin, 1980): each new entry splits
 * one bucket in two, so there is never a moment at which everything is hashed anew.
 */
export class TimeWaitTable implements TimerOwner {
  count = 0;
  private readonly wheel: TimerWheel;
  private readonly key: HashKey;
  private readonly onExpired: (index: number, now: Micros) => void;

  private readonly blocks: Int32Array[] = [];
  /** Three words an entry, a block each; made when an IPv6 peer comes. */
  private readonly remoteHigh: (Int32Array | undefined)[] = [];
  /** Of each block: its first free place, and how many are taken. Before block `roomFrom` none has room. */
  private readonly freeIn: number[] = [];
  private readonly takenIn: number[] = [];
  private roomFrom = 0;
  private readonly locals: Address[] = [];
  private readonly timeWaits = new ExpiryList(this);
  private readonly finWaits = new ExpiryList(this);
  private readonly recycled = new ExpiryList(this);

  /** Buckets in blocks. There are `base + split` of them; the first `split` have been divided in this round. */
  private readonly buckets: Int32Array[] = [new Int32Array(BLOCK).fill(NONE)];
  private base = BLOCK;
  private split = 0;

  /** @param onExpired called for each entry that is about to end of itself */
  constructor(wheel: TimerWheel, key: HashKey, onExpired: (index: number, now: Micros) => void) {
    this.wheel = wheel;
    this.key = key;
    this.onExpired = onExpired;
  }

  /** Adds an entry. It ends at `expires`, but not before others of its kind that are there already. @returns its index. */
  add(entry: TimeWaitEntry): number {
    const index = this.takePlace();
    this.write(index, entry);
    const bucket = this.bucketOf(hashTuple(this.key, entry.remote, entry.remotePort, entry.local, entry.localPort));
    this.setWord(index, NEXT_IN_BUCKET, this.head(bucket));
    this.setHead(bucket, index);
    this.count++;
    this.append(index, entry.expires);
    if (this.count > this.base + this.split) this.splitBucket();
    return index;
  }

  /** The index of a connection's entry, or -1. */
  find(remote: Address, remotePort: number, local: Address, localPort: number): number {
    if (this.count === 0) return NONE;
    const ports = (remotePort << 16) | localPort;
    let index = this.head(this.bucketOf(hashTuple(this.key, remote, remotePort, local, localPort)));
    while (index !== NONE) {
      const block = this.blocks[index >> BLOCK_BITS]!;
      const at = (index & IN_BLOCK) * WORDS;
      if (
        block[at + PORTS] === ports &&
        block[at + REMOTE] === remote.w3 &&
        this.locals[block[at + LOCAL]! & LOCAL_INDEX]!.equals(local) &&
        this.highEquals(index, remote)
      ) {
        return index;
      }
      index = block[at + NEXT_IN_BUCKET]!;
    }
    return NONE;
  }

  /** An entry's fields, copied out. `now` makes sense of times that are kept short. */
  read(index: number, now: Micros): TimeWaitEntry {
    const local = this.word(index, LOCAL);
    const ports = this.word(index, PORTS);
    return {
      state: local & IS_FIN_WAIT_2 ? 'FIN_WAIT_2' : 'TIME_WAIT',
      recycled: (local & IS_RECYCLED) !== 0,
      simultaneous: (local & IS_SIMULTANEOUS) !== 0,
      finAgain: (local & IS_FIN_AGAIN) !== 0,
      ect: (local & IS_ECT) !== 0,
      local: this.locals[local & LOCAL_INDEX]!,
      localPort: ports & 0xffff,
      remote: this.remoteOf(index),
      remotePort: ports >>> 16,
      rcvNxt: this.word(index, RCV_NXT),
      sndNxt: this.word(index, SND_NXT),
      rcvWnd: this.word(index, RCV_WND),
      hasTimestamps: (local & HAS_TS) !== 0,
      tsRecent: this.word(index, TS_RECENT),
      tsRecentAt: this.word(index, TS_RECENT_AT) * 1e6,
      tsOffset: this.word(index, TS_OFFSET),
      answeredAt: this.answeredAt(index, now),
      expires: this.expiresAt(index, now),
    };
  }

  hasTimestamps(index: number): boolean {
    return (this.word(index, LOCAL) & HAS_TS) !== 0;
  }

  noteAnswer(index: number, now: Micros): void {
    this.setWord(index, ANSWERED_AT, Math.floor(now / 1000) | 0);
  }

  isFinWait2(index: number): boolean {
    return (this.word(index, LOCAL) & IS_FIN_WAIT_2) !== 0;
  }

  /** The entry stays, until `expires`, with what `entry` says now; FIN_WAIT_2 may become TIME_WAIT. */
  restart(index: number, entry: TimeWaitEntry): void {
    this.detach(index);
    this.write(index, entry);
    this.append(index, entry.expires);
  }

  remove(index: number): void {
    this.detach(index);
    this.unlinkFromBucket(index);
    this.freePlace(index);
    this.count--;
  }

  /** How many entries there is memory for: 56 bytes each, and 12 more once there were IPv6 peers. */
  get places(): number {
    return this.blocks.length << BLOCK_BITS;
  }

  /** All entries, those of each state that end first first. */
  *entries(now: Micros): IterableIterator<TimeWaitEntry> {
    for (const list of [this.timeWaits, this.finWaits, this.recycled]) {
      for (let i = list.oldest; i !== NONE; i = this.word(i, YOUNGER)) yield this.read(i, now);
    }
  }

  /**
   * The indexes of all entries, in no order, while the table may change between one and the next: none comes twice, and one that is
   * there throughout comes. An index is good until the caller goes on.
   */
  *scan(): IterableIterator<number> {
    for (let index = 0; index < this.places; index++) {
      if (this.word(index, LOCAL) !== FREE) yield index;
    }
  }

  /** How many of the entries are in FIN_WAIT_2. */
  get finWait2Count(): number {
    return this.finWaits.count;
  }

  /** (TimerOwner) Entries leave whose time is over. */
  timerFired(timer: Timer, now: Micros): void {
    const list =
      timer === this.timeWaits.timer ? this.timeWaits : timer === this.finWaits.timer ? this.finWaits : this.recycled;
    for (let turn = 0; list.oldest !== NONE && turn < EXPIRE_AT_ONCE; turn++) {
      const index = list.oldest;
      if (this.expiresAt(index, now) > now) break;
      this.onExpired(index, now);
      this.remove(index);
    }
    // Not before the next millisecond, though the wheel be late: it would turn again and again in one `advance`.
    if (list.oldest !== NONE) this.wheel.arm(timer, Math.max(this.expiresAt(list.oldest, now), now + 1000));
  }

  // ---- Entries

  private word(index: number, field: number): number {
    return this.blocks[index >> BLOCK_BITS]![(index & IN_BLOCK) * WORDS + field]!;
  }

  private setWord(index: number, field: number, value: number): void {
    this.blocks[index >> BLOCK_BITS]![(index & IN_BLOCK) * WORDS + field] = value;
  }

  private takePlace(): number {
    const { freeIn } = this;
    while (this.roomFrom < freeIn.length && freeIn[this.roomFrom] === NONE) this.roomFrom++;
    const block = this.roomFrom;
    if (block === freeIn.length) this.addBlock();
    const index = freeIn[block]!;
    freeIn[block] = this.word(index, NEXT_IN_BUCKET);
    this.takenIn[block]!++;
    return index;
  }

  private freePlace(index: number): void {
    const block = index >> BLOCK_BITS;
    this.setWord(index, NEXT_IN_BUCKET, this.freeIn[block]!);
    this.setWord(index, LOCAL, FREE);
    this.freeIn[block] = index;
    if (block < this.roomFrom) this.roomFrom = block;
    if (--this.takenIn[block]! === 0) this.dropBlocks();
  }

  private addBlock(): void {
    const first = this.places;
    this.blocks.push(new Int32Array(BLOCK * WORDS));
    for (let i = first; i < first + BLOCK; i++) {
      this.setWord(i, NEXT_IN_BUCKET, i + 1);
      this.setWord(i, LOCAL, FREE);
    }
    this.setWord(first + BLOCK - 1, NEXT_IN_BUCKET, NONE);
    this.freeIn.push(first);
    this.takenIn.push(0);
  }

  private dropBlocks(): void {
    const { takenIn } = this;
    while (takenIn.length > 1 && takenIn.at(-1) === 0 && takenIn.at(-2) === 0) {
      takenIn.pop();
      this.freeIn.pop();
      this.blocks.pop();
      this.remoteHigh.length = Math.min(this.remoteHigh.length, takenIn.length);
    }
  }

  private write(index: number, entry: TimeWaitEntry): void {
    const { remote } = entry;
    const block = this.blocks[index >> BLOCK_BITS]!;
    const at = (index & IN_BLOCK) * WORDS;
    const v6 = remote.family === 6;
    let local = this.localIndex(entry.local);
    if (entry.hasTimestamps) local |= HAS_TS;
    if (v6) local |= IS_V6;
    if (entry.state === 'FIN_WAIT_2') local |= IS_FIN_WAIT_2;
    if (entry.recycled) local |= IS_RECYCLED;
    if (entry.simultaneous) local |= IS_SIMULTANEOUS;
    if (entry.finAgain) local |= IS_FIN_AGAIN;
    if (entry.ect) local |= IS_ECT;
    block[at + REMOTE] = remote.w3;
    block[at + PORTS] = (entry.remotePort << 16) | entry.localPort;
    block[at + LOCAL] = local;
    block[at + RCV_NXT] = entry.rcvNxt;
    block[at + SND_NXT] = entry.sndNxt;
    block[at + RCV_WND] = entry.rcvWnd;
    block[at + TS_RECENT] = entry.tsRecent;
    block[at + TS_RECENT_AT] = Math.floor(entry.tsRecentAt / 1e6);
    block[at + TS_OFFSET] = entry.tsOffset;
    block[at + ANSWERED_AT] = Math.floor(entry.answeredAt / 1000) | 0;
    if (!v6) return;
    const high = (this.remoteHigh[index >> BLOCK_BITS] ??= new Int32Array(3 * BLOCK));
    const h = 3 * (index & IN_BLOCK);
    high[h] = remote.w0;
    high[h + 1] = remote.w1;
    high[h + 2] = remote.w2;
  }

  private remoteOf(index: number): Address {
    const last = this.word(index, REMOTE);
    if ((this.word(index, LOCAL) & IS_V6) === 0) return new Address(0, 0, 0xffff, last);
    const high = this.remoteHigh[index >> BLOCK_BITS]!;
    const h = 3 * (index & IN_BLOCK);
    return new Address(high[h], high[h + 1], high[h + 2], last);
  }

  private highEquals(index: number, remote: Address): boolean {
    if ((this.word(index, LOCAL) & IS_V6) === 0) return remote.family === 4;
    const high = this.remoteHigh[index >> BLOCK_BITS]!;
    const h = 3 * (index & IN_BLOCK);
    return high[h] === remote.w0 && high[h + 1] === remote.w1 && high[h + 2] === remote.w2;
  }

  /** A host has few addresses: each is kept once. */
  private localIndex(local: Address): number {
    for (let i = 0; i < this.locals.length; i++) if (this.locals[i]!.equals(local)) return i;
    return this.locals.push(local.copy()) - 1;
  }

  // ---- The expiry lists

  private listOf(index: number): ExpiryList {
    const flags = this.word(index, LOCAL);
    if (flags & IS_FIN_WAIT_2) return this.finWaits;
    return flags & IS_RECYCLED ? this.recycled : this.timeWaits;
  }

  expiresAt(index: number, now: Micros): Micros {
    const nowMs = Math.floor(now / 1000);
    return (nowMs + ((this.word(index, EXPIRES) - nowMs) | 0)) * 1000;
  }

  /** Never in the future. */
  private answeredAt(index: number, now: Micros): Micros {
    const nowMs = Math.floor(now / 1000);
    return (nowMs - ((nowMs - this.word(index, ANSWERED_AT)) >>> 0)) * 1000;
  }

  private append(index: number, expires: Micros): void {
    const list = this.listOf(index);
    list.count++;
    let ms = Math.ceil(expires / 1000);
    // Never before the one in front, whose wait may be longer: a knob was turned, or it is a recycled one's own.
    if (list.youngest !== NONE) ms += Math.max(0, (this.word(list.youngest, EXPIRES) - ms) | 0);
    this.setWord(index, EXPIRES, ms | 0);
    this.setWord(index, OLDER, list.youngest);
    this.setWord(index, YOUNGER, NONE);
    if (list.youngest === NONE) {
      list.oldest = index;
      this.wheel.arm(list.timer, ms * 1000);
    } else {
      this.setWord(list.youngest, YOUNGER, index);
    }
    list.youngest = index;
  }

  private detach(index: number): void {
    const list = this.listOf(index);
    list.count--;
    const older = this.word(index, OLDER);
    const younger = this.word(index, YOUNGER);
    if (older === NONE) list.oldest = younger;
    else this.setWord(older, YOUNGER, younger);
    if (younger === NONE) list.youngest = older;
    else this.setWord(younger, OLDER, older);
  }

  // ---- The hash table

  private head(bucket: number): number {
    return this.buckets[bucket >> BLOCK_BITS]![bucket & IN_BLOCK]!;
  }

  private setHead(bucket: number, index: number): void {
    this.buckets[bucket >> BLOCK_BITS]![bucket & IN_BLOCK] = index;
  }

  /** Buckets that have been split in this round are told apart by one more bit of the hash. */
  private bucketOf(hash: number): number {
    const bucket = hash & (this.base - 1);
    return bucket < this.split ? hash & (2 * this.base - 1) : bucket;
  }

  /** The next bucket in turn gives half of its entries to a new one. */
  private splitBucket(): void {
    const from = this.split;
    const to = this.base + this.split;
    if ((to & IN_BLOCK) === 0 && this.buckets.length === to >> BLOCK_BITS) {
      this.buckets.push(new Int32Array(BLOCK).fill(NONE));
    }
    let index = this.head(from);
    this.setHead(from, NONE);
    this.split++;
    while (index !== NONE) {
      const next = this.word(index, NEXT_IN_BUCKET);
      const bucket = this.bucketOf(this.hashOf(index));
      this.setWord(index, NEXT_IN_BUCKET, this.head(bucket));
      this.setHead(bucket, index);
      index = next;
    }
    if (this.split === this.base) {
      this.base *= 2;
      this.split = 0;
    }
  }

  private unlinkFromBucket(index: number): void {
    const bucket = this.bucketOf(this.hashOf(index));
    const next = this.word(index, NEXT_IN_BUCKET);
    let before = this.head(bucket);
    if (before === index) {
      this.setHead(bucket, next);
      return;
    }
    while (this.word(before, NEXT_IN_BUCKET) !== index) before = this.word(before, NEXT_IN_BUCKET);
    this.setWord(before, NEXT_IN_BUCKET, next);
  }

  private hashOf(index: number): number {
    const ports = this.word(index, PORTS);
    const local = this.locals[this.word(index, LOCAL) & LOCAL_INDEX]!;
    return hashTuple(this.key, this.remoteOf(index), ports >>> 16, local, ports & 0xffff);
  }
}
