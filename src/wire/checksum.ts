import type { Address } from './address.ts';
import type { Slab } from './slab.ts';

/**
 * The Internet checksum (RFC 1071): the ones-complement sum of big-endian 16-bit words.
 *
 * Sums stay unfolded (a plain number, far below 2^53 for any packet) until `foldChecksum`, so that they can be chained
 * over slices. Every slice but the last must have an even number of octets.
 */
export function sumBytes(bytes: Uint8Array, from: number, to: number, sum: number): number {
  let total = sum;
  let i = from;
  // Four words a turn; their sum stays below 2^18, so the inner additions are small-integer ones.
  for (const last = to - 7; i < last; i += 8) {
    total +=
      ((bytes[i]! << 8) | bytes[i + 1]!) +
      ((bytes[i + 2]! << 8) | bytes[i + 3]!) +
      ((bytes[i + 4]! << 8) | bytes[i + 5]!) +
      ((bytes[i + 6]! << 8) | bytes[i + 7]!);
  }
  for (const last = to - 1; i < last; i += 2) total += (bytes[i]! << 8) | bytes[i + 1]!;
  return i < to ? total + (bytes[i]! << 8) : total;
}

/**
 * The same, by words of 32 bits: 2^16 counts as 1 in ones-complement arithmetic, so that a word counts as its halves do (RFC 1071,
 * section 2 (C)). Four sums, since the addition of doubles has a latency of several cycles. 0.5 cycles an octet where `sumBytes`
 * takes 1.3 (measured); but making a view costs as much as 200 octets, so it is for memory that is summed more than once.
 */
export function sumView(view: DataView, from: number, to: number, sum: number): number {
  let a = sum;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = from;
  for (const last = to - 31; i < last; i += 32) {
    a += view.getUint32(i) + view.getUint32(i + 4);
    b += view.getUint32(i + 8) + view.getUint32(i + 12);
    c += view.getUint32(i + 16) + view.getUint32(i + 20);
    d += view.getUint32(i + 24) + view.getUint32(i + 28);
  }
  for (const last = to - 1; i < last; i += 2) a += view.getUint16(i);
  if (i < to) a += view.getUint8(i) << 8;
  return a + b + c + d;
}

/** What is shorter is summed before a view would be made (measured). */
const WORDS_FROM = 512;

/** The same of bytes of a slab, by whichever way is faster. */
export function sumSlab(slab: Slab, from: number, to: number, sum: number): number {
  return to - from < WORDS_FROM ? sumBytes(slab.bytes, from, to, sum) : sumView(slab.view, from, to, sum);
}

/** Folds the carries in: the 16-bit ones-complement sum. */
export function foldSum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return folded;
}

/** Folds and complements: what goes into a checksum field, or 0 when the summed data contain their right checksum. */
export const foldChecksum = (sum: number): number => ~foldSum(sum) & 0xffff;

/**
 * The sum of a transport pseudo-header (RFC 9293, section 3.1; RFC 8200, section 8.1). One formula serves both
 * families: the 0xffff in an IPv4-mapped address is the ones-complement zero, and adds nothing.
 */
export function pseudoHeaderSum(src: Address, dst: Address, protocol: number, length: number): number {
  return addressSum(src) + addressSum(dst) + protocol + (length & 0xffff) + (length >>> 16);
}

const wordSum = (word: number): number => (word >>> 16) + (word & 0xffff);
const addressSum = (a: Address): number => wordSum(a.w0) + wordSum(a.w1) + wordSum(a.w2) + wordSum(a.w3);
