import { copyBytes } from '../basics/copy-bytes.ts';

/** Room in front of the IP header for the link's own header (a virtio_net_hdr is 10 bytes). */
export const LINK_HEADROOM = 16;
/** The longest IP header: IPv4 with 40 octets of options. (An IPv6 header has 40.) */
const IP_HEADROOM = 60;
/** Link headroom, the longest IP and TCP headers (60 each), and room to spare. */
const HEADER_ROOM = 160;

/**
 * A packet on its way out: headers in one small buffer, payload as slices of memory that others own.
 *
 * Built from the inside out: `tcp` writes its header at `transportStart`, `ip` its own in front of it, the link its own
 * in front of that. One object is reused for every packet: `Link.send` must take what it wants of the headers before it
 * returns. Payload slices stay valid and unchanged until the link's next `flush` has returned.
 */
export class Frame {
  readonly header = new Uint8Array(HEADER_ROOM);
  readonly view = new DataView(this.header.buffer);
  /** Where the IP header begins, the transport header begins, and all headers end. */
  ipStart = 0;
  transportStart = 0;
  headerEnd = 0;

  /** The payload: `sliceCount` slices, each `bytes[from, to)`. Entries beyond the count are left over from before. */
  readonly slices: Uint8Array[] = [];
  readonly sliceFrom: number[] = [];
  readonly sliceTo: number[] = [];
  sliceCount = 0;
  payloadLength = 0;

  /** Not 0: a super-segment, to be cut by the link (or what is behind it) into payloads of this many bytes. */
  gsoSize = 0;
  /**
   * True: the transport checksum field holds the folded sum of the pseudo-header only; the link's far side completes it
   * over [transportStart, end), at `transportStart + checksumOffset`.
   */
  checksumPartial = false;
  checksumOffset = 0;

  /** Begins a frame whose transport header will have `length` bytes. */
  reset(transportLength: number): void {
    this.transportStart = LINK_HEADROOM + IP_HEADROOM;
    this.ipStart = this.transportStart;
    this.headerEnd = this.transportStart + transportLength;
    this.sliceCount = 0;
    this.payloadLength = 0;
    this.gsoSize = 0;
    this.checksumPartial = false;
    this.checksumOffset = 0;
  }

  addSlice(bytes: Uint8Array, from: number, to: number): void {
    const i = this.sliceCount++;
    this.slices[i] = bytes;
    this.sliceFrom[i] = from;
    this.sliceTo[i] = to;
    this.payloadLength += to - from;
  }

  /** The IP packet's length: headers and payload. */
  get packetLength(): number {
    return this.headerEnd - this.ipStart + this.payloadLength;
  }

  /** The IP packet in one piece of memory of its own. */
  joined(): Uint8Array<ArrayBuffer> {
    return this.copyTo(new Uint8Array(this.packetLength));
  }

  /** Copies the IP packet, `packetLength` bytes, into `target` from `at` on. @returns `target` */
  copyTo<Bytes extends Uint8Array>(target: Bytes, at = 0): Bytes {
    copyBytes(this.header, this.ipStart, target, at, this.headerEnd - this.ipStart);
    let to = at + this.headerEnd - this.ipStart;
    for (let i = 0; i < this.sliceCount; i++) {
      const length = this.sliceTo[i]! - this.sliceFrom[i]!;
      copyBytes(this.slices[i]!, this.sliceFrom[i]!, target, to, length);
      to += length;
    }
    return target;
  }
}
