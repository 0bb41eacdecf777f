import type { Frame } from '../../wire/frame.ts';
import { completeInPlace } from '../offload/gso.ts';
import { clampMss } from './clamp-mss.ts';
import { type Framing, prefixLength, writePrefix } from './framing.ts';

/** Frames are joined into pieces of this length, each of which is one write to the stream. */
export const PIECE = 128 * 1024;
/** Pieces that wait to be filled again: one is at the stream as a rule, and one is being filled. */
const FREE_MOST = 2;

/** What one write is to have. */
export interface Load {
  readonly bytes: Uint8Array;
  /** The stream needs the bytes no more: to be called if that is known, and then they are written over. */
  readonly done: () => void;
}

/** Memory for packets: `bytes[from, to)` waits for a write, and so many writes of what was before it go on. */
class Piece {
  readonly bytes = new Uint8Array(PIECE);
  readonly view = new DataView(this.bytes.buffer);
  from = 0;
  to = 0;
  writes = 0;
  readonly done: () => void;

  constructor(unused: (piece: Piece) => void) {
    this.done = () => {
      this.writes--;
      if (this.writes > 0 || this.from < this.to) return;
      this.from = this.to = 0;
      unused(this);
    };
  }
}

/**
 * Packets on their way to a stream, copied into pieces of memory that are the stream's until it is done with them. Bounded: what a stream
 * that doesn't go on leaves waiting is as long as one limit says.
 */
export class Outbox {
  readonly #framing: Framing;
  readonly #prefix: number;
  readonly #mss: number | null;
  readonly #limit: number;
  readonly #free: Piece[] = [];
  #current = this.#newPiece();
  /** Older ones, full. */
  #full: Piece[] = [];
  #waiting = 0;

  /** @param limit how many bytes may wait @param mss what SYNs may announce at most; null: anything */
  constructor(framing: Framing, limit: number, mss: number | null) {
    this.#framing = framing;
    this.#prefix = prefixLength(framing);
    this.#limit = limit;
    this.#mss = mss;
  }

  /** How many bytes wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Adds a packet, and completes its checksum. False: there is no room. */
  add(frame: Frame): boolean {
    const length = frame.packetLength;
    const needed = this.#prefix + length;
    if (this.#waiting + needed > this.#limit) return false;
    if (this.#current.to + needed > PIECE) this.#takeAnother();
    const { bytes, view, to } = this.#current;
    writePrefix(this.#framing, length, bytes, to);
    const at = to + this.#prefix;
    frame.copyTo(bytes, at);
    if (frame.checksumPartial) {
      completeInPlace(view, at + frame.transportStart - frame.ipStart, at + length, frame.checksumOffset);
    }
    if (this.#mss !== null) clampMss(bytes, at, at + length, this.#mss);
    this.#current.to += needed;
    this.#waiting += needed;
    return true;
  }

  /** The oldest of what waits, in one piece; null: nothing waits. */
  take(): Load | null {
    if (this.#waiting === 0) return null;
    const piece = this.#full.shift() ?? this.#current;
    const bytes = piece.bytes.subarray(piece.from, piece.to);
    piece.from = piece.to;
    piece.writes++;
    this.#waiting -= bytes.length;
    return { bytes, done: piece.done };
  }

  clear(): void {
    this.#full = [];
    this.#current.from = this.#current.to;
    this.#waiting = 0;
  }

  #takeAnother(): void {
    if (this.#current.to > this.#current.from) this.#full.push(this.#current);
    this.#current = this.#free.pop() ?? this.#newPiece();
  }

  #newPiece(): Piece {
    return new Piece((piece) => {
      if (piece !== this.#current && this.#free.length < FREE_MOST) this.#free.push(piece);
    });
  }
}
