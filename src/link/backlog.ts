import { FRAME_FIELDS, SLICE_FIELDS, type TunDevice } from './device.ts';

const NO_HEADERS = new Uint8Array(0);

/**
 * Frames that a full device didn't take, each a copy in one piece, oldest first. Bounded: a link that queues without end
 * only hides loss from congestion control and adds delay (RFC 7567, section 1.2).
 */
export class Backlog {
  readonly #limit: number;
  readonly #frames: Int32Array;
  readonly #slices: Int32Array;
  #packets: Uint8Array[] = [];

  constructor(limit: number) {
    this.#limit = limit;
    // Each waiting frame is "no header, one slice": its place in `#packets` is its place in these arrays too.
    this.#frames = new Int32Array(limit * FRAME_FIELDS);
    this.#slices = new Int32Array(limit * SLICE_FIELDS);
    for (let i = 0; i < limit; i++) {
      this.#frames[i * FRAME_FIELDS + 2] = i;
      this.#frames[i * FRAME_FIELDS + 3] = 1;
      this.#slices[i * SLICE_FIELDS] = i;
    }
  }

  get length(): number {
    return this.#packets.length;
  }

  /** False when the queue is full; the packet is then dropped. */
  push(packet: Uint8Array): boolean {
    if (this.#packets.length >= this.#limit) return false;
    this.#packets.push(packet);
    return true;
  }

  /** Writes what the device takes now; returns how many frames it is done with. Throws when the device is gone. */
  write(device: TunDevice, stats: Int32Array): number {
    const count = this.#packets.length;
    for (let i = 0; i < count; i++) this.#slices[i * SLICE_FIELDS + 2] = this.#packets[i]!.length;
    const done = device.write(NO_HEADERS, this.#frames, count, this.#packets, this.#slices, stats);
    this.#packets = this.#packets.slice(done);
    return done;
  }

  clear(): number {
    const dropped = this.#packets.length;
    this.#packets = [];
    return dropped;
  }
}
