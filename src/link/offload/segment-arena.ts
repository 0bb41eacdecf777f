import { copyBytes } from '../../basics/copy-bytes.ts';
import { Slab } from '../../wire/slab.ts';

/** As much as a TUN device's slab with super-segments: two of the longest. */
const SLAB_SIZE = 1 << 17;

/**
 * Memory in which packets are put together, one behind the other, lent for a batch as any slab is: where nothing of a batch was held, the
 * next one lies in the same bytes. So a batch of many short runs takes no more memory than what came.
 */
export class SegmentArena {
  readonly #longest: number;
  #slab = new Slab(new Uint8Array(0));
  #used = 0;
  /** Where this batch begins in the slab. */
  #batchStart = 0;

  /** @param longest bytes that may be put together */
  constructor(longest: number) {
    this.#longest = longest;
  }

  get slab(): Slab {
    return this.#slab;
  }

  /** What comes next begins here, in what is `slab` from now on. */
  begin(): number {
    if (this.#slab.bytes.length - this.#used < this.#longest) {
      this.#slab = new Slab(new Uint8Array(SLAB_SIZE));
      this.#used = this.#batchStart = 0;
    }
    return this.#used;
  }

  add(bytes: Uint8Array, from: number, to: number): void {
    copyBytes(bytes, from, this.#slab.bytes, this.#used, to - from);
    this.#used += to - from;
  }

  batchEnd(): void {
    if (!this.#slab.held) this.#used = this.#batchStart;
    this.#slab.held = false;
    this.#batchStart = this.#used;
  }
}
