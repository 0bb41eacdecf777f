import { foldSum, sumBytes } from '../../wire/checksum.ts';
import { IPV4_HEADER, PROTOCOL_TCP } from '../../wire/ipv4.ts';
import { IPV6_HEADER } from '../../wire/ipv6.ts';
import { SYN } from '../../wire/segment.ts';
import { TCP_HEADER } from '../../wire/tcp.ts';

const CHECKSUM_AT = 16;
const END_OF_LIST = 0;
const NO_OPERATION = 1;

/** Where the TCP header of an IP packet begins, if it has a whole one; -1: it has none, or one behind IPv6 extension headers. */
export function tcpHeaderAt(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < IPV4_HEADER) return -1;
  const version = bytes[start]! >> 4;
  if (version === 4) {
    const fragmentOffset = ((bytes[start + 6]! & 0x1f) << 8) | bytes[start + 7]!;
    const at = start + (bytes[start]! & 15) * 4;
    const isFirst = bytes[start + 9] === PROTOCOL_TCP && fragmentOffset === 0;
    return isFirst && at >= start + IPV4_HEADER && at + TCP_HEADER <= end ? at : -1;
  }
  const at = start + IPV6_HEADER;
  return version === 6 && at + TCP_HEADER <= end && bytes[start + 6] === PROTOCOL_TCP ? at : -1;
}

/** Is this packet a SYN or SYN-ACK? */
function isSyn(bytes: Uint8Array, start: number, end: number): boolean {
  const tcp = tcpHeaderAt(bytes, start, end);
  return tcp !== -1 && (bytes[tcp + 13]! & SYN) !== 0;
}

/**
 * Changes the options of a SYN where they lie, as a middlebox does: `edit` is called for each option, with its kind, where it begins
 * and its length, and may write over it. The checksum is corrected for what it wrote (RFC 1624). What is no SYN stays as it is.
 */
export function editSynOptions(
  bytes: Uint8Array,
  start: number,
  packetEnd: number,
  edit: (kind: number, at: number, length: number) => void,
): void {
  if (!isSyn(bytes, start, packetEnd)) return;
  const tcp = tcpHeaderAt(bytes, start, packetEnd);
  const end = tcp + (bytes[tcp + 12]! >> 4) * 4;
  if (end > packetEnd) return;
  const before = foldSum(sumBytes(bytes, tcp, end, 0));
  for (let at = tcp + TCP_HEADER; at < end && bytes[at] !== END_OF_LIST; ) {
    const length = bytes[at] === NO_OPERATION ? 1 : at + 1 < end ? bytes[at + 1]! : 0;
    if (length === 0 || at + length > end) break;
    edit(bytes[at]!, at, length);
    at += length;
  }
  const after = foldSum(sumBytes(bytes, tcp, end, 0));
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const sum = (~view.getUint16(tcp + CHECKSUM_AT) & 0xffff) + (~before & 0xffff) + after;
  view.setUint16(tcp + CHECKSUM_AT, ~foldSum(sum) & 0xffff);
}
