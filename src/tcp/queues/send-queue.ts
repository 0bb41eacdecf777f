// tcp/queues: octets and sent segments that wait; data structures that know no connection.
import { copyBytes } from '../../basics/copy-bytes.ts';
import type { Frame } from '../../wire/frame.ts';
import { type Seq, seqAdd, seqDiff, seqGt, seqLt } from '../../wire/seq.ts';
import { TcpError } from '../terms/errors.ts';

/** One write of the user: `bytes[from, to)`, whose first octet has sequence number `seq`. */
class Chunk {
  bytes: Uint8Array = NOTHING;
  from = 0;
  to = 0;
  seq: Seq = 0;
  /** Its end is the end of what the user had to say for now (RFC 9293, section 3.9.1.2: PUSH). */
  pushed = false;
  /** The memory is the queue's own, and what is behind `to` is free. */
  owned = false;
  next: Chunk | null = null;
}

const NOTHING = new Uint8Array(0);
/** Chunks that wait to be used again, shared by all connections (measured: 216 bytes of garbage a short write less). */
let free: Chunk | null = null;
let freeCount = 0;
const FREE_MAX = 4096;

/**
 * Behind so many chunks (few, one more for each `SHORT` octets, at most many) short ones are copied together, into blocks that
 * grow with what waits: a chunk costs a hundred bytes and holds the memory it lies in, which for an octet may be the 64 KiB
 * of a pool, and a peer that shuts its window can make many wait.
 */
const CHUNKS_FEW = 16;
const CHUNKS_MAX = 64;
const SHORT = 4096;
const BLOCK_MAX = 16_384;

function newChunk(): Chunk {
  if (free === null) return new Chunk();
  const chunk = free;
  free = chunk.next;
  freeCount--;
  chunk.next = null;
  return chunk;
}

function freeChunk(chunk: Chunk): void {
  if (freeCount === FREE_MAX) return;
  chunk.bytes = NOTHING;
  chunk.owned = false;
  chunk.next = free;
  free = chunk;
  freeCount++;
}

/**
 * The octets that the user has sent and the peer has not acknowledged, by sequence number, as references to the user's
 * memory: nothing is copied on the way to the link.
 */
export class SendQueue {
  /** Sequence numbers of the first octet held, and of the one behind the last. */
  start: Seq = 0;
  end: Seq = 0;
  private head: Chunk | null = null;
  private tail: Chunk | null = null;
  /**
   * Where the octets lie that were added to a frame last: of those furthest on, and of those before, that are sent again. Both
   * go forward, so that the next look-up begins there, however much is between them.
   */
  private furthest: Chunk | null = null;
  private again: Chunk | null = null;
  /** Behind the last octets of records that are not acknowledged; null: there never were any. */
  private recordEnds: Seq[] | null = null;
  /** How many chunks there are. */
  chunks = 0;

  /** Begins an empty queue at `seq`. */
  reset(seq: Seq): void {
    this.start = this.end = seq;
    this.head = this.tail = this.furthest = this.again = null;
    this.recordEnds = null;
    this.chunks = 0;
  }

  get length(): number {
    return seqDiff(this.end, this.start);
  }

  push(bytes: Uint8Array, from: number, to: number, pushed = true): void {
    const last = this.tail;
    if (last !== null && last.bytes === bytes && last.to === from && this.recordEnds === null) {
      last.pushed = pushed;
      last.to = to; // the next piece of one pool: small writes become one slice
    } else if (to - from <= SHORT && this.hasManyChunks && this.recordEnds === null) {
      this.copy(bytes, from, to, pushed);
    } else {
      this.append(bytes, from, to, pushed);
    }
    this.end = seqAdd(this.end, to - from);
  }

  private get hasManyChunks(): boolean {
    const { chunks } = this;
    return chunks >= CHUNKS_FEW && chunks >= Math.min(CHUNKS_FEW + this.length / SHORT, CHUNKS_MAX);
  }

  private append(bytes: Uint8Array, from: number, to: number, pushed: boolean): Chunk {
    const last = this.tail;
    const chunk = newChunk();
    chunk.bytes = bytes;
    chunk.from = from;
    chunk.to = to;
    chunk.seq = this.end;
    chunk.pushed = pushed;
    if (last === null) this.head = chunk;
    else last.next = chunk;
    this.tail = chunk;
    this.chunks++;
    return chunk;
  }

  /** Queues a copy: in the last block, or in a new one that has room for half as much again as waits. */
  private copy(bytes: Uint8Array, from: number, to: number, pushed: boolean): void {
    const length = to - from;
    let block = this.tail!;
    if (!block.owned || block.to + length > block.bytes.length) {
      const room = Math.max(length, Math.min(this.length >> 1, BLOCK_MAX));
      block = this.append(new Uint8Array(room), 0, 0, pushed);
      block.owned = true;
    }
    copyBytes(bytes, from, block.bytes, block.to, length);
    block.to += length;
    block.pushed = pushed;
  }

  /** No segment will hold both what is queued now and what will be (MSG_EOR). */
  endRecord(): void {
    this.recordEnds ??= [];
    this.recordEnds.push(this.end);
  }

  /** Octets from `seq` on that may share segments: to the end of a record, or of the queue. */
  lengthFrom(seq: Seq): number {
    if (this.recordEnds !== null) for (const end of this.recordEnds) if (seqGt(end, seq)) return seqDiff(end, seq);
    return seqDiff(this.end, seq);
  }

  /** The peer has everything before `seq`. */
  acknowledge(seq: Seq): void {
    for (let chunk = this.head; chunk !== null; chunk = this.head) {
      const octets = seqDiff(seq, chunk.seq);
      if (octets < chunk.to - chunk.from) {
        if (octets > 0) {
          chunk.from += octets;
          chunk.seq = seq;
        }
        break;
      }
      this.head = chunk.next;
      if (this.head === null) this.tail = null;
      if (this.furthest === chunk) this.furthest = null;
      if (this.again === chunk) this.again = null;
      freeChunk(chunk);
      this.chunks--;
    }
    this.start = seq;
    while (this.recordEnds !== null && this.recordEnds.length > 0 && !seqGt(this.recordEnds[0]!, seq)) {
      this.recordEnds.shift();
    }
  }

  /**
   * Adds the `length` octets from `seq` on to a frame's payload.
   * @throws TcpError EFAULT: the user's memory is gone
   */
  addTo(frame: Frame, seq: Seq, length: number): void {
    let chunk = this.find(seq);
    let skip = seqDiff(seq, chunk.seq);
    for (let left = length; left > 0; ) {
      const from = chunk.from + skip;
      const taken = Math.min(left, chunk.to - from);
      if (isGone(chunk))
        throw new TcpError('EFAULT', 'Octets that are still to be sent lay in memory that was given away');
      frame.addSlice(chunk.bytes, from, from + taken);
      left -= taken;
      skip = 0;
      if (left > 0) chunk = chunk.next!;
    }
    const { furthest } = this;
    if (furthest === null || !seqLt(chunk.seq, furthest.seq)) this.furthest = chunk;
    else this.again = chunk;
  }

  /** Does a write of the user, with no more to come at once, end right before `seq`? There goes the PSH bit. */
  endsAt(seq: Seq): boolean {
    if (seq === this.end) return this.tail!.pushed;
    if (seq === this.start) return false;
    const before = this.find(seqAdd(seq, -1));
    return before.pushed && seqAdd(before.seq, before.to - before.from) === seq;
  }

  /** What is queued is to go, whatever was said when it was written. */
  pushAll(): void {
    if (this.tail !== null) this.tail.pushed = true;
  }

  /** Copies everything held into memory of our own. */
  detach(): void {
    for (let chunk = this.head; chunk !== null; chunk = chunk.next) {
      if (isGone(chunk)) continue; // who sends it says so
      // Not `slice`: a subclass (Node's) may mean a view by it.
      chunk.bytes = new Uint8Array(chunk.bytes.subarray(chunk.from, chunk.to));
      chunk.to -= chunk.from;
      chunk.from = 0;
      chunk.owned = false;
    }
  }

  /** The chunk that holds `seq`, which must be held. */
  private find(seq: Seq): Chunk {
    const { furthest, again } = this;
    let chunk = this.head!;
    if (furthest !== null && !seqLt(seq, furthest.seq)) chunk = furthest;
    else if (again !== null && !seqLt(seq, again.seq)) chunk = again;
    while (chunk.next !== null && !seqGt(chunk.next.seq, seq)) chunk = chunk.next;
    return chunk;
  }
}

/** The user has transferred the memory, to a worker for example, or made it shorter: there are no octets to be sent any more. */
const isGone = (chunk: Chunk): boolean => chunk.bytes.length < chunk.to;
