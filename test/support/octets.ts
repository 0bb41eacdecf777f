import type { Frame } from '../../src/wire/frame.ts';

/** The octets of 16 and of 32 bits. */
export const u16 = (n: number): number[] => [(n >>> 8) & 255, n & 255];
export const u32 = (n: number): number[] => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];

/**
 * The sum over `bytes` as RFC 1071 defines it, written as plainly as can be: the tests' own opinion of a checksum, that
 * shares no code with the stack.
 */
export function plainSum(bytes: ArrayLike<number>, begin = 0): number {
  let sum = begin;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

/** What stands in a header, where the field itself is 0 among `bytes`; 0 where it is in there and right. */
export const checksum = (bytes: ArrayLike<number>, begin = 0): number => 0xffff - plainSum(bytes, begin);

/** A frame in one piece. */
export function flatten(frame: Frame): Uint8Array {
  const bytes = new Uint8Array(frame.packetLength);
  bytes.set(frame.header.subarray(frame.ipStart, frame.headerEnd));
  let at = frame.headerEnd - frame.ipStart;
  for (let i = 0; i < frame.sliceCount; i++) {
    const piece = frame.slices[i]!.subarray(frame.sliceFrom[i]!, frame.sliceTo[i]!);
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
