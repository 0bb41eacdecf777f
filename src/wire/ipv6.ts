import type { Address } from './address.ts';
import type { Frame } from './frame.ts';
import { cutPadding, type Packet } from './packet.ts';

export const IPV6_HEADER = 40;
/** Every link must carry packets of this size, so no path's MTU is smaller (RFC 8200, section 5). */
export const IPV6_MIN_MTU = 1280;

/** Next Header values that are extension headers (RFC 8200, section 4), or say that nothing follows. */
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const NO_NEXT_HEADER = 59;
const DESTINATION_OPTIONS = 60;

/** More extension headers, or options in one of them, than this mean harm (RFC 8504, section 5.3; Linux: 8 options). */
const MAX_EXTENSION_HEADERS = 8;
const MAX_OPTIONS = 8;

const OPTION_PAD1 = 0;
const OPTION_PADN = 1;

/** Why an IPv6 packet's fixed header is not worth more of anybody's time. */
export type Ipv6Drop = 'Ip6Truncated' | 'Ip6PayloadLength';

/** Why its extension headers end its way. */
export type Ipv6ExtensionDrop =
  /** A length that leads beyond the packet, or more headers or options than anybody needs. */
  | 'Ip6ExtensionHeader'
  /** Hop-by-hop options elsewhere than first (RFC 8200, section 4). Parameter Problem, code 1. */
  | 'Ip6NextHeader'
  /** An option we don't know whose type says that the packet be discarded (section 4.2). Parameter Problem, code 2. */
  | 'Ip6Option'
  /** A routing header with stops left: type 0 is forbidden (RFC 5095), the others are not ours. Parameter Problem, code 0. */
  | 'Ip6RoutingHeader'
  /** Part of a datagram. */
  | 'Ip6Fragment'
  | 'Ip6NoNextHeader';

/**
 * Parses the fixed header (RFC 8200, section 3) of a packet into its fields. Bytes behind the payload length are cut off.
 * `protocol` is the Next Header field: `stepOverExtensions` comes next.
 * @returns null when it is good, or why it is not.
 */
export function parseIpv6(packet: Packet): Ipv6Drop | null {
  const bytes = packet.slab.bytes;
  const at = packet.start;
  if (packet.end - at < IPV6_HEADER) return 'Ip6Truncated';
  const end = at + IPV6_HEADER + ((bytes[at + 4]! << 8) | bytes[at + 5]!);
  if (end > packet.end) return 'Ip6PayloadLength';
  if (end < packet.end) cutPadding(packet, end);
  packet.tos = ((bytes[at]! & 15) << 4) | (bytes[at + 1]! >> 4);
  packet.ttl = bytes[at + 7]!;
  packet.protocol = bytes[at + 6]!;
  readIpv6Address(bytes, at + 8, packet.src);
  readIpv6Address(bytes, at + 24, packet.dst);
  packet.transportStart = at + IPV6_HEADER;
  packet.transportEnd = end;
  packet.returnRoute = null;
  return null;
}

/**
 * Steps over the extension headers (RFC 8200, section 4) of a packet for us, and sets `protocol` and `transportStart` to
 * what is behind them. For what the sender should be told of, `problemAt` is the offending octet's offset.
 * @returns null when something is behind them, or why the packet's way ends here.
 */
export function stepOverExtensions(packet: Packet): Ipv6ExtensionDrop | null {
  const bytes = packet.slab.bytes;
  const { end } = packet;
  let at = packet.transportStart;
  let next = packet.protocol;
  /** Where the field that said `next` is. */
  let saidAt = packet.start + 6;
  packet.problemAt = -1;
  for (let count = 0; isExtension(next); count++) {
    if (next === NO_NEXT_HEADER) return 'Ip6NoNextHeader';
    if (next === HOP_BY_HOP && count > 0) {
      packet.problemAt = saidAt - packet.start;
      return 'Ip6NextHeader';
    }
    if (at + 8 > end || count === MAX_EXTENSION_HEADERS) return 'Ip6ExtensionHeader';
    const length = next === FRAGMENT ? 8 : (bytes[at + 1]! + 1) << 3;
    if (at + length > end) return 'Ip6ExtensionHeader';
    const problem = checkExtension(packet, next, at, length);
    if (problem !== null) return problem;
    next = bytes[at]!;
    saidAt = at;
    at += length;
  }
  packet.protocol = next;
  packet.transportStart = at;
  // Should nobody here know that protocol: this is what Parameter Problem points to.
  packet.problemAt = saidAt - packet.start;
  return null;
}

const isExtension = (next: number): boolean =>
  next === HOP_BY_HOP ||
  next === ROUTING ||
  next === FRAGMENT ||
  next === NO_NEXT_HEADER ||
  next === DESTINATION_OPTIONS;

function checkExtension(packet: Packet, type: number, at: number, length: number): Ipv6ExtensionDrop | null {
  const bytes = packet.slab.bytes;
  switch (type) {
    case ROUTING:
      // Segments Left 0: the packet has been everywhere. Else an unknown type is refused (section 4.4), and each is that.
      if (bytes[at + 3] === 0) return null;
      packet.problemAt = at + 2 - packet.start;
      return 'Ip6RoutingHeader';
    case FRAGMENT:
      // Offset 0 and no more fragments: the whole datagram is here (RFC 6946: atomic).
      return (bytes[at + 2]! | (bytes[at + 3]! & 0xf9)) === 0 ? null : 'Ip6Fragment';
    default:
      return checkOptions(packet, at + 2, at + length);
  }
}

/** The options of a hop-by-hop or destination options header (RFC 8200, section 4.2). We know the padding only. */
function checkOptions(packet: Packet, from: number, to: number): Ipv6ExtensionDrop | null {
  const bytes = packet.slab.bytes;
  let options = 0;
  for (let i = from; i < to; ) {
    const type = bytes[i]!;
    if (type === OPTION_PAD1) {
      i++;
      continue;
    }
    if (i + 1 >= to || i + 2 + bytes[i + 1]! > to) return 'Ip6ExtensionHeader';
    if (type !== OPTION_PADN) {
      // The two highest bits: 00 step over it; 01 discard; 10 discard and tell; 11 tell only if it came by unicast.
      const action = type >> 6;
      if (action !== 0) {
        if (action === 2 || (action === 3 && !packet.dst.isMulticast)) packet.problemAt = i - packet.start;
        return 'Ip6Option';
      }
      if (++options > MAX_OPTIONS) return 'Ip6ExtensionHeader';
    }
    i += 2 + bytes[i + 1]!;
  }
  return null;
}

/** Writes the IPv6 header in front of a frame's transport header: no extension headers, flow label 0. */
export function writeIpv6(
  frame: Frame,
  src: Address,
  dst: Address,
  protocol: number,
  trafficClass: number,
  hopLimit: number,
): void {
  const at = (frame.ipStart = frame.transportStart - IPV6_HEADER);
  const { header, view } = frame;
  view.setInt32(at, 0x60000000 | (trafficClass << 20));
  view.setUint16(at + 4, frame.packetLength - IPV6_HEADER);
  header[at + 6] = protocol;
  header[at + 7] = hopLimit;
  writeAddress(view, at + 8, src);
  writeAddress(view, at + 24, dst);
}

export function readIpv6Address(bytes: Uint8Array, at: number, into: Address): void {
  into.w0 = word(bytes, at);
  into.w1 = word(bytes, at + 4);
  into.w2 = word(bytes, at + 8);
  into.w3 = word(bytes, at + 12);
}

function writeAddress(view: DataView, at: number, address: Address): void {
  view.setInt32(at, address.w0);
  view.setInt32(at + 4, address.w1);
  view.setInt32(at + 8, address.w2);
  view.setInt32(at + 12, address.w3);
}

const word = (b: Uint8Array, i: number): number => (b[i]! << 24) | (b[i + 1]! << 16) | (b[i + 2]! << 8) | b[i + 3]!;
