import { foldChecksum, sumBytes } from '../wire/checksum.ts';
import type { Frame } from '../wire/frame.ts';
import { FRAME_FIELDS, SLICE_FIELDS, type TunDevice } from './device.ts';
import { VNET_HEADER, writeVnetHeader } from './offload/vnet-header.ts';

/** As many frames as a burst of a few connections has; each costs one system call, so more would save nothing. */
const MAX_FRAMES = 256;
/** A virtio_net_hdr, and all headers that a Frame has room for. */
const HEADER_ROOM = 176;
const MAX_SLICES = 1024;
const NOTHING = new Uint8Array(0);

/**
 * Frames on their way into one `TunDevice.write`: the headers copied into one arena, the payload as references. The
 * references are dropped by `clear`, so that chunks the application wrote don't stay alive on an idle link.
 */
export class TxBatch {
  readonly headers = new Uint8Array(MAX_FRAMES * HEADER_ROOM);
  readonly frames = new Int32Array(MAX_FRAMES * FRAME_FIELDS);
  /** What slices are pieces of; neighbouring ones are often of one. */
  readonly buffers: Uint8Array[] = new Array<Uint8Array>(MAX_SLICES).fill(NOTHING);
  readonly slices = new Int32Array(MAX_SLICES * SLICE_FIELDS);
  frameCount = 0;
  #headerEnd = 0;
  #sliceCount = 0;
  #bufferCount = 0;
  readonly #vnetHeader: boolean;

  constructor(vnetHeader: boolean) {
    this.#vnetHeader = vnetHeader;
  }

  /** Whether `add` has room for one more frame of this many slices. More than fit at all are made one by `add`. */
  hasRoom(sliceCount: number): boolean {
    const needed = sliceCount > MAX_SLICES ? 1 : sliceCount;
    return this.frameCount < MAX_FRAMES && this.#sliceCount + needed <= MAX_SLICES;
  }

  add(frame: Frame): void {
    const { headers, frames } = this;
    const at = this.frameCount++ * FRAME_FIELDS;
    frames[at] = this.#headerEnd;
    if (this.#vnetHeader) {
      writeVnetHeader(frame, headers, this.#headerEnd);
      this.#headerEnd += VNET_HEADER;
    }
    for (let i = frame.ipStart; i < frame.headerEnd; i++) headers[this.#headerEnd++] = frame.header[i]!;
    frames[at + 1] = this.#headerEnd - frames[at]!;
    frames[at + 2] = this.#sliceCount;
    if (frame.sliceCount > MAX_SLICES) this.#addSlice(joinPayload(frame), 0, frame.payloadLength);
    else {
      for (let i = 0; i < frame.sliceCount; i++) {
        this.#addSlice(frame.slices[i]!, frame.sliceFrom[i]!, frame.sliceTo[i]!);
      }
    }
    frames[at + 3] = this.#sliceCount - frames[at + 2]!;
    // Behind a virtio_net_hdr it is the kernel that completes it.
    const asked = frame.checksumPartial && !this.#vnetHeader;
    frames[at + 4] = frame.transportStart - frame.ipStart;
    frames[at + 5] = asked ? frame.transportStart - frame.ipStart + frame.checksumOffset : 0;
  }

  #addSlice(bytes: Uint8Array, from: number, to: number): void {
    const at = this.#sliceCount++ * SLICE_FIELDS;
    if (this.#bufferCount === 0 || this.buffers[this.#bufferCount - 1] !== bytes)
      this.buffers[this.#bufferCount++] = bytes;
    this.slices[at] = this.#bufferCount - 1;
    this.slices[at + 1] = from;
    this.slices[at + 2] = to;
  }

  /** Writes all frames; returns how many the device is done with. Throws when the device is gone. */
  write(device: TunDevice, stats: Int32Array): number {
    return device.write(this.headers, this.frames, this.frameCount, this.buffers, this.slices, stats);
  }

  /** Frame `index` in one piece of memory of its own, for keeping it beyond the flush. */
  copyFrame(index: number): Uint8Array {
    const pieces = framePieces(this.headers, this.frames, index, this.buffers, this.slices);
    const copy = joined(pieces);
    const [sumFrom, checksum] = this.frames.subarray(index * FRAME_FIELDS + 4);
    if (checksum !== 0)
      new DataView(copy.buffer).setUint16(checksum!, foldChecksum(sumBytes(copy, sumFrom!, copy.length, 0)));
    return copy;
  }

  clear(): void {
    for (let i = 0; i < this.#bufferCount; i++) this.buffers[i] = NOTHING;
    this.frameCount = 0;
    this.#bufferCount = 0;
    this.#headerEnd = 0;
    this.#sliceCount = 0;
  }
}

/** The pieces of one frame of a batch: its headers, then its payload. */
export function framePieces(
  headers: Uint8Array,
  frames: Int32Array,
  index: number,
  buffers: readonly Uint8Array[],
  slices: Int32Array,
): Uint8Array[] {
  const [headerFrom, headerLength, firstSlice, sliceCount] = frames.subarray(index * FRAME_FIELDS);
  const pieces = [headers.subarray(headerFrom, headerFrom! + headerLength!)];
  for (let i = firstSlice!; i < firstSlice! + sliceCount!; i++) {
    const [buffer, from, to] = slices.subarray(i * SLICE_FIELDS);
    pieces.push(buffers[buffer!]!.subarray(from, to));
  }
  return pieces;
}

function joinPayload({ slices, sliceFrom, sliceTo, sliceCount }: Frame): Uint8Array {
  return joined(Array.from({ length: sliceCount }, (_, i) => slices[i]!.subarray(sliceFrom[i]!, sliceTo[i]!)));
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
