import {
  FRAME_FIELDS,
  READ_AT,
  READ_FIELDS,
  READ_LENGTH,
  READ_SUM,
  SLICE_FIELDS,
  STATS_REJECTED,
  type TunDevice,
  type TunDeviceEvents,
} from './device.ts';
import { LinkError } from './errors.ts';
import { VNET_HEADER } from './vnet-header.ts';

/** The part of the npm package tuntap2 that is used here (its README, version 0.9). */
export interface Tuntap2Module {
  readonly Tun: new () => Tuntap2Tun;
}

/** A Node Duplex stream: one chunk is one IP packet. */
export interface Tuntap2Tun {
  /** Chosen by the kernel; the package can't set it. */
  readonly name: string;
  mtu: number;
  ipv4: string;
  ipv6: string;
  isUp: boolean;
  on(event: 'data', listener: (packet: Uint8Array) => void): unknown;
  on(event: 'drain', listener: () => void): unknown;
  on(event: 'error' | 'close', listener: () => void): unknown;
  /** False: the stream's buffer is full until 'drain'. */
  write(packet: Uint8Array): boolean;
  pause(): unknown;
  release(): void;
}

export interface Tuntap2Options {
  readonly address: string;
  readonly prefix: number;
  readonly address6?: string | undefined;
  readonly prefix6?: number | undefined;
  readonly mtu: number;
}

/** Loads the optional package and opens a device with it. See native-notes/tuntap2.md for why it isn't the default. */
export async function openTuntap2(options: Tuntap2Options, load = loadPackage): Promise<Tuntap2Device> {
  const { Tun } = await load();
  try {
    const tun = new Tun();
    tun.mtu = options.mtu;
    setAddress(tun, options.address, options.prefix);
    if (options.address6 !== undefined) setAddress(tun, options.address6, options.prefix6 ?? 64);
    tun.isUp = true;
    return new Tuntap2Device(tun, options.mtu);
  } catch (error) {
    // The package throws strings as well as Errors.
    const reason = error instanceof Error ? error.message : String(error);
    throw new LinkError(
      'ERR_TUNTAP2',
      `Cannot open a device with tuntap2: ${reason}. Run as root, in Docker with --device /dev/net/tun --cap-add NET_ADMIN`,
      { cause: error },
    );
  }
}

async function loadPackage(): Promise<Tuntap2Module> {
  // Not a literal: the package is optional, so neither the compiler nor a bundler may insist on it.
  const name: string = 'tuntap2';
  try {
    const loaded = (await import(name)) as Tuntap2Module & { readonly default?: Tuntap2Module };
    return loaded.Tun ? loaded : loaded.default!;
  } catch (error) {
    throw new LinkError(
      'ERR_TUNTAP2',
      'Cannot load tuntap2: the optional package is not installed. Run "npm install tuntap2", or leave out --driver',
      { cause: error },
    );
  }
}

function setAddress(tun: Tuntap2Tun, address: string, prefix: number): void {
  if (address.includes(':')) tun.ipv6 = `${address}/${prefix}`;
  else tun.ipv4 = `${address}/${prefix}`;
}

/** A TUN device's queue as it is made (drivers/net/tun.c); the package can't set it. */
const TUN_READQ_SIZE = 500;
/** Packets that the stream has delivered and nobody has read; more are dropped, as a network card would. */
const MAX_PENDING = 1024;

/** A tuntap2 stream as a TunDevice: packets are copied in and out one by one, without offload. */
export class Tuntap2Device implements TunDevice {
  readonly name: string;
  readonly mtu: number;
  readonly queueLength = TUN_READQ_SIZE;
  readonly grant = { vnetHeader: false, checksum: false, tso4: false, tso6: false, sums: false };
  readonly roomForRead = 65536 + VNET_HEADER;
  readonly #tun: Tuntap2Tun;
  #events: TunDeviceEvents | null = null;
  #pending: Uint8Array[] = [];
  #scheduled = false;
  #full = false;
  #wantsWritable = false;
  #closed = false;

  constructor(tun: Tuntap2Tun, mtu: number) {
    this.#tun = tun;
    this.name = tun.name;
    this.mtu = mtu;
  }

  watch(events: TunDeviceEvents): void {
    this.#events = events;
    this.#tun.on('data', (packet) => this.#arrived(packet));
    this.#tun.on('drain', () => {
      this.#full = false;
      if (this.#wantsWritable && !this.#closed) events.writable();
    });
    // Without a listener an 'error' would end the process; 'close' may follow it or not.
    this.#tun.on('error', () => this.#gone());
    this.#tun.on('close', () => this.#gone());
  }

  watchWritable(on: boolean): void {
    this.#wantsWritable = on;
  }

  #arrived(packet: Uint8Array): void {
    if (this.#closed || this.#pending.length >= MAX_PENDING) return;
    this.#pending.push(packet);
    this.#schedule();
  }

  /**
   * The stream delivers one packet per event; what comes in one turn of the event loop is made one batch. The link stops
   * before the end when there is much (it has a limit per wake-up), and is woken again for the rest.
   */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#closed) return;
      this.#events?.readable();
      if (this.#pending.length > 0) this.#schedule();
    });
  }

  #gone(): void {
    if (!this.#closed) this.#events?.gone();
  }

  read(slab: Uint8Array, from: number, table: Int32Array): number {
    this.#check();
    let at = from;
    let count = 0;
    for (const packet of this.#pending) {
      if (READ_FIELDS * (count + 1) > table.length || slab.length - at < packet.length) break;
      slab.set(packet, at);
      table[READ_FIELDS * count + READ_AT] = at;
      table[READ_FIELDS * count + READ_LENGTH] = packet.length;
      table[READ_FIELDS * count + READ_SUM] = -1;
      at += packet.length;
      count++;
    }
    this.#pending.splice(0, count);
    return count;
  }

  write(
    headers: Uint8Array,
    frames: Int32Array,
    frameCount: number,
    buffers: readonly Uint8Array[],
    slices: Int32Array,
    stats: Int32Array,
  ): number {
    this.#check();
    for (let i = 0; i < frameCount; i++) {
      if (this.#full) return i;
      const [headerFrom, headerLength, firstSlice, sliceCount] = frames.subarray(FRAME_FIELDS * i);
      const pieces = [headers.subarray(headerFrom, headerFrom! + headerLength!)];
      for (let s = firstSlice!; s < firstSlice! + sliceCount!; s++) {
        const [buffer, from, to] = slices.subarray(SLICE_FIELDS * s);
        pieces.push(buffers[buffer!]!.subarray(from, to));
      }
      try {
        this.#full = !this.#tun.write(Buffer.concat(pieces));
      } catch {
        stats[STATS_REJECTED]!++;
      }
    }
    return frameCount;
  }

  #check(): void {
    if (this.#closed) throw Object.assign(new Error('EBADF: device is closed'), { code: 'EBADF' });
  }

  /** The package reads on libuv's thread pool, where a read can't be unreferenced: these do nothing. */
  ref(): void {}
  unref(): void {}

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pending = [];
    this.#tun.pause();
    this.#tun.release();
  }
}
