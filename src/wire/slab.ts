/**
 * A piece of memory that packets are read into.
 *
 * Ownership: the link owns the slab and lends it for one batch. Whoever keeps a slice of it beyond the end of the batch
 * (the receive queue, the reassembly queue, the application) sets `held`; the link then never writes into the slab
 * again, and the garbage collector takes it when the last slice is gone. A slab that nobody held is read into again, so
 * data that is consumed at once costs no memory.
 */
export class Slab {
  readonly bytes: Uint8Array;
  held = false;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}
