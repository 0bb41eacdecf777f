import { Frame, LINK_HEADROOM } from '../../../wire/frame.ts';
import type { Packet } from '../../../wire/packet.ts';
import { Slab } from '../../../wire/slab.ts';
import { SoftwareOffload } from '../../offload/gso.ts';
import { SeenPacket } from './seen-packet.ts';
import type { WirePacket } from './wire-packet.ts';

/** Takes one packet as it is on a wire, in memory of its own. */
export type TakePacket = (slab: Slab, checksumTrusted: boolean, gsoSize: number) => void;

/** As many octets go into a frame's header; what is behind them is one slice. */
const HEADER_PART = 40;

/** Between the forms in which a link's users hand over packets, super-segments among them, and packets as they are on a wire. */
export class WirePackets {
  // One of each for each way: what a host is handed may have it send at once.
  readonly #outward: SoftwareOffload;
  readonly #inward = new SoftwareOffload();
  readonly #sent = new Frame();
  readonly #received = new Frame();
  readonly #seen = new SeenPacket();

  readonly #memory: (length: number) => Slab;

  /**
   * @param checksums false: who receives what a host sends trusts it, so that checksums needn't be computed
   * @param memory what a packet of a frame is written into, of just that length
   */
  constructor(checksums = true, memory = (length: number) => new Slab(new Uint8Array(length))) {
    this.#outward = new SoftwareOffload(checksums ? 'complete' : 'none');
    this.#memory = memory;
  }

  /** Cuts what a host sends into packets, their checksums complete. */
  ofFrame(frame: Frame, take: TakePacket): void {
    this.#outward.lower(frame, (segment) => {
      const slab = this.#memory(segment.packetLength);
      segment.copyTo(slab.bytes);
      take(slab, false, 0);
    });
  }

  /** The same for what a link has received. */
  ofPacket({ slab, start, end, gsoSize, checksumTrusted }: Packet, take: TakePacket): void {
    const own = new Slab(slab.bytes.slice(start, end));
    if (gsoSize === 0 || !this.#frameOf(own, gsoSize)) take(own, checksumTrusted, gsoSize);
    else this.#inward.lower(this.#received, (segment) => take(new Slab(segment.joined()), checksumTrusted, 0));
  }

  /** The frame that has a packet sent as it is. Its payload is the packet's own memory. */
  toFrame({ slab: { bytes } }: WirePacket): Frame {
    const frame = this.#sent;
    const header = Math.min(bytes.length, HEADER_PART);
    frame.reset(0);
    frame.ipStart = LINK_HEADROOM;
    frame.transportStart = frame.headerEnd = LINK_HEADROOM + header;
    frame.header.set(bytes.subarray(0, header), LINK_HEADROOM);
    if (header < bytes.length) frame.addSlice(bytes, header, bytes.length);
    return frame;
  }

  /** A received super-segment as a frame to be cut; false: it can't be, for what its headers are. */
  #frameOf(slab: Slab, gsoSize: number): boolean {
    this.#seen.read(slab);
    const { type, packet, segment } = this.#seen;
    const frame = this.#received;
    if (type !== 'TCP' || segment.payloadStart > frame.header.length - LINK_HEADROOM) return false;
    frame.reset(0);
    frame.ipStart = LINK_HEADROOM;
    frame.transportStart = LINK_HEADROOM + packet.transportStart;
    frame.headerEnd = LINK_HEADROOM + segment.payloadStart;
    frame.header.set(slab.bytes.subarray(0, segment.payloadStart), LINK_HEADROOM);
    frame.addSlice(slab.bytes, segment.payloadStart, packet.transportEnd);
    frame.gsoSize = gsoSize;
    frame.checksumPartial = true;
    frame.checksumOffset = 16;
    return true;
  }
}
