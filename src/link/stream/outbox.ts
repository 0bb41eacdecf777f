import type { Frame } from '../../wire/frame.ts';
import { clampMss } from './clamp-mss.ts';
import { type Framing, prefixLength, writePrefix } from './framing.ts';

/** Frames are joined into pieces of this length, each of which is one write to the stream. */
export const PIECE = 128 * 1024;

/**
 * Packets on their way to a stream, copied into pieces of memory that are the stream's from then on. Bounded: what a stream that
 * doesn't go on leaves waiting is as long as one limit says.
 */
export class Outbox {
  readonly #framing: Framing;
  readonly #prefix: number;
  readonly #mss: number | null;
  readonly #limit: number;
  #piece = new Uint8Array(0);
  /** `#piece[from, to)` is what no one has taken yet. */
  #from = 0;
  #to = 0;
  /** Older ones, full. */
  #full: Uint8Array[] = [];
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

  /** Adds a packet, as it is to be on the wire. False: there is no room. */
  add(frame: Frame): boolean {
    const length = frame.packetLength;
    const needed = this.#prefix + length;
    if (this.#waiting + needed > this.#limit) return false;
    if (this.#to + needed > this.#piece.length) this.#newPiece(needed);
    writePrefix(this.#framing, length, this.#piece, this.#to);
    const at = this.#to + this.#prefix;
    frame.copyTo(this.#piece, at);
    if (this.#mss !== null) clampMss(this.#piece, at, at + length, this.#mss);
    this.#to += needed;
    this.#waiting += needed;
    return true;
  }

  #newPiece(needed: number): void {
    if (this.#to > this.#from) this.#full.push(this.#piece.subarray(this.#from, this.#to));
    this.#piece = new Uint8Array(Math.max(needed, PIECE));
    this.#from = 0;
    this.#to = 0;
  }

  /** The oldest of what waits, in one piece; null: nothing waits. It is the caller's from now on. */
  take(): Uint8Array | null {
    if (this.#waiting === 0) return null;
    let piece = this.#full.shift();
    if (piece === undefined) {
      piece = this.#piece.subarray(this.#from, this.#to);
      this.#from = this.#to;
    }
    this.#waiting -= piece.length;
    return piece;
  }

  clear(): void {
    this.#full = [];
    this.#from = this.#to;
    this.#waiting = 0;
  }
}
