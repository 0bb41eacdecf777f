import { FRAME_FIELDS, READ_AT, READ_FIELDS, READ_LENGTH, READ_SUM, SLICE_FIELDS } from '../../link/device.ts';
import { type DeviceAddon, NativeTun } from '../../link/native.ts';
import { foldSum, sumBytes } from '../../wire/checksum.ts';

/** What is at the other end of the device. */
export interface FarSide {
  /** The stack has written a packet: its headers begin at `at`, with the virtio_net_hdr if granted. Borrowed until this returns. */
  receive(headers: Uint8Array, at: number, payloadLength: number): void;
}

const READABLE = 1;
/** The longest packet, and what the addon asks for in front of it. */
const ROOM_FOR_READ = 65_562;
/** More than is ever under way. What has no room is lost, as where a device's queue is full. */
const QUEUE_SIZE = 1 << 20;

/**
 * A TUN device without a kernel: it stands in the addon's place, so that NativeTun and TunLink, and the objects that they are given, are
 * those that are used on the real one.
 */
export class MemoryDevice implements DeviceAddon {
  readonly roomForRead = ROOM_FOR_READ;
  readonly #farSide: FarSide;
  readonly #mtu: number;
  #vnetHeader = false;
  /** The packets that wait for the stack, one behind the other, and the length of each. */
  readonly #queue = new Uint8Array(QUEUE_SIZE);
  #from = 0;
  #to = 0;
  #lengths: number[] = [];
  #callback: ((events: number, status: number) => void) | null = null;
  #turn: NodeJS.Immediate | null = null;

  constructor(farSide: FarSide, mtu: number) {
    this.#farSide = farSide;
    this.#mtu = mtu;
  }

  /** The device, as a link takes it. */
  tun(offload: boolean): NativeTun {
    return new NativeTun('memory', { offload, multiQueue: false }, this);
  }

  /** A packet for the stack, `length` bytes long, which `write` writes where it is told. */
  put(length: number, write: (bytes: Uint8Array, at: number) => void): void {
    if (this.#to + length > QUEUE_SIZE) return;
    write(this.#queue, this.#to);
    this.#to += length;
    this.#lengths.push(length);
    this.#turn ??= setImmediate(this.#readable);
  }

  readonly #readable = (): void => {
    this.#turn = null;
    this.#callback?.(READABLE, 0);
    if (this.#callback !== null && this.#lengths.length > 0) this.#turn ??= setImmediate(this.#readable);
  };

  // ---- What the addon does

  open(name: string, vnetHeader: 0 | 1): ReturnType<DeviceAddon['open']> {
    const offload = vnetHeader === 1;
    this.#vnetHeader = offload;
    const granted = { vnetHeader: offload, checksum: offload, tso4: offload, tso6: offload };
    return { handle: 0, name, existed: false, multiQueue: false, ...granted };
  }

  watch(_handle: number, callback: (events: number, status: number) => void): void {
    this.#callback = callback;
  }

  watchWritable(): void {}

  setRef(): void {}

  linkInfo(): ReturnType<DeviceAddon['linkInfo']> {
    return { index: 1, up: true, mtu: this.#mtu, queueLength: 10_000, addresses: [] };
  }

  read(_handle: number, slab: Uint8Array, from: number, table: Int32Array): number {
    const most = table.length / READ_FIELDS;
    let count = 0;
    let at = from;
    while (count < Math.min(most, this.#lengths.length) && slab.length - at >= ROOM_FOR_READ) {
      const length = this.#lengths[count]!;
      slab.set(this.#queue.subarray(this.#from, this.#from + length), at);
      const entry = READ_FIELDS * count++;
      table[entry + READ_AT] = at;
      table[entry + READ_LENGTH] = length;
      table[entry + READ_SUM] = this.#vnetHeader ? -1 : foldSum(sumBytes(slab, at, at + length, 0));
      this.#from += length;
      at += length;
    }
    this.#lengths = this.#lengths.slice(count);
    if (this.#lengths.length === 0) this.#from = this.#to = 0;
    return count;
  }

  write(
    _handle: number,
    headers: Uint8Array,
    frames: Int32Array,
    frameCount: number,
    _buffers: readonly Uint8Array[],
    slices: Int32Array,
  ): number {
    for (let frame = 0; frame < frameCount; frame++) {
      const [at, , firstSlice, sliceCount] = frames.subarray(frame * FRAME_FIELDS);
      let payloadLength = 0;
      for (let slice = firstSlice!; slice < firstSlice! + sliceCount!; slice++) {
        payloadLength += slices[slice * SLICE_FIELDS + 2]! - slices[slice * SLICE_FIELDS + 1]!;
      }
      this.#farSide.receive(headers, at!, payloadLength);
    }
    return frameCount;
  }

  close(): void {
    this.#callback = null;
    if (this.#turn !== null) clearImmediate(this.#turn);
    this.#turn = null;
  }
}
