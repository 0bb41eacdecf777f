import { copyBytes } from '../../basics/copy-bytes.ts';
import { Slab } from '../../wire/slab.ts';
import { type Framing, type FramingFault, frameLength, prefixLength } from './framing.ts';

/** Gets each packet: `slab.bytes[start, end)`. False: no more of them. */
export type PacketTaker = (slab: Slab, start: number, end: number) => boolean;

/** Memory for a frame that a cut goes through has room for the usual ones, and for the bytes that tell a length. */
const LEAST_ROOM = 2048;

/**
 * Finds the packets in a stream that is cut anywhere. A packet that lies in one chunk is handed on where it lies; one that a cut
 * goes through is put together in memory of its own. No more is kept than one frame that isn't whole.
 */
export class Splitter {
  readonly #framing: Framing;
  readonly #longest: number;
  readonly #prefix: number;
  readonly #take: PacketTaker;
  /** The frame that isn't whole, and how much of it is there. */
  #slab = new Slab(new Uint8Array(LEAST_ROOM));
  /** Memory of frames that were handed on in this batch. */
  #lent: Slab[] = [];
  #free: Slab[] = [];
  #kept = 0;
  /** How long it will be; 0: too little of it is there to tell. */
  #length = 0;

  /** @param longest packet that there may be */
  constructor(framing: Framing, longest: number, take: PacketTaker) {
    this.#framing = framing;
    this.#longest = longest;
    this.#prefix = prefixLength(framing);
    this.#take = take;
  }

  /** How many bytes are kept of a frame that isn't whole yet. */
  get kept(): number {
    return this.#kept;
  }

  /**
   * Hands on every packet that is whole with this chunk, and keeps what isn't. A packet's memory is the chunk's, or the splitter's
   * own until `batchEnd`.
   * @returns why there is no going on; null: there is
   */
  push(chunk: Slab): FramingFault | null {
    const { bytes } = chunk;
    const end = bytes.length;
    const begin = this.#kept > 0 ? this.#complete(bytes) : 0;
    if (typeof begin === 'string') return begin;
    for (let at = begin; at < end; ) {
      const length = frameLength(this.#framing, this.#longest, bytes, at, end);
      if (typeof length === 'string') return length;
      if (length === 0 || length > end - at) {
        this.#length = length;
        this.#add(bytes, at, end - at);
        return null;
      }
      if (!this.#take(chunk, at + this.#prefix, at + length)) return null;
      at += length;
    }
    return null;
  }

  /** The packets that were handed on are done with, unless their slab is held. */
  batchEnd(): void {
    if (this.#lent.length === 0) return;
    this.#free = this.#lent.filter((slab) => !slab.held);
    this.#lent = [];
  }

  /** Adds the beginning of the chunk to the frame that isn't whole. Returns how much of the chunk that took: all, while it still isn't. */
  #complete(bytes: Uint8Array): number | FramingFault {
    let at = 0;
    while (this.#length === 0) {
      if (at === bytes.length) return at;
      this.#add(bytes, at++, 1);
      const length = frameLength(this.#framing, this.#longest, this.#slab.bytes, 0, this.#kept);
      if (typeof length === 'string') return length;
      this.#length = length;
    }
    const more = Math.min(this.#length - this.#kept, bytes.length - at);
    this.#add(bytes, at, more);
    if (this.#kept < this.#length) return bytes.length;
    const slab = this.#slab;
    const length = this.#length;
    this.#kept = 0;
    this.#length = 0;
    this.#lent.push(slab);
    this.#slab = this.#free.pop() ?? new Slab(new Uint8Array(Math.max(length, LEAST_ROOM)));
    return this.#take(slab, this.#prefix, length) ? at + more : bytes.length;
  }

  #add(bytes: Uint8Array, from: number, length: number): void {
    if (this.#slab.bytes.length < this.#length) {
      const longer = new Slab(new Uint8Array(this.#length));
      copyBytes(this.#slab.bytes, 0, longer.bytes, 0, this.#kept);
      this.#slab = longer;
    }
    copyBytes(bytes, from, this.#slab.bytes, this.#kept, length);
    this.#kept += length;
  }
}
