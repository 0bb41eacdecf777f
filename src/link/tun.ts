import type { Frame } from '../wire/frame.ts';
import { Packet } from '../wire/packet.ts';
import { Slab } from '../wire/slab.ts';
import { Backlog } from './backlog.ts';
import {
  READ_AT,
  READ_FIELDS,
  READ_LENGTH,
  READ_SUM,
  STATS_DOWN,
  STATS_FIELDS,
  STATS_REJECTED,
  type TunDevice,
} from './device.ts';
import { SoftwareOffload } from './offload/gso.ts';
import { readVnetHeader, VNET_HEADER } from './offload/vnet-header.ts';
import type { Link, LinkReceiver } from './terms/link.ts';
import { TunCounters } from './tun-counters.ts';
import { TxBatch } from './tx-batch.ts';

/**
 * What is read at once at the most. Two of the longest super-segments, so that a bulk sender gets an ACK that often: with
 * four and with seven, less was received. Without super-segments 180 long packets; with half of them, less (measured).
 */
const SLAB_SIZE = 1 << 17;
const SLAB_SIZE_PLAIN = 1 << 18;
const MAX_PACKETS_PER_BATCH = 512;
/**
 * At most so many batches are read by one `poll`: 8 MiB, or 32,768 short packets. That is more than has been waiting,
 * unless several senders' whole windows have; what is left then is read when the event loop comes to it.
 */
const MAX_BATCHES_PER_POLL = 64;
/** At most 16 MiB, when all are super-segments. */
const BACKLOG_PACKETS = 256;
/** The longest IPv4 packet. IPv6 could have 40 bytes more; one limit for both is worth more than they are. */
const GSO_MAX_SIZE = 65535;

/** EBADFD is the driver's word for a deleted device, EBADF ours for a closed one. Anything else is a mistake in here. */
function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'EBADFD' || code === 'EBADF';
}

/**
 * The link to the kernel: a TUN device, read and written in batches.
 *
 * Received packets lie in a slab of this link's, lent for the batch. When no queue and no application holds any of them, the
 * next batch is read into the same bytes; otherwise reading goes on behind this one, and a new slab is taken when there is no
 * room. So a slab that is held was filled by batches of which something is held; a small piece that is held for long
 * holds all of it: copy it instead.
 */
export class TunLink implements Link {
  readonly name: string;
  readonly mtu: number;
  /** As the device had it when the link was made: root may change it any time. */
  readonly queueLength: number;
  readonly checksumOffload: boolean;
  readonly gsoMaxSize: number;
  readonly counters = new TunCounters();

  readonly #device: TunDevice;
  readonly #vnetHeader: boolean;
  #receiver: LinkReceiver | null = null;
  #closed = false;

  readonly #packet = new Packet();
  readonly #table = new Int32Array(READ_FIELDS * MAX_PACKETS_PER_BATCH);
  #slab: Slab;
  /** Up to here the slab's bytes are lent. */
  #slabUsed = 0;

  readonly #batch: TxBatch;
  readonly #backlog: Backlog;
  /** What became of the frames of one write. */
  readonly #stats = new Int32Array(STATS_FIELDS);
  readonly #offload = new SoftwareOffload();

  /** Takes over an open device. It is watched from `attach` on, and closed by `close`. */
  constructor(device: TunDevice, options: { readonly backlogPackets?: number } = {}) {
    this.#device = device;
    this.name = device.name;
    this.mtu = device.mtu;
    this.queueLength = device.queueLength;
    this.#vnetHeader = device.grant.vnetHeader;
    this.checksumOffload = this.#vnetHeader || device.grant.sums;
    this.gsoMaxSize = this.#vnetHeader ? GSO_MAX_SIZE : 0;
    this.#batch = new TxBatch(this.#vnetHeader);
    this.#backlog = new Backlog(options.backlogPackets ?? BACKLOG_PACKETS);
    this.#slab = this.#newSlab();
  }

  attach(receiver: LinkReceiver): void {
    const first = this.#receiver === null;
    this.#receiver = receiver;
    if (!first) return;
    this.#device.watch({
      readable: () => this.#readBatch(),
      writable: () => this.#writable(),
      gone: () => this.#gone(),
    });
    if (this.#backlog.length > 0) this.#device.watchWritable(true);
  }

  /** Whether the link keeps the process alive. It does, once attached, until `unref` or `close`. */
  ref(): void {
    if (!this.#closed) this.#device.ref();
  }

  unref(): void {
    if (!this.#closed) this.#device.unref();
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    this.counters.txClosed += this.#backlog.clear();
    this.#device.close();
  }

  // ---- inward -------------------------------------------------------------------------------------------------------

  poll(): void {
    for (let left = MAX_BATCHES_PER_POLL; left > 0 && !this.#closed && this.#readBatch() > 0; left--);
  }

  /** Reads and hands up one batch; returns its number of packets. If there is more, the device calls again. */
  #readBatch(): number {
    const { roomForRead } = this.#device;
    if (this.#slab.bytes.length - this.#slabUsed < roomForRead) {
      this.#slab = this.#newSlab();
      this.#slabUsed = 0;
    }
    const slab = this.#slab;
    const from = this.#slabUsed;
    let count: number;
    try {
      count = this.#device.read(slab.bytes, from, this.#table);
    } catch (error) {
      if (!isGone(error)) throw error;
      this.#gone();
      return 0;
    }
    if (count === 0) return 0;
    const last = (count - 1) * READ_FIELDS;
    this.#slabUsed = this.#table[last + READ_AT]! + this.#table[last + READ_LENGTH]!;
    slab.held = false;
    this.#handUp(slab, count);
    if (!slab.held) this.#slabUsed = from;
    return count;
  }

  #handUp(slab: Slab, count: number): void {
    const receiver = this.#receiver!;
    const packet = this.#packet;
    packet.slab = slab;
    this.counters.rxBatches++;
    for (let i = 0; i < count; i++) {
      if (!this.#parse(slab.bytes, i * READ_FIELDS)) continue;
      receiver.receive(packet);
      if (this.#closed) return;
    }
    // What is answered without the application (a SYN, what is for no connection) leaves before it runs, so that both sides work at
    // the same time.
    this.flush();
    receiver.batchEnd();
  }

  /** Fills `#packet` from an entry of the table; counts and refuses what is no packet. */
  #parse(bytes: Uint8Array, entry: number): boolean {
    const { counters } = this;
    const packet = this.#packet;
    const at = this.#table[entry + READ_AT]!;
    const length = this.#table[entry + READ_LENGTH]!;
    packet.sum = this.#table[entry + READ_SUM]!;
    const headerLength = this.#vnetHeader ? VNET_HEADER : 0;
    if (length <= headerLength) {
      counters.rxDroppedEmpty++;
      return false;
    }
    if (this.#vnetHeader) {
      if (!readVnetHeader(bytes, at, at + length, packet)) {
        counters.rxDroppedBadVnetHeader++;
        return false;
      }
    } else {
      packet.start = at;
      packet.end = at + length;
      packet.gsoSize = 0;
      packet.checksumTrusted = false;
    }
    counters.rxPackets++;
    counters.rxBytes += length - headerLength;
    if (packet.gsoSize > 0) counters.rxSuperSegments++;
    return true;
  }

  #newSlab(): Slab {
    this.counters.rxSlabs++;
    const size = Math.max(this.#vnetHeader ? SLAB_SIZE : SLAB_SIZE_PLAIN, this.#device.roomForRead);
    return new Slab(new Uint8Array(size));
  }

  // ---- outward ------------------------------------------------------------------------------------------------------

  send(frame: Frame): void {
    if (this.#closed) {
      this.counters.txClosed++;
      return;
    }
    if (this.#takes(frame)) this.#add(frame);
    else this.#offload.lower(frame, this.#add);
  }

  /** Is there nothing to be done about it in software? */
  #takes(frame: Frame): boolean {
    if (frame.gsoSize === 0) return !frame.checksumPartial || this.checksumOffload;
    // The kernel cuts only what it also sums.
    return this.#vnetHeader && frame.checksumPartial;
  }

  readonly #add = (frame: Frame): void => {
    if (!this.#batch.hasRoom(frame.sliceCount)) this.flush();
    this.#batch.add(frame);
    if (frame.gsoSize > 0 && frame.payloadLength > frame.gsoSize) this.counters.txSuperSegments++;
  };

  flush(): void {
    const batch = this.#batch;
    if (batch.frameCount === 0) return;
    // What already waits goes first, or packets would overtake each other.
    const done = this.#backlog.length > 0 || this.#closed ? 0 : this.#write(batch);
    this.counters.txBatches++;
    for (let i = done; i < batch.frameCount; i++) {
      if (this.#closed) this.counters.txClosed++;
      else if (this.#backlog.push(batch.copyFrame(i))) this.counters.txQueued++;
      else this.counters.txQueueFull++;
    }
    batch.clear();
    if (this.#backlog.length > 0 && this.#receiver) this.#device.watchWritable(true);
  }

  #writable(): void {
    if (this.#closed) return;
    this.#write(this.#backlog);
    if (!this.#closed && this.#backlog.length === 0) this.#device.watchWritable(false);
  }

  /** Writes frames and counts what became of them. Returns how many are done. */
  #write(frames: TxBatch | Backlog): number {
    const stats = this.#stats;
    stats.fill(0);
    let done = 0;
    try {
      done = frames.write(this.#device, stats);
    } catch (error) {
      if (!isGone(error)) throw error;
      // Not from within a flush: the receiver learns of it in a turn of its own.
      queueMicrotask(() => this.#gone());
      return 0;
    }
    const lost = stats[STATS_DOWN]! + stats[STATS_REJECTED]!;
    this.counters.txPackets += done - lost;
    this.counters.txDeviceDown += stats[STATS_DOWN]!;
    this.counters.txRefused += stats[STATS_REJECTED]!;
    return done;
  }

  /** The device was deleted under us (`ip link del`, or its network namespace ended). */
  #gone(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.counters.txClosed += this.#backlog.clear();
    this.#device.close();
    this.#receiver?.linkDown(`The device ${this.name} was deleted.`);
  }
}
