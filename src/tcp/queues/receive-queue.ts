import { copyBytes } from '../../basics/copy-bytes.ts';
import type { Slab } from '../../wire/slab.ts';

/**
 * Pieces shorter than this are copied when they are handed up. A view holds its whole slab in memory for as long as the
 * user has it: a slab of 128 KiB (256 without offload) holds four (eight) of the shortest such views, so a held octet costs
 * eight at the worst. Copying less than that costs a fraction of the system call that brought it. What is most of its slab is no
 * waste, and handed up where it lies (see `isMost`).
 */
export const COPY_BELOW = 32_768;
/** Small pieces that wait together are handed up as one, of at most this many bytes, and kept in blocks as long. */
const GATHER_MAX = 65_536;
/** Of memory that is ours, or holds little else, pieces this long are kept and handed up as they are; shorter ones are copied together. */
const KEEP_FROM = 4096;
/** The room that a block has for what comes later: as much as waits already, within these bounds. */
const ROOM_MIN = 256;
const ROOM_MAX = 8192;
/** A longer block of which more than half has been read is copied, so that the rest doesn't hold it. */
const WASTE_MAX = 8192;
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

/** A view of `length` fresh bytes, for the user: what we keep ourselves would hold a whole pool for a few octets. */
function poolBytes(length: number): Uint8Array {
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
 * copies what is left, one behind the other, into blocks that grow with what waits. So an octet that waits costs at most two
 * bytes (as the window, which is half of the buffer, has it), however small the segments were that brought it; Linux
 * charges each segment its `truesize` and copies them together when that fills the buffer (tcp_collapse). Long pieces that
 * the user takes during the batch are never copied; they keep their slab (`held`).
 */
export class ReceiveQueue {
  length = 0;
  private head: Piece | null = null;
  private tail: Piece | null = null;
  /** From this piece on they came since the last batch ended: they may be borrowed, and short. */
  private fresh: Piece | null = null;
  /** The piece before `fresh`: the last block, if the user hasn't taken it. */
  private lastBlock: Piece | null = null;

  push(slab: Slab, from: number, to: number): void {
    this.pushPiece(slab.bytes, from, to, slab);
  }

  /** As `push`, for bytes that may be ours alone already, all of them (`slab` null). */
  pushPiece(bytes: Uint8Array, from: number, to: number, slab: Slab | null): void {
    const piece = newPiece();
    piece.bytes = bytes;
    piece.from = from;
    piece.to = to;
    piece.slab = slab;
    this.append(piece);
    this.fresh ??= piece;
    this.length += to - from;
  }

  /** The next octets as a view that belongs to the caller; `null` when there are none. */
  take(maxLength: number): Uint8Array | null {
    if (this.length === 0 || maxLength <= 0) return null;
    const piece = this.head!;
    if (!isShort(piece)) {
      const taken = Math.min(piece.to - piece.from, maxLength);
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

  /** Bytes of memory, lent or our own, that the octets lie in. */
  get memory(): number {
    let bytes = 0;
    for (let piece = this.head; piece !== null; piece = piece.next) {
      bytes += piece.slab === null ? piece.bytes.length : piece.to - piece.from;
    }
    return bytes;
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

  /**
   * The batch ends, and with it the loan of its slab: what waits becomes ours, and short pieces one. It waits because its
   * reader is slower than its sender, so the copy is not what limits either. A slab that holds little else becomes ours as it is.
   */
  copyBorrowed(): void {
    if (this.fresh === null) return;
    let left = freshOctets(this.fresh);
    let next: Piece | null = this.fresh;
    this.fresh = null;
    this.tail = this.lastBlock;
    if (this.tail === null) this.head = null;
    else this.tail.next = null;
    while (next !== null) {
      const piece: Piece = next;
      next = piece.next;
      const length = piece.to - piece.from;
      if (piece.slab === null ? !isShort(piece) : isMost(piece)) {
        keep(piece);
        this.append(piece);
      } else {
        this.copyIntoBlocks(piece, left);
        freePiece(piece);
      }
      left -= length;
    }
    this.lastBlock = this.tail;
  }

  /** Copies a piece behind what waits; `left`: how many octets are about to follow from its first on. */
  private copyIntoBlocks(piece: Piece, left: number): void {
    for (let { from } = piece; from < piece.to; ) {
      let block = this.tail;
      if (block === null || block.to === block.bytes.length) {
        block = newPiece();
        const room = Math.max(ROOM_MIN, Math.min(this.length - left, ROOM_MAX));
        block.bytes = new Uint8Array(Math.max(Math.min(left, GATHER_MAX), room));
        block.from = block.to = 0;
        this.append(block);
      }
      const length = Math.min(piece.to - from, block.bytes.length - block.to);
      copyBytes(piece.bytes, from, block.bytes, block.to, length);
      block.to += length;
      from += length;
      left -= length;
    }
  }

  private append(piece: Piece): void {
    if (this.tail === null) this.head = piece;
    else this.tail.next = piece;
    this.tail = piece;
  }

  /** How many octets lie in a row of short pieces from the head on. */
  private shortRun(): number {
    let run = 0;
    for (let piece = this.head; piece !== null && run < GATHER_MAX; piece = piece.next) {
      if (isShort(piece)) run += piece.to - piece.from;
      else break;
    }
    return run;
  }

  private advance(octets: number): void {
    const piece = this.head!;
    piece.from += octets;
    this.length -= octets;
    if (piece.from === piece.to) this.dropHead(piece);
    else if (piece.slab === null && piece.bytes.length > WASTE_MAX) tighten(piece);
  }

  private dropHead(piece: Piece): void {
    this.head = piece.next;
    if (this.head === null) this.tail = null;
    if (this.fresh === piece) this.fresh = piece.next;
    if (this.lastBlock === piece) this.lastBlock = null;
    freePiece(piece);
  }
}

/** Is a piece handed up as a copy, together with its neighbours, and not as a view? */
const isShort = (piece: Piece): boolean =>
  piece.slab === null ? piece.to - piece.from < KEEP_FROM : piece.to - piece.from < COPY_BELOW && !isMost(piece);

/**
 * Is it at least half of all the memory that a view of it would hold? A stream's chunks come in memory of their own, as long as they are:
 * copying them took as much again, and what a byte of a stream costs is above all the collection of its memory (measured).
 */
function isMost({ bytes, from, to }: Piece): boolean {
  const twice = 2 * (to - from);
  return twice >= 2 * KEEP_FROM && twice >= bytes.length && twice >= bytes.buffer.byteLength;
}

/**
 * Has the link never write into its memory again. Nor is it a block that has room: what lies behind it in its slab are octets of other
 * pieces, of this connection or of others.
 */
function keep(piece: Piece): void {
  piece.next = null;
  if (piece.slab === null) return;
  piece.slab.held = true;
  piece.slab = null;
  piece.bytes = piece.bytes.subarray(piece.from, piece.to);
  piece.to -= piece.from;
  piece.from = 0;
}

function tighten(piece: Piece): void {
  const length = piece.to - piece.from;
  if (2 * length > piece.bytes.length) return;
  const bytes = new Uint8Array(length);
  copyBytes(piece.bytes, piece.from, bytes, 0, length);
  piece.bytes = bytes;
  piece.from = 0;
  piece.to = length;
}

function freshOctets(first: Piece): number {
  let octets = 0;
  for (let piece: Piece | null = first; piece !== null; piece = piece.next) octets += piece.to - piece.from;
  return octets;
}
