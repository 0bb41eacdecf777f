import type { Address } from '../../wire/address.ts';
import { foldChecksum, sumBytes } from '../../wire/checksum.ts';
import { IPV4_HEADER } from '../../wire/ipv4.ts';
import { IPV6_HEADER } from '../../wire/ipv6.ts';
import type { IpSpec } from '../script/ast.ts';

const ECN_BITS = { noecn: 0, ect1: 1, ect0: 2, ce: 3, ect01: 2 } as const;
/** What a packet of the peer's has for TTL, or hop limit, when the script doesn't say. */
const TTL = 255;

/** A packet of the peer's in the making: its IP header is complete, what it carries begins at `at`. */
export interface Draft {
  packet: Uint8Array<ArrayBuffer>;
  view: DataView;
  at: number;
}

/** A packet of its addresses' family with its IP header, and room for `length` octets behind. */
export function draftPacket(ip: IpSpec, protocol: number, length: number, src: Address, dst: Address): Draft {
  const at = dst.family === 4 ? IPV4_HEADER : IPV6_HEADER;
  const packet = new Uint8Array(at + length);
  const view = new DataView(packet.buffer);
  const tos = (ip.tos ?? 0) | (ip.ecn === null ? 0 : ECN_BITS[ip.ecn]);
  const ttl = ip.ttl ?? TTL;
  if (dst.family === 4) writeIpv4(packet, view, tos, ttl, protocol, src, dst);
  else writeIpv6(view, tos, ip.flowLabel ?? 0, ttl, protocol, src, dst);
  return { packet, view, at };
}

function writeIpv4(
  packet: Uint8Array,
  view: DataView,
  tos: number,
  ttl: number,
  protocol: number,
  src: Address,
  dst: Address,
): void {
  view.setUint8(0, 0x45);
  view.setUint8(1, tos);
  view.setUint16(2, packet.length);
  view.setUint16(6, 0x4000);
  view.setUint8(8, ttl);
  view.setUint8(9, protocol);
  view.setInt32(12, src.w3);
  view.setInt32(16, dst.w3);
  view.setUint16(10, foldChecksum(sumBytes(packet, 0, IPV4_HEADER, 0)));
}

function writeIpv6(
  view: DataView,
  trafficClass: number,
  flowLabel: number,
  hopLimit: number,
  protocol: number,
  src: Address,
  dst: Address,
): void {
  view.setInt32(0, (6 << 28) | (trafficClass << 20) | flowLabel);
  view.setUint16(4, view.byteLength - IPV6_HEADER);
  view.setUint8(6, protocol);
  view.setUint8(7, hopLimit);
  for (const [i, word] of [src.w0, src.w1, src.w2, src.w3, dst.w0, dst.w1, dst.w2, dst.w3].entries()) {
    view.setInt32(8 + 4 * i, word);
  }
}
