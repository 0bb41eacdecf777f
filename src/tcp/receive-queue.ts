import type { Slab } from '../wire/slab.ts';

/**
 * Pieces shorter than this are copied when they are handed up. A view holds its whole slab in memory for as long as the
 * user has it: a slab of 128 KiB (256 without offload) holds four (eight) of the shortest such views, so a held octet costs
 * eight at the worst. Copying less than that costs a fraction of the system call that brought it.
 */
export const COPY_BELOW = 32_768;
/** Small pieces that wait together are handed up as one, of at most this many bytes. */
const GATHER_MAX = 65_536;
/** Copies of small pieces share allocations of this size, as Node's own buffer pool does. */
const POOL_SIZE = 8192;

/** `bytes[from, to)`, in a list. */
class Piece {
  bytes: Uint8Array = NOTHING;
  from = 0;
  to = 0;
  /** The slab the bytes are borrowed from; null when they are ours. */
  slab: Slab | null = null;
  next: Piece | null = null;
}

const NOTHING = new Uint8Array(0);
/** Pieces that wait to be used again, shared by all connections: receiving allocates nothing (measured: 93 bytes a segment less). */
let free: Piece | null = null;
let freeCount = 0;
const FREE_MAX = 4096;

function newPiece(): Piece {
  if (free === null) return new Piece();
  const piece = free;
  free = piece.next;
  freeCount--;
  piece.next = null;
  return piece;
}

function freePiece(piece: Piece): void {
  if (freeCount === FREE_MAX) return;
  piece.bytes = NOTHING;
  piece.slab = null;
  piece.next = free;
  free = piece;
  freeCount++;
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
 * copies what is left. Long pieces that the user takes during the batch are never copied; they keep their slab (`held`).
 */
export class ReceiveQueue {
  length = 0;
  private head: Piece | null = null;
  private tail: Piece | null = null;
  /** From this piece on they may still be borrowed. */
  private borrowed: Piece | null = null;

  push(slab: Slab, from: number, to: number): void {
    this.pushPiece(slab.bytes, from, to, slab);
  }

  /** As `push`, for bytes that may be ours already (`slab` null). */
  pushPiece(bytes: Uint8Array, from: number, to: number, slab: Slab | null): void {
    const piece = newPiece();
    piece.bytes = bytes;
    piece.from = from;
    piece.to = to;
    piece.slab = slab;
    if (this.tail === null) this.head = piece;
    else this.tail.next = piece;
    this.tail = piece;
    this.borrowed ??= piece;
    this.length += to - from;
  }

  /** The next octets as a view that belongs to the caller; `null` when there are none. */
  take(maxLength: number): Uint8Array | null {
    if (this.length === 0 || maxLength <= 0) return null;
    const piece = this.head!;
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
      const piece = this.head!;
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
    while (this.head !== null) this.dropHead(this.head);
    this.length = 0;
  }

  /** The batch ends, and with it the loan of its slab. */
  secure(): void {
    for (let piece = this.borrowed; piece !== null; piece = piece.next) securePiece(piece);
    this.borrowed = null;
  }

  /** How many octets lie in a row of short pieces from the head on. */
  private shortRun(): number {
    let run = 0;
    for (let piece = this.head; piece !== null && run < GATHER_MAX; piece = piece.next) {
      const length = piece.to - piece.from;
      if (length >= COPY_BELOW) break;
      run += length;
    }
    return run;
  }

  private advance(octets: number): void {
    const piece = this.head!;
    piece.from += octets;
    this.length -= octets;
    if (piece.from === piece.to) this.dropHead(piece);
  }

  private dropHead(piece: Piece): void {
    this.head = piece.next;
    if (this.head === null) this.tail = null;
    if (this.borrowed === piece) this.borrowed = piece.next;
    freePiece(piece);
  }
}

/**
 * Makes borrowed bytes ours, by a copy: what waits costs what it is long, and never a slab. It waits because its reader is
 * slower than its sender, so the copy is not what limits anybody.
 */
export function securePiece(piece: { bytes: Uint8Array; from: number; to: number; slab: Slab | null }): void {
  if (piece.slab === null) return;
  const length = piece.to - piece.from;
  const copy = poolBytes(length);
  copyBytes(piece.bytes, piece.from, copy, 0, length);
  piece.bytes = copy;
  piece.from = 0;
  piece.to = length;
  piece.slab = null;
}

function copyBytes(source: Uint8Array, from: number, target: Uint8Array, at: number, length: number): void {
  // `set` with a subarray costs an object and a call; for a few bytes a loop is faster (measured: below about 64).
  if (length <= 64) for (let i = 0; i < length; i++) target[at + i] = source[from + i]!;
  else target.set(source.subarray(from, from + length), at);
}
