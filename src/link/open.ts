import { availableParallelism } from 'node:os';
import { explain, unreachable } from './errors.ts';
import { addonIsBuilt, loadAddon, NativeTun, type TunAddon } from './native.ts';
import { TunLink } from './tun.ts';

export interface TunOptions {
  /** The device's name in the kernel, or a pattern such as `tun%d`. */
  readonly name: string;
  /** The kernel's own address on the device, and the prefix length of the network that is reached through it. */
  readonly address: string;
  readonly prefix: number;
  /** Our address in it: an error, if the kernel sends to another device what is for it. */
  readonly peer?: string | undefined;
  /** A second address, of the other family. */
  readonly address6?: string | undefined;
  readonly prefix6?: number | undefined;
  readonly peer6?: string | undefined;
  readonly mtu: number;
  /** Ask for virtio_net_hdr, checksum offload and super-segments. Without them everything works, more slowly. */
  readonly offload: boolean;
  /** One of several processes (or workers) that share the device, each with a queue of its own. */
  readonly multiQueue?: boolean | undefined;
  readonly driver?: 'native' | 'tuntap2' | undefined;
  /**
   * How long the event loop looks for packets before it sleeps, in microseconds, 0 to 1000, while they come so fast
   * (`native/busy-poll.c`; Linux's `net.core.busy_poll`). Default: 50, or 0 on a machine with one core.
   * It is a matter of the thread's event loop: of several devices on one, the last that was opened decides.
   */
  readonly busyPoll?: number | undefined;
}

/**
 * How many packets may wait for us in the kernel (`txqueuelen`) on a device that we make; Linux's own choice is 500. A
 * connection that opens and one that ends send us three packets each: 3,000 at once lost 5,000 to 9,000 of them with 500,
 * 3,000 to 4,000 with 4,000, and none with this (measured; native-notes/tun.md has more, and what it costs).
 */
export const QUEUE_LENGTH = 10_000;
/** Linux's recommendation (Documentation/admin-guide/sysctl/net.rst). Twice as much gained nothing more (measured). */
const BUSY_POLL = 50;
const BUSY_POLL_MAX = 1000;

/**
 * Opens a TUN device and configures it. A device that someone prepared (it was there, and has an address) is left as it
 * is, MTU and queue included, and only brought up if it is down: that way it takes no privilege to use one.
 */
export async function openTun(options: TunOptions): Promise<TunLink> {
  const { busyPoll } = options;
  if (busyPoll !== undefined && !(Number.isInteger(busyPoll) && busyPoll >= 0 && busyPoll <= BUSY_POLL_MAX)) {
    throw new RangeError(`busyPoll must be a whole number of microseconds from 0 to ${BUSY_POLL_MAX}, not ${busyPoll}`);
  }
  if (options.driver === 'tuntap2') {
    const { openTuntap2 } = await import('./tuntap2.ts');
    const device = await openTuntap2(options);
    try {
      if (addonIsBuilt()) checkRoutes(loadAddon(), device.name, options);
      return new TunLink(device);
    } catch (error) {
      device.close();
      throw error;
    }
  }
  const addon = loadAddon();
  let device: NativeTun | undefined;
  try {
    device = new NativeTun(options.name, { offload: options.offload, multiQueue: options.multiQueue ?? false }, addon);
    configure(addon, device, options);
    checkRoutes(addon, device.name, options);
    // On one core, a process that looks for a packet keeps its sender from sending it.
    addon.busyPoll(busyPoll ?? (availableParallelism() > 1 ? BUSY_POLL : 0));
    return new TunLink(device);
  } catch (error) {
    device?.close();
    throw explain(error, device?.name ?? options.name);
  }
}

/**
 * Another device may have the same network, or a route into it: the one that was there first wins, and a longer prefix always.
 * Only the kernel knows, with all of its tables and rules.
 */
function checkRoutes(addon: TunAddon, name: string, { peer, peer6 }: TunOptions): void {
  for (const address of [peer, peer6]) {
    if (address === undefined) continue;
    const instead = addon.routeTo(address);
    if (instead !== name) throw unreachable(address, name, instead);
  }
}

function configure(addon: TunAddon, device: NativeTun, options: TunOptions): void {
  const { name } = device;
  const link = addon.linkInfo(name);
  // The kernel gives a device that is up a link-local address by itself, so that one says nothing.
  const prepared = device.existed && link?.addresses.some((a) => !a.address.startsWith('fe80:'));
  if (!prepared) {
    addon.setLink(name, options.mtu, device.existed ? 0 : QUEUE_LENGTH, 0);
    addon.addAddress(name, options.address, options.prefix);
    if (options.address6 !== undefined) addon.addAddress(name, options.address6, options.prefix6 ?? 64);
  }
  if (!link?.up) addon.setLink(name, 0, 0, 1);
}
