import type { Address } from './address.ts';
import type { Frame } from './frame.ts';
import { cutPadding, type Packet } from './packet.ts';

export const IPV6_HEADER = 40;
/** Every link must carry packets of this size, so no path's MTU is smaller (RFC 8200, section 5). */
export const IPV6_MIN_MTU = 1280;
/** What the payload length field can say. */
export const IPV6_MAX_PAYLOAD = 65_535;
export const FRAGMENT_HEADER = 8;

/** Next Header values that are extension headers (RFC 8200, section 4), or say that nothing follows. */
const HOP_BY_HOP = 0;
const ROUTING = 43;
export const PROTOCOL_FRAGMENT = 44;
const NO_NEXT_HEADER = 59;
const DESTINATION_OPTIONS = 60;

/** More extension headers, or options in one of them, than this mean harm (RFC 8504, section 5.3; Linux: 8 options). */
const MAX_EXTENSION_HEADERS = 8;
const MAX_OPTIONS = 8;

const OPTION_PAD1 = 0;
const OPTION_PADN = 1;

/** Why an IPv6 packet is discarded for its fixed header. */
export type Ipv6Drop = 'Ip6Truncated' | 'Ip6PayloadLength';

/** Why its extension headers end its way. */
export type Ipv6ExtensionDrop =
  /** A length that leads beyond the packet, or more headers or options than any packet needs. */
  | 'Ip6ExtensionHeader'
  /** Hop-by-hop options elsewhere than first (RFC 8200, section 4). Parameter Problem, code 1. */
  | 'Ip6NextHeader'
  /** An option we don't know whose type says that the packet be discarded (section 4.2). Parameter Problem, code 2. */
  | 'Ip6Option'
  /** A routing header with stops left: type 0 is forbidden (RFC 5095), the others are not ours. Parameter Problem, code 0. */
  | 'Ip6RoutingHeader'
  /** Part of a datagram: `transportStart` is at the fragment header, and `problemAt` at the field that says so. */
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
    const length = next === PROTOCOL_FRAGMENT ? FRAGMENT_HEADER : (bytes[at + 1]! + 1) << 3;
    if (at + length > end) return 'Ip6ExtensionHeader';
    const problem = checkExtension(packet, next, at, length);
    if (problem === 'Ip6Fragment') {
      packet.transportStart = at;
      packet.problemAt = saidAt - packet.start;
    }
    if (problem !== null) return problem;
    next = bytes[at]!;
    saidAt = at;
    at += length;
  }
  packet.protocol = next;
  packet.transportStart = at;
  // Should no layer here know that protocol: this is what Parameter Problem points to.
  packet.problemAt = saidAt - packet.start;
  return null;
}

/** The least that a transport header has, where another protocol counts as one octet (Linux: ipv6frag_thdr_truncated). */
const UPPER_HEADER: Readonly<Record<number, number>> = { 6: 20, 17: 8, 58: 8 };

/**
 * Walks over extension headers without looking into them: `next` is the type of what is at `bytes[at, end)`.
 * @returns the protocol behind them and where its header begins (59, No Next Header: where it would), or null: the header
 *   isn't all there, or in another fragment
 */
export function findUpperHeader(
  bytes: Uint8Array,
  next: number,
  at: number,
  end: number,
): { protocol: number; at: number } | null {
  let protocol = next;
  let begins = at;
  while (isExtension(protocol) && protocol !== NO_NEXT_HEADER) {
    if (begins + 8 > end) return null;
    const isFragment = protocol === PROTOCOL_FRAGMENT;
    if (isFragment && (bytes[begins + 2]! | (bytes[begins + 3]! & 0xf8)) !== 0) return null;
    const length = isFragment ? FRAGMENT_HEADER : (bytes[begins + 1]! + 1) << 3;
    protocol = bytes[begins]!;
    begins += length;
  }
  const least = protocol === NO_NEXT_HEADER ? 0 : (UPPER_HEADER[protocol] ?? 1);
  return begins + least > end ? null : { protocol, at: begins };
}

const isExtension = (next: number): boolean =>
  next === HOP_BY_HOP ||
  next === ROUTING ||
  next === PROTOCOL_FRAGMENT ||
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
    case PROTOCOL_FRAGMENT:
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

/** Writes a fragment header (RFC 8200, section 4.5) at the beginning of what is behind the frame's IPv6 header. */
export function writeFragmentHeader(frame: Frame, next: number, offset: number, more: boolean, id: number): void {
  const { header, view, transportStart: at } = frame;
  header[at] = next;
  header[at + 1] = 0;
  view.setUint16(at + 2, offset | (more ? 1 : 0));
  view.setInt32(at + 4, id);
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
