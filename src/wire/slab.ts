/**
 * A piece of memory that packets are read into.
 *
 * Ownership: the link owns the slab and lends it for one batch. A layer that keeps a slice of it beyond the end of the batch
 * (a user to whom a long piece was handed up; TCP's own queues copy what they keep) has `held` set before it ends; the link
 * then never writes into this batch's bytes again, and the garbage collector takes the slab when the last slice is gone.
 * Bytes of a batch that were not held are read into again, so data that is consumed at once costs no memory.
 */
export class Slab {
  readonly bytes: Uint8Array;
  held = false;
  private words: DataView | null = null;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The same bytes, to be read in words. */
  get view(): DataView {
    this.words ??= viewOf(this.bytes);
    return this.words;
  }
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);
