import type { Address } from '../address.ts';
import { foldChecksum, pseudoHeaderSum, sumBytes } from '../checksum.ts';
import type { Frame } from '../frame.ts';
import { findUpperHeader, IPV6_HEADER, IPV6_MIN_MTU } from '../ipv6.ts';
import type { Packet } from '../packet.ts';
import { beginError, beginReply, ICMP_HEADER, type IcmpDrop, type IcmpKind, sealIcmp } from './icmp.ts';

export const PROTOCOL_ICMPV6 = 58;

/** Error messages (RFC 4443, section 3): types below 128. */
export const ICMPV6_UNREACHABLE = 1;
export const ICMPV6_TOO_BIG = 2;
export const ICMPV6_TIME_EXCEEDED = 3;
export const ICMPV6_PARAMETER_PROBLEM = 4;
/** Informational messages. */
export const ICMPV6_ECHO = 128;
export const ICMPV6_ECHO_REPLY = 129;
/** Multicast Listener Discovery (RFC 2710, RFC 9777). */
export const MLD_QUERY = 130;
export const MLD_REPORT = 131;
export const MLD_DONE = 132;
export const MLD2_REPORT = 143;
/** Neighbor Discovery (RFC 4861). */
export const ROUTER_SOLICITATION = 133;
export const ROUTER_ADVERTISEMENT = 134;
export const NEIGHBOR_SOLICITATION = 135;
export const NEIGHBOR_ADVERTISEMENT = 136;
export const REDIRECT = 137;

/** Codes of Destination Unreachable. */
export const UNREACHABLE6_PORT = 4;
/** Codes of Parameter Problem. */
export const PROBLEM_HEADER_FIELD = 0;
export const PROBLEM_NEXT_HEADER = 1;
export const PROBLEM_OPTION = 2;
/** The first fragment has not all headers (RFC 7112). */
export const PROBLEM_FIRST_FRAGMENT = 3;

/** An error fits in the smallest MTU (RFC 4443, section 2.4 (c)). */
const ERROR_QUOTE_MAX = IPV6_MIN_MTU - IPV6_HEADER - ICMP_HEADER;

/** By the code of Destination Unreachable (RFC 4443, section 3.1). */
const UNREACHABLE_KINDS: readonly IcmpKind[] = [
  'net unreachable', // 0: no route
  'prohibited', // 1: administratively
  'host unreachable', // 2: beyond the scope of the source address
  'host unreachable', // 3: address unreachable
  'port unreachable',
  'prohibited', // 5: source address failed ingress or egress policy
  'prohibited', // 6: reject route
];

/** The kind of an error message, or null for a type or code that means none. */
export function icmpv6Kind(type: number, code: number): IcmpKind | null {
  switch (type) {
    case ICMPV6_UNREACHABLE:
      return UNREACHABLE_KINDS[code] ?? null;
    case ICMPV6_TOO_BIG:
      return 'too big'; // whatever the code (RFC 4443, section 3.2)
    case ICMPV6_TIME_EXCEEDED:
      return 'time exceeded';
    case ICMPV6_PARAMETER_PROBLEM:
      return 'parameter problem';
    default:
      return null;
  }
}

/**
 * Is an ICMPv6 error, or a redirect, in an IPv6 packet, behind whatever extension headers? None may answer it (RFC 4443,
 * section 2.4 (e)).
 */
export function isIcmpv6Error(packet: Packet): boolean {
  const { bytes } = packet.slab;
  const upper = findUpperHeader(bytes, bytes[packet.start + 6]!, packet.start + IPV6_HEADER, packet.end);
  if (upper?.protocol !== PROTOCOL_ICMPV6) return false;
  const type = bytes[upper.at]!;
  return type < ICMPV6_ECHO || type === REDIRECT;
}

/** Is the message whole and its checksum right (RFC 4443, section 2.3: with a pseudo-header)? */
export function checkIcmpv6(packet: Packet): IcmpDrop | null {
  const { transportStart, transportEnd, src, dst } = packet;
  const length = transportEnd - transportStart;
  if (length < ICMP_HEADER) return 'IcmpTruncated';
  if (packet.checksumTrusted) return null;
  const pseudo = pseudoHeaderSum(src, dst, PROTOCOL_ICMPV6, length);
  return foldChecksum(sumBytes(packet.slab.bytes, transportStart, transportEnd, pseudo)) === 0 ? null : 'IcmpChecksum';
}

/** The Echo Reply to an Echo Request that came to an address of ours (RFC 4443, section 4.2). */
export function writeEchoReply6(frame: Frame, echo: Packet): void {
  beginReply(frame, echo, ICMPV6_ECHO_REPLY);
  seal(frame, echo.dst, echo.src);
}

/** An ICMPv6 error about `packet`, from `src` to its sender: as much of it as fits is quoted. */
export function writeIcmpv6Error(
  frame: Frame,
  packet: Packet,
  src: Address,
  type: number,
  code: number,
  word = 0,
): void {
  beginError(frame, packet, type, code, word, ERROR_QUOTE_MAX);
  seal(frame, src, packet.src);
}

function seal(frame: Frame, src: Address, dst: Address): void {
  const length = frame.headerEnd - frame.transportStart + frame.payloadLength;
  sealIcmp(frame, pseudoHeaderSum(src, dst, PROTOCOL_ICMPV6, length));
}
