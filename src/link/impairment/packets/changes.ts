import { choose, type Random } from '../../../time/random.ts';
import { foldChecksum, sumBytes } from '../../../wire/checksum.ts';
import { PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP } from '../../../wire/ipv4.ts';
import { Slab } from '../../../wire/slab.ts';
import type { Where } from '../language/terms.ts';
import { SeenPacket } from './seen-packet.ts';
import type { WirePacket } from './wire-packet.ts';

/** What can be changed in a packet. */

/** Both bits of the ECN field (RFC 3168, section 5). */
const CONGESTION_EXPERIENCED = 3;

/** Where the checksum is in the header of each protocol. */
const CHECKSUM_AT: Readonly<Record<number, number>> = {
  [PROTOCOL_TCP]: 16,
  [PROTOCOL_UDP]: 6,
  [PROTOCOL_ICMP]: 2,
  58: 2,
};

const seen = new SeenPacket();

/** Sets Congestion Experienced; false: the transport isn't ECN-capable, so it would not be told by that. */
export function markCongestion({ slab: { bytes } }: WirePacket): boolean {
  const version = bytes[0]! >> 4;
  if (version === 4 && bytes.length >= 20) {
    if ((bytes[1]! & CONGESTION_EXPERIENCED) === 0) return false;
    bytes[1]! |= CONGESTION_EXPERIENCED;
    sealIpv4(bytes);
    return true;
  }
  if (version !== 6 || bytes.length < 40 || ((bytes[1]! >> 4) & CONGESTION_EXPERIENCED) === 0) return false;
  bytes[1]! |= CONGESTION_EXPERIENCED << 4;
  return true;
}

function sealIpv4(bytes: Uint8Array): void {
  const headerLength = Math.min((bytes[0]! & 15) << 2, bytes.length);
  bytes[10] = bytes[11] = 0;
  const checksum = foldChecksum(sumBytes(bytes, 0, headerLength, 0));
  bytes[10] = checksum >> 8;
  bytes[11] = checksum;
}

/** Flips one bit by chance. @returns its place, octet * 8 + bit; null: the packet has no such part */
export function flipBit(packet: WirePacket, where: Where, random: Random): number | null {
  const { bytes } = packet.slab;
  seen.read(packet.slab);
  const [from, to] = partOf(seen, where);
  if (from >= to) return null;
  completeChecksum(packet);
  const place = from * 8 + choose(random, (to - from) * 8);
  bytes[place >> 3]! ^= 0x80 >> (place & 7);
  return place;
}

/** From which octet to which one a part reaches. The header and payload of what isn't TCP are not told apart. */
function partOf({ bytes, packet, segment, type }: SeenPacket, where: Where): [number, number] {
  if (where === 'anywhere') return [0, bytes.length];
  if (type === 'other') return [0, 0];
  const { transportStart, transportEnd, protocol } = packet;
  const payload = type === 'TCP' ? segment.payloadStart : Math.min(transportStart + 8, transportEnd);
  if (where === 'payload') return [payload, transportEnd];
  if (where === 'header') return [transportStart, payload];
  const checksum = transportStart + CHECKSUM_AT[protocol]!;
  return checksum + 2 <= transportEnd ? [checksum, checksum + 2] : [0, 0];
}

/** Cuts the packet off. @returns the length that it had; null: it isn't longer than that */
export function cutTo(packet: WirePacket, length: number): number | null {
  const from = packet.length;
  if (from <= length) return null;
  packet.slab = new Slab(packet.slab.bytes.slice(0, length));
  return from;
}

/**
 * A trusted checksum may never have been computed (`Packet.checksumTrusted`). Once the packet's bytes are no
 * longer those that were vouched for, its receiver has to verify, so what it finds must be what the sender meant.
 */
function completeChecksum(packet: WirePacket): void {
  if (!packet.checksumTrusted) return;
  packet.checksumTrusted = false;
  seen.read(packet.slab);
  const { bytes, type } = seen;
  const { transportStart, transportEnd, protocol, src } = seen.packet;
  if (type !== 'TCP' && type !== 'UDP') return;
  const at = transportStart + CHECKSUM_AT[protocol]!;
  if (type === 'UDP' && src.family === 4 && bytes[at] === 0 && bytes[at + 1] === 0) return; // it has none (RFC 768)
  bytes[at] = bytes[at + 1] = 0;
  const addresses = src.family === 4 ? sumBytes(bytes, 12, 20, 0) : sumBytes(bytes, 8, 40, 0);
  const length = transportEnd - transportStart;
  let checksum = foldChecksum(sumBytes(bytes, transportStart, transportEnd, addresses + protocol + length));
  if (checksum === 0 && type === 'UDP') checksum = 0xffff;
  bytes[at] = checksum >> 8;
  bytes[at + 1] = checksum;
}
