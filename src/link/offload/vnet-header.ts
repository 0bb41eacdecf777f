import type { Frame } from '../../wire/frame.ts';
import type { Packet } from '../../wire/packet.ts';

/**
 * struct virtio_net_hdr (linux/virtio_net.h), in front of every packet of a TUN device with IFF_VNET_HDR, little-endian
 * here on every machine (TUNSETVNETLE):
 *
 *      0       1       2         4         6            8           10
 *     +-------+-------+---------+---------+------------+-------------+
 *     | flags | gso   | hdr_len | gso_size| csum_start | csum_offset |
 *     |       | _type |         |         |            |             |
 *     +-------+-------+---------+---------+------------+-------------+
 */
export const VNET_HEADER = 10;

const FLAGS = 0;
const GSO_TYPE = 1;
const HEADER_LENGTH = 2;
const GSO_SIZE = 4;
const CHECKSUM_START = 6;
const CHECKSUM_OFFSET = 8;

/** The checksum field holds the pseudo-header's sum only. */
const NEEDS_CSUM = 1;
/** The kernel has verified the checksum. */
const DATA_VALID = 2;

const GSO_NONE = 0;
const GSO_TCPV4 = 1;
const GSO_TCPV6 = 4;
/** Set beside the type when the segment carries CWR. */
const GSO_ECN = 0x80;
const TCP_CWR = 0x80;

const read16 = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8);

function write16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

/**
 * Reads the header at `at`; the packet follows it and ends at `end`. Fills `start`, `end`, `gsoSize` and
 * `checksumTrusted`, or returns false for a header that makes no sense.
 */
export function readVnetHeader(bytes: Uint8Array, at: number, end: number, packet: Packet): boolean {
  const start = at + VNET_HEADER;
  const flags = bytes[at + FLAGS]!;
  packet.start = start;
  packet.end = end;
  packet.gsoSize = 0;
  packet.checksumTrusted = (flags & (NEEDS_CSUM | DATA_VALID)) !== 0;
  if (flags & NEEDS_CSUM) {
    const field = start + read16(bytes, at + CHECKSUM_START) + read16(bytes, at + CHECKSUM_OFFSET);
    if (field + 2 > end) return false;
  }
  const type = bytes[at + GSO_TYPE]! & ~GSO_ECN;
  if (type === GSO_NONE) return true;
  const version = bytes[start]! >>> 4;
  if (!(type === GSO_TCPV4 && version === 4) && !(type === GSO_TCPV6 && version === 6)) return false;
  packet.gsoSize = read16(bytes, at + GSO_SIZE);
  return packet.gsoSize > 0;
}

/** Writes the header that describes `frame` at `at`. A super-segment's checksum must be partial: the kernel cuts it. */
export function writeVnetHeader(frame: Frame, bytes: Uint8Array, at: number): void {
  const { header, ipStart, transportStart } = frame;
  const superSegment = frame.gsoSize > 0 && frame.payloadLength > frame.gsoSize;
  let type = GSO_NONE;
  if (superSegment) {
    type = header[ipStart]! >>> 4 === 6 ? GSO_TCPV6 : GSO_TCPV4;
    if (header[transportStart + 13]! & TCP_CWR) type |= GSO_ECN;
  }
  bytes[at + FLAGS] = frame.checksumPartial ? NEEDS_CSUM : 0;
  bytes[at + GSO_TYPE] = type;
  write16(bytes, at + HEADER_LENGTH, superSegment ? frame.headerEnd - ipStart : 0);
  write16(bytes, at + GSO_SIZE, superSegment ? frame.gsoSize : 0);
  write16(bytes, at + CHECKSUM_START, frame.checksumPartial ? transportStart - ipStart : 0);
  write16(bytes, at + CHECKSUM_OFFSET, frame.checksumPartial ? frame.checksumOffset : 0);
}
