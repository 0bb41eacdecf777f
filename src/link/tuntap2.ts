import { fstatSync, writeSync, writevSync } from 'node:fs';
import { address } from '../wire/address.ts';
import { Frame } from '../wire/frame.ts';
import { ICMP_ECHO, ICMP_HEADER, sealIcmp } from '../wire/icmp/icmp.ts';
import { PROTOCOL_ICMP, writeIpv4 } from '../wire/ipv4.ts';
import {
  READ_AT,
  READ_FIELDS,
  READ_LENGTH,
  READ_SUM,
  STATS_DOWN,
  STATS_LAST_ERROR,
  STATS_REJECTED,
  type TunDevice,
  type TunDeviceEvents,
} from './device.ts';
import { LinkError } from './errors.ts';
import { VNET_HEADER } from './offload/vnet-header.ts';
import { framePieces } from './tx-batch.ts';

/** The part of the npm package tuntap2 that is used here (its README, and its types). */
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
  /** The open file, in blocking mode. */
  readonly _fd: number;
  /** The file is closed, or will be as soon as nothing reads it. */
  readonly destroyed: boolean;
  on(event: 'data', listener: (packet: Uint8Array) => void): unknown;
  on(event: 'error' | 'close', listener: () => void): unknown;
  pause(): unknown;
  /** Closes the file, when the read that is under way has ended; then calls `done`. */
  release(done: () => void): void;
}

export interface Tuntap2Options {
  /** The kernel's IPv4 address, */
  readonly address: string;
  /** and ours, from where the kernel is asked for an answer at the end. */
  readonly peer?: string | undefined;
  readonly prefix: number;
  readonly address6?: string | undefined;
  readonly prefix6?: number | undefined;
  readonly mtu: number;
}

/** Loads the optional package and opens a device with it. See native-notes/tuntap2.md for why it isn't the default. */
export async function openTuntap2(options: Tuntap2Options, load = () => loadPackage()): Promise<Tuntap2Device> {
  const { Tun } = await load();
  try {
    const tun = new Tun();
    tun.mtu = options.mtu;
    setAddress(tun, options.address, options.prefix);
    if (options.address6 !== undefined) setAddress(tun, options.address6, options.prefix6 ?? 64);
    tun.isUp = true;
    const { peer } = options;
    return new Tuntap2Device(tun, options.mtu, peer === undefined ? null : echoRequest(peer, options.address));
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

/** Not a literal in `import`: the package is optional, so neither the compiler nor a bundler may insist on it. */
export async function loadPackage(name = 'tuntap2'): Promise<Tuntap2Module> {
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
/** What drivers/net/tun.c answers once the device is gone; Node has no name for it. */
const EBADFD = 77;
const EIO = 5;
/** writev takes 1,024 pieces (IOV_MAX); of more, Node would make two calls, and the device two packets. */
const MAX_PIECES = 1024;
/** How long, and how often, the reading thread is woken at the end. */
const WAKE_STEP_MS = 10;
const MAX_WAKES = 100;

/** Packets that the stream has delivered and the link has not read; more are dropped, as a network card would. */
const MAX_PENDING = 1024;

/**
 * A tuntap2 stream as a TunDevice, without offload. Reading is the package's own: a job for a thread of libuv's pool, a
 * Buffer and an event for each packet. Writing goes to its file directly, in order and at once: the stream takes 16 KiB,
 * then says no until each packet was a job for a thread of the pool, and the rest of a window had no room to wait for that
 * (measured: of a download of 30 MB 261 packets dropped, and sent again; now none).
 */
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
  #closed = false;
  readonly #wakePacket: Uint8Array | null;
  /** Which device the file is. */
  readonly #rdev: number;

  /** @param wakePacket one that the kernel answers; without it closing waits for the next packet */
  constructor(tun: Tuntap2Tun, mtu: number, wakePacket: Uint8Array | null) {
    this.#tun = tun;
    this.name = tun.name;
    this.mtu = mtu;
    this.#wakePacket = wakePacket;
    this.#rdev = fstatSync(tun._fd).rdev;
  }

  watch(events: TunDeviceEvents): void {
    this.#events = events;
    this.#tun.on('data', (packet) => this.#arrived(packet));
    // Without a listener an 'error' would end the process; 'close' may follow it or not.
    this.#tun.on('error', () => this.#gone());
    this.#tun.on('close', () => this.#gone());
  }

  /** `write` is never done with less than all. */
  watchWritable(): void {}

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

  readonly write: TunDevice['write'] = (headers, frames, frameCount, buffers, slices, stats) => {
    this.#check();
    for (let i = 0; i < frameCount; i++) {
      const pieces = framePieces(headers, frames, i, buffers, slices);
      try {
        writevSync(this.#tun._fd, pieces.length > MAX_PIECES ? [Buffer.concat(pieces)] : pieces);
      } catch (error) {
        countRefusal(error as NodeJS.ErrnoException, stats);
      }
    }
    return frameCount;
  };

  #check(): void {
    if (this.#closed || this.#tun.destroyed)
      throw Object.assign(new Error('EBADF: device is closed'), { code: 'EBADF' });
  }

  /** The package reads on libuv's thread pool, where a read can't be unreferenced: these do nothing. */
  ref(): void {}
  unref(): void {}

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pending = [];
    if (!this.#tun.destroyed) this.#wakeUntilReleased();
  }

  /**
   * A thread of libuv's pool is in read(2), and stays there until a packet comes. Until then the device stays as well, and
   * so does the process: at its end it waits for its threads, whatever signal ended it. So the kernel is made to send one.
   */
  #wakeUntilReleased(): void {
    let timer: NodeJS.Timeout | null = null;
    let left = MAX_WAKES;
    const again = (): void => {
      this.#wake();
      timer = --left > 0 ? setTimeout(again, WAKE_STEP_MS) : null;
    };
    process.once('exit', this.#wake);
    this.#tun.pause();
    this.#tun.release(() => {
      clearTimeout(timer ?? undefined);
      process.off('exit', this.#wake);
    });
    again();
  }

  readonly #wake = (): void => {
    const { _fd: fd } = this.#tun;
    try {
      // The number may be another file's by now.
      if (this.#wakePacket && fstatSync(fd).rdev === this.#rdev) writeSync(fd, this.#wakePacket);
    } catch {
      // The file is closed, or the device is down or deleted.
    }
  };
}

/** Counts a packet that the kernel refused. Throws when the device is gone. */
function countRefusal(error: NodeJS.ErrnoException, stats: Int32Array): void {
  const errno = -(error.errno ?? 0);
  if (errno === EBADFD) throw Object.assign(new Error('EBADFD: device is gone'), { code: 'EBADFD' });
  stats[STATS_LAST_ERROR] = errno;
  stats[errno === EIO ? STATS_DOWN : STATS_REJECTED]!++;
}

/** An ICMP Echo without data. */
function echoRequest(from: string, to: string): Uint8Array {
  const frame = new Frame();
  frame.reset(ICMP_HEADER);
  frame.header[frame.transportStart] = ICMP_ECHO;
  sealIcmp(frame, 0);
  writeIpv4(frame, address(from), address(to), PROTOCOL_ICMP, 0, 64, 0);
  return frame.header.slice(frame.ipStart, frame.headerEnd);
}
