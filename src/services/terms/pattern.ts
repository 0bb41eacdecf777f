/** The largest prime below 2^16. */
const PERIOD = 65_521;

/** Octets of the pattern per write. */
export const BLOCK_LENGTH = 4 * PERIOD;

/**
 * Content that can be checked from anywhere: the octet at offset i of every `/bytes/N` is `pattern[i % 65521]`.
 * The period is prime, so octets that were lost, repeated or swapped in units of segments, pages or powers of two
 * never land on an equal stretch.
 */
const block = makeBlock();

function makeBlock(): Uint8Array {
  const bytes = new Uint8Array(BLOCK_LENGTH);
  // xorshift32 (Marsaglia 2003) from a fixed seed: looks like noise, is the same everywhere.
  let x = 0x9e3779b9;
  for (let i = 0; i < PERIOD; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    bytes[i] = x;
  }
  for (let copied = PERIOD; copied < BLOCK_LENGTH; copied += PERIOD) bytes.copyWithin(copied, 0, PERIOD);
  return bytes;
}

/** Octets of the pattern from `offset`, at most `length` and at most up to the block's end. Shared: never write to it. */
export function patternAt(offset: number, length: number): Uint8Array {
  const start = offset % BLOCK_LENGTH;
  return block.subarray(start, Math.min(BLOCK_LENGTH, start + length));
}
