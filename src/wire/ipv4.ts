import type { Address } from './address.ts';
import { foldChecksum, sumBytes } from './checksum.ts';
import type { Frame } from './frame.ts';
import type { Ipv4Options } from './ipv4-options.ts';
import { cutPadding, type Packet } from './packet.ts';

export const PROTOCOL_ICMP = 1;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;

export const IPV4_HEADER = 20;
/** The longest packet: what the total length field can say. */
export const IPV4_MAX_LENGTH = 65_535;

/** The fragment field: flags, and an offset in units of 8 octets (RFC 791, section 3.1). */
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;

/** Why an IPv4 packet is discarded (RFC 1122, section 3.2.1). */
export type Ipv4Drop = 'IpTruncated' | 'IpHeaderLength' | 'IpTotalLength' | 'IpHeaderChecksum';

/**
 * Parses the IPv4 header (RFC 791, section 3.1) of a packet into its fields. Options, between the fixed header and
 * `transportStart`, are stepped over. Bytes behind the total length (link padding) are cut off.
 * @returns null when it is good, or why it is not; 'IpFragment': it is good, and a part of a datagram.
 */
export function parseIpv4(packet: Packet): Ipv4Drop | 'IpFragment' | null {
  const bytes = packet.slab.bytes;
  const at = packet.start;
  const available = packet.end - at;
  if (available < IPV4_HEADER) return 'IpTruncated';
  const headerLength = (bytes[at]! & 15) << 2;
  if (headerLength < IPV4_HEADER || headerLength > available) return 'IpHeaderLength';
  const totalLength = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  if (totalLength < headerLength || totalLength > available) return 'IpTotalLength';
  if (foldChecksum(sumBytes(bytes, at, at + headerLength, 0)) !== 0) return 'IpHeaderChecksum';
  if (at + totalLength < packet.end) cutPadding(packet, at + totalLength);
  packet.tos = bytes[at + 1]!;
  packet.ttl = bytes[at + 8]!;
  packet.protocol = bytes[at + 9]!;
  packet.src.setIpv4(word(bytes, at + 12));
  packet.dst.setIpv4(word(bytes, at + 16));
  packet.transportStart = at + headerLength;
  packet.transportEnd = packet.end;
  packet.returnRoute = null;
  // More Fragments, or an offset: part of a datagram.
  if (((bytes[at + 6]! & 0x3f) | bytes[at + 7]!) !== 0) return 'IpFragment';
  return null;
}

/**
 * Makes the header of a first fragment that of the whole datagram behind it (RFC 791, section 3.2). Its checksum is
 * written anew: a router would have seen a wrong one.
 */
export function markWhole(bytes: Uint8Array, headerLength: number, congested: boolean): void {
  bytes[2] = bytes.length >> 8;
  bytes[3] = bytes.length;
  bytes[6] = bytes[7] = 0;
  if (congested) bytes[1]! |= 3;
  bytes[10] = bytes[11] = 0;
  const sum = foldChecksum(sumBytes(bytes, 0, headerLength, 0));
  bytes[10] = sum >> 8;
  bytes[11] = sum;
}

/**
 * Writes the IPv4 header in front of a frame's transport header. With `id` 0 the packet is atomic (RFC 6864): DF set.
 * With a source route among the options, the header's destination is the route's first stop, and `dst` its last.
 * @param offset not 0, or `more`: the frame holds a fragment, whose data belong there
 */
export function writeIpv4(
  frame: Frame,
  src: Address,
  dst: Address,
  protocol: number,
  tos: number,
  ttl: number,
  id: number,
  options: Ipv4Options | null = null,
  offset = 0,
  more = false,
): void {
  const headerLength = options === null ? IPV4_HEADER : IPV4_HEADER + options.length;
  const at = (frame.ipStart = frame.transportStart - headerLength);
  const { header, view } = frame;
  header[at] = 0x40 | (headerLength >> 2);
  header[at + 1] = tos;
  view.setUint16(at + 2, frame.packetLength);
  view.setUint16(at + 4, id);
  view.setUint16(at + 6, id === 0 ? DONT_FRAGMENT : (offset >> 3) | (more ? MORE_FRAGMENTS : 0));
  header[at + 8] = ttl;
  header[at + 9] = protocol;
  view.setUint16(at + 10, 0);
  view.setInt32(at + 12, src.w3);
  view.setInt32(at + 16, dst.w3);
  if (options !== null) writeOptions(frame, at, options, dst);
  view.setUint16(at + 10, foldChecksum(sumBytes(header, at, at + headerLength, 0)));
}

function writeOptions(frame: Frame, at: number, options: Ipv4Options, dst: Address): void {
  frame.header.set(options.bytes, at + IPV4_HEADER);
  if (options.finalAt === 0) return;
  frame.view.setInt32(at + 16, options.firstHop);
  frame.view.setInt32(at + IPV4_HEADER + options.finalAt, dst.w3);
}

const word = (b: Uint8Array, i: number): number => (b[i]! << 24) | (b[i + 1]! << 16) | (b[i + 2]! << 8) | b[i + 3]!;
