import { foldChecksum, sumBytes } from '../checksum.ts';
import type { Frame } from '../frame.ts';
import { IPV4_HEADER, PROTOCOL_ICMP } from '../ipv4.ts';
import type { Packet } from '../packet.ts';
import { sumPayload } from '../tcp.ts';

/** ICMP types (RFC 792; RFC 1122, section 3.2.2). */
export const ICMP_ECHO_REPLY = 0;
export const ICMP_UNREACHABLE = 3;
export const ICMP_SOURCE_QUENCH = 4;
export const ICMP_ECHO = 8;
export const ICMP_TIME_EXCEEDED = 11;
export const ICMP_PARAMETER_PROBLEM = 12;

/** Codes of Destination Unreachable. */
export const UNREACHABLE_PROTOCOL = 2;
export const UNREACHABLE_PORT = 3;
export const UNREACHABLE_FRAGMENTATION = 4;
/** The code of Time Exceeded that a host sends: fragments did not come in time. */
export const TIME_EXCEEDED_REASSEMBLY = 1;

export const ICMP_HEADER = 8;
/** An error quotes the IP header and at least 8 octets (RFC 792), and fits in 576 octets (RFC 1812, section 4.3.2.3). */
const ERROR_QUOTE_MAX = 576 - IPV4_HEADER - ICMP_HEADER;

/** What an error message says of a packet of ours, in terms that both families of ICMP have. */
export type IcmpKind =
  | 'net unreachable'
  | 'host unreachable'
  | 'protocol unreachable'
  | 'port unreachable'
  | 'too big'
  | 'source route failed'
  | 'prohibited'
  | 'time exceeded'
  | 'parameter problem';

export type IcmpDrop = 'IcmpTruncated' | 'IcmpChecksum';

/** By the code of Destination Unreachable (RFC 1122, section 3.2.2.1; RFC 1812, section 5.2.7.1). */
const UNREACHABLE_KINDS: readonly IcmpKind[] = [
  'net unreachable',
  'host unreachable',
  'protocol unreachable',
  'port unreachable',
  'too big',
  'source route failed',
  'net unreachable', // 6: net unknown
  'host unreachable', // 7: host unknown
  'host unreachable', // 8: source host isolated
  'prohibited', // 9: net
  'prohibited', // 10: host
  'net unreachable', // 11: for that type of service
  'host unreachable', // 12: for that type of service
  'prohibited', // 13: by a filter
  'prohibited', // 14: host precedence violation
  'prohibited', // 15: precedence cutoff
];

/** The kind of an error message, or null for a type or code that means none. */
export function icmpKind(type: number, code: number): IcmpKind | null {
  if (type === ICMP_UNREACHABLE) return UNREACHABLE_KINDS[code] ?? null;
  if (type === ICMP_TIME_EXCEEDED) return 'time exceeded';
  return type === ICMP_PARAMETER_PROBLEM ? 'parameter problem' : null;
}

/** The types that ask, answer or advertise; what else there is and will be are errors (Linux: icmp_pointers). */
const INFORMATIONAL: ReadonlySet<number> = new Set([ICMP_ECHO_REPLY, ICMP_ECHO, 9, 10, 13, 14, 15, 16, 17, 18]);

/** Is an ICMP error in an IPv4 packet? None may answer it (RFC 1122, section 3.2.2). */
export function isIcmpError(packet: Packet): boolean {
  if (packet.protocol !== PROTOCOL_ICMP || packet.transportStart === packet.transportEnd) return false;
  return !INFORMATIONAL.has(packet.slab.bytes[packet.transportStart]!);
}

/** Is the message whole and its checksum right? The caller then reads type and code at `transportStart`. */
export function checkIcmp(packet: Packet): IcmpDrop | null {
  const { transportStart, transportEnd } = packet;
  if (transportEnd - transportStart < ICMP_HEADER) return 'IcmpTruncated';
  if (packet.checksumTrusted) return null;
  if (foldChecksum(sumBytes(packet.slab.bytes, transportStart, transportEnd, 0)) !== 0) return 'IcmpChecksum';
  return null;
}

/** The Echo Reply to an Echo: the same identifier, sequence number and data (RFC 1122, section 3.2.2.6). */
export function writeEchoReply(frame: Frame, echo: Packet): void {
  beginReply(frame, echo, ICMP_ECHO_REPLY);
  sealIcmp(frame, 0);
}

/**
 * An ICMP error about `packet`: its IP header and as much of its payload as fits are quoted.
 * @param word the second word of the message: what it means depends on the type
 */
export function writeIcmpError(frame: Frame, packet: Packet, type: number, code: number, word = 0): void {
  beginError(frame, packet, type, code, word, ERROR_QUOTE_MAX);
  sealIcmp(frame, 0);
}

/** A message with the second word and the data of `echo`. Its checksum is still to come. */
export function beginReply(frame: Frame, echo: Packet, type: number): void {
  const bytes = echo.slab.bytes;
  const from = echo.transportStart;
  beginMessage(frame, type, 0);
  for (let i = 4; i < 8; i++) frame.header[frame.transportStart + i] = bytes[from + i]!;
  // A copy: the answer leaves at the next flush, when the packet it quotes may be gone.
  addCopy(frame, bytes, from + ICMP_HEADER, echo.transportEnd);
}

/** A message that quotes at most `quoteMax` octets of `packet`. Its checksum is still to come. */
export function beginError(
  frame: Frame,
  packet: Packet,
  type: number,
  code: number,
  word: number,
  quoteMax: number,
): void {
  beginMessage(frame, type, code);
  frame.view.setInt32(frame.transportStart + 4, word);
  addCopy(frame, packet.slab.bytes, packet.start, Math.min(packet.end, packet.start + quoteMax));
}

function beginMessage(frame: Frame, type: number, code: number): void {
  frame.reset(ICMP_HEADER);
  frame.header.fill(0, frame.transportStart, frame.headerEnd);
  frame.header[frame.transportStart] = type;
  frame.header[frame.transportStart + 1] = code;
}

function addCopy(frame: Frame, bytes: Uint8Array, from: number, to: number): void {
  if (to > from) frame.addSlice(bytes.slice(from, to), 0, to - from);
}

/** Completes the checksum, on top of a pseudo-header's sum where the family has one. */
export function sealIcmp(frame: Frame, pseudoHeader: number): void {
  const at = frame.transportStart;
  const sum = sumBytes(frame.header, at, frame.headerEnd, pseudoHeader);
  frame.view.setUint16(at + 2, foldChecksum(sumPayload(frame, sum)));
}
