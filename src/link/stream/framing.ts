import { IPV4_HEADER } from '../../wire/ipv4.ts';
import { IPV6_HEADER } from '../../wire/ipv6.ts';

/**
 * How packets lie in a stream of bytes. `ip`: one behind the other, as IP's own length says (RFC 791, section 3.1; RFC 8200,
 * section 3). `length32be`: each behind its length, in four bytes, the highest first.
 */
export type Framing = 'ip' | 'length32be';

/** Why what came is no frame. Where the next one begins isn't known either then, so the link is over. */
export type FramingFault =
  | 'IpVersion'
  | 'IpHeaderLength'
  | 'IpTotalLength'
  | 'Ip6Jumbogram'
  | 'EmptyPacket'
  | 'PacketTooLong';

/** What each fault says to people. */
export const FAULT_TEXTS: Readonly<Record<FramingFault, string>> = {
  IpVersion: 'where an IP header should begin, the version is neither 4 nor 6',
  IpHeaderLength: 'an IPv4 header says that it is shorter than 20 bytes',
  IpTotalLength: 'an IPv4 packet says that it is shorter than its own header',
  Ip6Jumbogram: 'an IPv6 jumbogram, which this framing has no length for',
  EmptyPacket: 'a packet of length 0',
  PacketTooLong: "a packet says that it is longer than this end's MTU",
};

/** What lies before each packet. */
export const prefixLength = (framing: Framing): number => (framing === 'ip' ? 0 : 4);

/**
 * The length of the frame that begins at `at`, prefix included, as far as `bytes[at, end)` tells; 0: more bytes are needed to tell.
 * What can't be a frame is told by the first byte that shows it. `longest`: a packet's; garbage that looks like an IP header, as text
 * does that begins with D to O, announces a longer one as a rule, and would else be waited for.
 */
export function frameLength(
  framing: Framing,
  longest: number,
  bytes: Uint8Array,
  at: number,
  end: number,
): number | FramingFault {
  if (at === end) return 0;
  const prefix = prefixLength(framing);
  const length = framing === 'ip' ? ipLength(bytes, at, end) : prefixedLength(bytes, at, end);
  return typeof length === 'number' && length - prefix > longest ? 'PacketTooLong' : length;
}

function ipLength(bytes: Uint8Array, at: number, end: number): number | FramingFault {
  const version = bytes[at]! >> 4;
  if (version === 4) {
    const header = (bytes[at]! & 15) * 4;
    if (header < IPV4_HEADER) return 'IpHeaderLength';
    if (end - at < 4) return 0;
    const total = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    return total < header ? 'IpTotalLength' : total;
  }
  if (version !== 6) return 'IpVersion';
  if (end - at < 7) return 0;
  const payload = (bytes[at + 4]! << 8) | bytes[at + 5]!;
  // A jumbogram has a length of 0 there, and the right one in a Hop-by-Hop option (RFC 2675, section 2).
  if (payload === 0 && bytes[at + 6] === HOP_BY_HOP) return 'Ip6Jumbogram';
  return IPV6_HEADER + payload;
}

const HOP_BY_HOP = 0;

function prefixedLength(bytes: Uint8Array, at: number, end: number): number | FramingFault {
  // No packet has 2^24 bytes: said before the other bytes are there.
  if (bytes[at] !== 0) return 'PacketTooLong';
  if (end - at < 4) return 0;
  const length = (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  return length === 0 ? 'EmptyPacket' : 4 + length;
}

/** Writes what lies before a packet of that length. */
export function writePrefix(framing: Framing, length: number, bytes: Uint8Array, at: number): void {
  if (framing === 'ip') return;
  bytes[at] = 0;
  bytes[at + 1] = length >>> 16;
  bytes[at + 2] = length >>> 8;
  bytes[at + 3] = length;
}
