import { foldChecksum, pseudoHeaderSum, sumBytes } from './checksum.ts';
import { PROTOCOL_UDP } from './ipv4.ts';
import type { Packet } from './packet.ts';

const UDP_HEADER = 8;

export type UdpDrop = 'UdpLength' | 'UdpChecksum';

/**
 * Is the datagram whole and its checksum right (RFC 768; RFC 1122, section 4.1.3.4)? Over IPv4 it may have none; over IPv6
 * it must (RFC 8200, section 8.1).
 */
export function checkUdp(packet: Packet): UdpDrop | null {
  const { transportStart: at, transportEnd, src, dst } = packet;
  const { bytes } = packet.slab;
  if (transportEnd - at < UDP_HEADER) return 'UdpLength';
  const length = (bytes[at + 4]! << 8) | bytes[at + 5]!;
  if (length < UDP_HEADER || at + length > transportEnd) return 'UdpLength';
  if (packet.checksumTrusted) return null;
  if ((bytes[at + 6]! | bytes[at + 7]!) === 0) return dst.family === 4 ? null : 'UdpChecksum';
  const pseudo = pseudoHeaderSum(src, dst, PROTOCOL_UDP, length);
  return foldChecksum(sumBytes(bytes, at, at + length, pseudo)) === 0 ? null : 'UdpChecksum';
}
