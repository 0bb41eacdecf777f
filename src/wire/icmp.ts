import { foldChecksum, sumBytes } from './checksum.ts';
import type { Frame } from './frame.ts';
import { IPV4_HEADER } from './ipv4.ts';
import type { Packet } from './packet.ts';
import { sumPayload } from './tcp.ts';

/** ICMP types (RFC 792; RFC 1122, section 3.2.2). */
export const ICMP_ECHO_REPLY = 0;
export const ICMP_UNREACHABLE = 3;
export const ICMP_SOURCE_QUENCH = 4;
export const ICMP_ECHO = 8;
export const ICMP_TIME_EXCEEDED = 11;
export const ICMP_PARAMETER_PROBLEM = 12;

/** Codes of Destination Unreachable. */
export const UNREACHABLE_NET = 0;
export const UNREACHABLE_HOST = 1;
export const UNREACHABLE_PROTOCOL = 2;
export const UNREACHABLE_PORT = 3;
export const UNREACHABLE_FRAGMENTATION = 4;
export const UNREACHABLE_ADMIN = 13;

export const ICMP_HEADER = 8;
/** An error quotes the IP header and at least 8 octets (RFC 792), and fits in 576 octets (RFC 1812, section 4.3.2.3). */
const ERROR_QUOTE_MAX = 576 - IPV4_HEADER - ICMP_HEADER;

export type IcmpDrop = 'IcmpTruncated' | 'IcmpChecksum';

/** Is the message whole and its checksum right? The caller then reads type and code at `transportStart`. */
export function checkIcmp(packet: Packet): IcmpDrop | null {
  const { transportStart, transportEnd } = packet;
  if (transportEnd - transportStart < ICMP_HEADER) return 'IcmpTruncated';
  if (foldChecksum(sumBytes(packet.slab.bytes, transportStart, transportEnd, 0)) !== 0) return 'IcmpChecksum';
  return null;
}

/** The Echo Reply to an Echo: the same identifier, sequence number and data (RFC 1122, section 3.2.2.6). */
export function writeEchoReply(frame: Frame, echo: Packet): void {
  const bytes = echo.slab.bytes;
  const from = echo.transportStart;
  frame.reset(ICMP_HEADER);
  frame.header.fill(0, frame.transportStart, frame.headerEnd);
  for (let i = 4; i < 8; i++) frame.header[frame.transportStart + i] = bytes[from + i]!;
  // A copy: the answer leaves at the next flush, when the packet it quotes may be gone.
  addCopy(frame, bytes, from + ICMP_HEADER, echo.transportEnd);
  sealIcmp(frame);
}

/** An ICMP error about `packet`: its IP header and as much of its payload as fits are quoted. */
export function writeIcmpError(frame: Frame, packet: Packet, type: number, code: number): void {
  frame.reset(ICMP_HEADER);
  const at = frame.transportStart;
  frame.header.fill(0, at, frame.headerEnd);
  frame.header[at] = type;
  frame.header[at + 1] = code;
  addCopy(frame, packet.slab.bytes, packet.start, Math.min(packet.end, packet.start + ERROR_QUOTE_MAX));
  sealIcmp(frame);
}

function addCopy(frame: Frame, bytes: Uint8Array, from: number, to: number): void {
  if (to > from) frame.addSlice(bytes.slice(from, to), 0, to - from);
}

function sealIcmp(frame: Frame): void {
  const at = frame.transportStart;
  frame.view.setUint16(at + 2, 0);
  frame.view.setUint16(at + 2, foldChecksum(sumPayload(frame, sumBytes(frame.header, at, frame.headerEnd, 0))));
}
