import type { Frame } from '../wire/frame.ts';
import { type Seq, seqAdd, seqDiff, seqGt, seqLt } from '../wire/seq.ts';

/** One write of the user: `bytes[from, to)`, whose first octet has sequence number `seq`. */
interface Chunk {
  bytes: Uint8Array;
  from: number;
  to: number;
  seq: Seq;
  /** Its end is the end of what the user had to say for now (RFC 9293, section 3.9.1.2: PUSH). */
  pushed: boolean;
}

/** Freed places at the array's front are given back when there are this many of them. */
const COMPACT_AT = 64;

/**
 * The octets that the user has sent and the peer has not acknowledged, by sequence number, as references to the user's
 * memory: nothing is copied on the way to the link.
 */
export class SendQueue {
  /** Sequence numbers of the first octet held, and of the one behind the last. */
  start: Seq = 0;
  end: Seq = 0;
  private chunks: Chunk[] = [];
  private head = 0;
  /** Where the last look-up ended: sending goes forward, so the next one begins there. */
  private cursor = 0;
  /** Behind the last octets of records that are not acknowledged; null: there never were any. */
  private recordEnds: Seq[] | null = null;

  /** Begins an empty queue at `seq`. */
  reset(seq: Seq): void {
    this.start = this.end = seq;
    this.chunks = [];
    this.head = this.cursor = 0;
    this.recordEnds = null;
  }

  get length(): number {
    return seqDiff(this.end, this.start);
  }

  push(bytes: Uint8Array, from: number, to: number, pushed = true): void {
    const last = this.chunks[this.chunks.length - 1];
    const goesOn = last !== undefined && last.bytes === bytes && last.to === from && this.recordEnds === null;
    if (goesOn && this.head < this.chunks.length) {
      last.pushed = pushed;
      last.to = to; // the next piece of one pool: small writes become one slice
    } else {
      this.chunks.push({ bytes, from, to, seq: this.end, pushed });
    }
    this.end = seqAdd(this.end, to - from);
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
    while (this.head < this.chunks.length) {
      const chunk = this.chunks[this.head]!;
      const octets = seqDiff(seq, chunk.seq);
      if (octets < chunk.to - chunk.from) {
        if (octets > 0) {
          chunk.from += octets;
          chunk.seq = seq;
        }
        break;
      }
      this.head++;
    }
    this.start = seq;
    while (this.recordEnds !== null && this.recordEnds.length > 0 && !seqGt(this.recordEnds[0]!, seq)) {
      this.recordEnds.shift();
    }
    if (this.head === this.chunks.length) {
      this.chunks.length = this.head = this.cursor = 0;
    } else if (this.head >= COMPACT_AT) {
      this.chunks.splice(0, this.head);
      this.cursor = Math.max(0, this.cursor - this.head);
      this.head = 0;
    }
  }

  /** Adds the `length` octets from `seq` on to a frame's payload. */
  addTo(frame: Frame, seq: Seq, length: number): void {
    let i = this.find(seq);
    let skip = seqDiff(seq, this.chunks[i]!.seq);
    for (let left = length; left > 0; i++) {
      const chunk = this.chunks[i]!;
      const from = chunk.from + skip;
      const taken = Math.min(left, chunk.to - from);
      frame.addSlice(chunk.bytes, from, from + taken);
      left -= taken;
      skip = 0;
      if (left === 0) this.cursor = i;
    }
  }

  /** Does a write of the user, with no more to come at once, end right before `seq`? There goes the PSH bit. */
  endsAt(seq: Seq): boolean {
    if (seq === this.end) return this.chunks[this.chunks.length - 1]!.pushed;
    const i = this.find(seq);
    return this.chunks[i]!.seq === seq && i > this.head && this.chunks[i - 1]!.pushed;
  }

  /** What is queued is to go, whatever was said when it was written. */
  pushAll(): void {
    const last = this.chunks[this.chunks.length - 1];
    if (last !== undefined) last.pushed = true;
  }

  /** Copies everything held into memory of our own. */
  detach(): void {
    for (let i = this.head; i < this.chunks.length; i++) {
      const chunk = this.chunks[i]!;
      // Not `slice`: a subclass (Node's) may mean a view by it.
      chunk.bytes = new Uint8Array(chunk.bytes.subarray(chunk.from, chunk.to));
      chunk.to -= chunk.from;
      chunk.from = 0;
    }
  }

  /** The index of the chunk that holds `seq`, which must be held. */
  private find(seq: Seq): number {
    let i = Math.min(Math.max(this.cursor, this.head), this.chunks.length - 1);
    while (i > this.head && seqLt(seq, this.chunks[i]!.seq)) i--;
    while (i + 1 < this.chunks.length && !seqGt(this.chunks[i + 1]!.seq, seq)) i++;
    return i;
  }
}
