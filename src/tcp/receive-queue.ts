import type { Slab } from '../wire/slab.ts';

/**
 * Pieces shorter than this are copied when they are kept or handed up: a copy of 4 KiB costs less than the bookkeeping of
 * a slab, and a short piece must not hold a whole slab in memory.
 */
export const COPY_BELOW = 4096;
/** Small pieces that wait together are handed up as one, of at most this many bytes. */
const GATHER_MAX = 65_536;
/** Copies of small pieces share allocations of this size, as Node's own buffer pool does. */
const POOL_SIZE = 8192;

interface Piece {
  bytes: Uint8Array;
  from: number;
  to: number;
  /** The slab the bytes are borrowed from; null when they are ours. */
  slab: Slab | null;
}

let pool = new Uint8Array(POOL_SIZE);
let poolUsed = 0;

/** A view of `length` fresh bytes. */
export function poolBytes(length: number): Uint8Array {
  if (length > POOL_SIZE >> 1) return new Uint8Array(length);
  if (length > POOL_SIZE - poolUsed) {
    pool = new Uint8Array(POOL_SIZE);
    poolUsed = 0;
  }
  const view = pool.subarray(poolUsed, poolUsed + length);
  poolUsed = (poolUsed + length + 7) & ~7;
  return view;
}

/**
 * Octets received in order that the user has not taken yet.
 *
 * A piece points into the slab that the link read it into. Until the batch ends that memory is borrowed; `secure` then
 * makes what is left ours: short pieces are copied, long ones keep their slab (`held`). What the user takes during the
 * batch was never copied at all.
 */
export class ReceiveQueue {
  length = 0;
  private pieces: Piece[] = [];
  private head = 0;
  /** Pieces from this index on may still be borrowed. */
  private secured = 0;

  push(slab: Slab, from: number, to: number): void {
    this.pushPiece(slab.bytes, from, to, slab);
  }

  /** As `push`, for bytes that may be ours already (`slab` null). */
  pushPiece(bytes: Uint8Array, from: number, to: number, slab: Slab | null): void {
    this.pieces.push({ bytes, from, to, slab });
    this.length += to - from;
  }

  /** The next octets as a view that belongs to the caller; `null` when there are none. */
  take(maxLength: number): Uint8Array | null {
    if (this.length === 0 || maxLength <= 0) return null;
    const piece = this.pieces[this.head]!;
    const available = piece.to - piece.from;
    if (available >= COPY_BELOW || piece.slab === null) {
      const taken = Math.min(available, maxLength);
      if (piece.slab !== null) piece.slab.held = true;
      const view = piece.bytes.subarray(piece.from, piece.from + taken);
      this.advance(taken);
      return view;
    }
    const gathered = poolBytes(Math.min(this.shortRun(), maxLength, GATHER_MAX));
    this.copyInto(gathered);
    return gathered;
  }

  /** Copies octets into `target`; returns how many. */
  copyInto(target: Uint8Array): number {
    let done = 0;
    while (done < target.length && this.length > 0) {
      const piece = this.pieces[this.head]!;
      const taken = Math.min(piece.to - piece.from, target.length - done);
      copyBytes(piece.bytes, piece.from, target, done, taken);
      done += taken;
      this.advance(taken);
    }
    return done;
  }

  skip(): number {
    const skipped = this.length;
    this.clear();
    return skipped;
  }

  clear(): void {
    this.pieces.length = 0;
    this.head = this.secured = 0;
    this.length = 0;
  }

  /** The batch ends, and with it the loan of its slab. */
  secure(): void {
    for (let i = Math.max(this.secured, this.head); i < this.pieces.length; i++) securePiece(this.pieces[i]!);
    this.secured = this.pieces.length;
  }

  /** How many octets lie in a row of short pieces from the head on. */
  private shortRun(): number {
    let run = 0;
    for (let i = this.head; i < this.pieces.length && run < GATHER_MAX; i++) {
      const { from, to } = this.pieces[i]!;
      if (to - from >= COPY_BELOW) break;
      run += to - from;
    }
    return run;
  }

  private advance(octets: number): void {
    const piece = this.pieces[this.head]!;
    piece.from += octets;
    this.length -= octets;
    if (piece.from < piece.to) return;
    this.head++;
    if (this.head === this.pieces.length) {
      this.pieces.length = this.head = this.secured = 0;
    } else if (this.head === 256) {
      this.pieces.splice(0, 256);
      this.secured = Math.max(0, this.secured - 256);
      this.head = 0;
    }
  }
}

/** Makes borrowed bytes ours. */
export function securePiece(piece: { bytes: Uint8Array; from: number; to: number; slab: Slab | null }): void {
  if (piece.slab === null) return;
  const length = piece.to - piece.from;
  if (length < COPY_BELOW) {
    const copy = poolBytes(length);
    copyBytes(piece.bytes, piece.from, copy, 0, length);
    piece.bytes = copy;
    piece.from = 0;
    piece.to = length;
  } else {
    piece.slab.held = true;
  }
  piece.slab = null;
}

function copyBytes(source: Uint8Array, from: number, target: Uint8Array, at: number, length: number): void {
  // `set` with a subarray costs an object and a call; for a few bytes a loop is faster (measured: below about 64).
  if (length <= 64) for (let i = 0; i < length; i++) target[at + i] = source[from + i]!;
  else target.set(source.subarray(from, from + length), at);
}
