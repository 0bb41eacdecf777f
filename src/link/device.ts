/** A TUN device as the kernel granted it: what it does for us, and how its packets look. */
export interface TunGrant {
  /** Each packet has a virtio_net_hdr of 10 bytes in front; the kernel takes partial checksums and super-segments. */
  readonly vnetHeader: boolean;
  /** The kernel may hand over packets whose transport checksum is left to us, */
  readonly checksum: boolean;
  /** and super-segments: TCP over IPv4, over IPv6. */
  readonly tso4: boolean;
  readonly tso6: boolean;
  /** `write` completes partial checksums, although the kernel doesn't. */
  readonly sums: boolean;
}

/** Fields of each entry of `TunDevice.read`'s table. */
export const READ_AT = 0;
export const READ_LENGTH = 1;
export const READ_SUM = 2;
export const READ_FIELDS = 3;

/** Sizes of entries, and fields, of the arrays of `TunDevice.write`. */
export const FRAME_FIELDS = 6;
export const SLICE_FIELDS = 3;
export const STATS_DOWN = 0;
export const STATS_REJECTED = 1;
export const STATS_LAST_ERROR = 2;
export const STATS_FIELDS = 3;

/** What a device calls. Each call is followed by the ticks and promise jobs that it queued. */
export interface TunDeviceEvents {
  /** Packets are waiting. Called again, as long as some are left. */
  readable(): void;
  /** The device takes packets again; only while asked for with `watchWritable(true)`. */
  writable(): void;
  /** The device is gone. Nothing is called afterwards. */
  gone(): void;
}

/**
 * One open TUN device: batches of whole packets, never blocking. The native addon is one, so is the tuntap2 adapter, and
 * tests have their own. All lengths and offsets are bytes. After `close` every call but `close` throws `EBADF`.
 */
export interface TunDevice {
  readonly name: string;
  readonly mtu: number;
  /** How many packets may wait in the kernel until we read them; it drops what comes on top of that. */
  readonly queueLength: number;
  readonly grant: TunGrant;
  /** `read` wants at least this many bytes of room from `from` on, so that no packet can be cut off. */
  readonly roomForRead: number;

  /** Starts calling. Once per device. */
  watch(events: TunDeviceEvents): void;
  watchWritable(on: boolean): void;

  /**
   * Reads packets into `slab[from...)` until none is left, the room is used up or `table` is full, and returns their
   * number. `table` gets three numbers for each: its offset in `slab` and its length, both with the virtio_net_hdr (if
   * granted), and the ones-complement sum of its bytes, -1 if that is not known. The slab is only written to during the
   * call. Throws an Error with `code` EBADFD when the device is gone.
   */
  read(slab: Uint8Array, from: number, table: Int32Array): number;

  /**
   * Writes `frameCount` frames and returns how many it is done with: fewer when the device is full (EAGAIN).
   *
   * `frames` has six numbers for each: where its headers begin in `headers` and their length (with the virtio_net_hdr,
   * if granted), its first slice, and how many slices it has; where the transport header begins in the headers, and its
   * checksum, which holds the sum of the pseudo-header and is to be completed (0: it is not). `slices` has three
   * numbers for each slice: which of `buffers`, from and to. All arrays are only read, and only during the call.
   *
   * A frame that the kernel refuses is skipped, so it is among those done, and counted: `stats[STATS_DOWN]` when the
   * device is down (`ip link set down`), `stats[STATS_REJECTED]` for any other reason; `stats[STATS_LAST_ERROR]` is the
   * last errno. Throws an Error with `code` EBADFD when the device is gone.
   */
  write(
    headers: Uint8Array,
    frames: Int32Array,
    frameCount: number,
    buffers: readonly Uint8Array[],
    slices: Int32Array,
    stats: Int32Array,
  ): number;

  /** Whether the device keeps the process alive (it does at first, once watched). */
  ref(): void;
  unref(): void;
  /** Idempotent. A device that opening it created, and that was not made persistent, is gone when this returns. */
  close(): void;
}
