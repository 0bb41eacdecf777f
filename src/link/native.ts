import { createRequire } from 'node:module';
import type { TunDevice, TunDeviceEvents, TunGrant } from './device.ts';

/** The addon's functions; `native/*.c` says at each what it does. Errors have Node's `code` and `syscall`. */
export interface TunAddon {
  readonly roomForRead: number;
  open(name: string, vnetHeader: 0 | 1, multiQueue: 0 | 1): OpenResult;
  watch(handle: number, callback: (events: number, status: number) => void): void;
  watchWritable(handle: number, on: 0 | 1): void;
  setRef(handle: number, on: 0 | 1): void;
  close(handle: number): void;
  features(): number;
  read(handle: number, ...room: Parameters<TunDevice['read']>): number;
  write(handle: number, ...batch: Parameters<TunDevice['write']>): number;
  busyPoll(limit: number): void;
  linkInfo(name: string): LinkInfo | null;
  setLink(name: string, mtu: number, queueLength: number, up: 0 | 1): void;
  addAddress(name: string, address: string, prefix: number): void;
  routeTo(address: string): string | null;
  dropCapabilities(): void;
  peerCredentials(fd: number): PeerCredentials;
  openListener(address: string, port: number, backlog: number): number;
  acceptFrom(fd: number): number;
  closeListener(fd: number): void;
  socketState(local: string, localPort: number, remote: string, remotePort: number): KernelSocketState | null;
}

/** A TCP socket of the kernel's: its state as include/net/tcp_states.h numbers it; milliseconds until its timer fires, 0: none runs. */
export interface KernelSocketState {
  readonly state: number;
  readonly timer: number;
}

/** Who is at the other end of a Unix socket, as its numbers are in our user namespace. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

export interface OpenResult extends Omit<TunGrant, 'sums'> {
  readonly handle: number;
  readonly name: string;
  /** The device was there before: someone else made it, and it outlives us. */
  readonly existed: boolean;
  readonly multiQueue: boolean;
}

/** The kernel's side of a device. */
export interface LinkInfo {
  readonly index: number;
  readonly up: boolean;
  readonly mtu: number;
  /** How many packets may wait until the process that has the device reads them (`txqueuelen`). */
  readonly queueLength: number;
  readonly addresses: readonly { readonly address: string; readonly prefix: number }[];
}

/** How to get the addon where it isn't built: pnpm runs the install script of a dependency only when it was told to. */
export const BUILD_ADDON =
  '`npm rebuild tcpglass`; with pnpm, `pnpm approve-builds` (it needs g++, make and python3: `apt-get install g++ make python3`)';

let loaded: TunAddon | undefined;

/** The addon, loaded at first use. Throws one sentence with what to do when it isn't built. */
export function loadAddon(): TunAddon {
  if (loaded) return loaded;
  // The same relative path from src/link and from dist/link: the addon lies beside its C files.
  const path = '../../src/link/native/build/Release/tun.node';
  try {
    loaded = createRequire(import.meta.url)(path) as TunAddon;
    return loaded;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (process.platform !== 'linux') throw addonError(ONLY_LINUX(process.platform));
    const reason = code === 'MODULE_NOT_FOUND' ? 'it is not built' : message.split('\n')[0];
    throw addonError(`Cannot load the TUN addon: ${reason}. Run ${BUILD_ADDON}`);
  }
}

const addonError = (message: string): Error => Object.assign(new Error(message), { code: 'ERR_TUN_ADDON' });

const ONLY_LINUX = (platform: string): string =>
  `Cannot open a TUN device: they are Linux's, and this is ${platform}. Without one there are packetStreamLink, Cable and links of your own (native-notes/links.md)`;

/** Whether there is an addon: a device opened with tuntap2 needs none. */
export function addonIsBuilt(): boolean {
  try {
    loadAddon();
    return true;
  } catch {
    return false;
  }
}

const READABLE = 1;
const WRITABLE = 2;

/** What of the addon makes a device: whatever else has the same functions makes one, too. */
export type DeviceAddon = Pick<
  TunAddon,
  'roomForRead' | 'open' | 'watch' | 'watchWritable' | 'setRef' | 'close' | 'read' | 'write' | 'linkInfo'
>;

/** A TUN device by the native addon. */
export class NativeTun implements TunDevice {
  readonly name: string;
  readonly existed: boolean;
  readonly grant: TunGrant;
  readonly roomForRead: number;
  readonly #addon: DeviceAddon;
  readonly #handle: number;

  /** Opens `name`, which may be a pattern (`tun%d`): creates the device, or attaches to it if it is there. */
  constructor(
    name: string,
    options: { readonly offload: boolean; readonly multiQueue: boolean },
    addon: DeviceAddon = loadAddon(),
  ) {
    const opened = addon.open(name, options.offload ? 1 : 0, options.multiQueue ? 1 : 0);
    this.name = opened.name;
    this.existed = opened.existed;
    this.grant = {
      vnetHeader: opened.vnetHeader,
      checksum: opened.checksum,
      tso4: opened.tso4,
      tso6: opened.tso6,
      sums: !opened.vnetHeader,
    };
    this.roomForRead = addon.roomForRead;
    this.#addon = addon;
    this.#handle = opened.handle;
  }

  get mtu(): number {
    return this.#addon.linkInfo(this.name)?.mtu ?? 0;
  }

  get queueLength(): number {
    return this.#addon.linkInfo(this.name)?.queueLength ?? 0;
  }

  watch(events: TunDeviceEvents): void {
    this.#addon.watch(this.#handle, (ready, status) => {
      if (status !== 0) events.gone();
      // Writing first: it makes room for the answers that reading produces.
      if (ready & WRITABLE) events.writable();
      if (ready & READABLE) events.readable();
    });
  }

  watchWritable(on: boolean): void {
    this.#addon.watchWritable(this.#handle, on ? 1 : 0);
  }

  readonly read: TunDevice['read'] = (slab, from, table) => this.#addon.read(this.#handle, slab, from, table);

  readonly write: TunDevice['write'] = (headers, frames, frameCount, buffers, slices, stats) =>
    this.#addon.write(this.#handle, headers, frames, frameCount, buffers, slices, stats);

  ref(): void {
    this.#addon.setRef(this.#handle, 1);
  }

  unref(): void {
    this.#addon.setRef(this.#handle, 0);
  }

  close(): void {
    this.#addon.close(this.#handle);
  }
}
