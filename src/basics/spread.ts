/** 2^32 divided by the golden section, as an odd number. */
const GOLDEN = 0x9e3779b1;

/**
 * Numbers in a row, or alike in some bits, become numbers that are spread over all of 32 bits: the upper ones of the product depend on all
 * bits of `value` (Fibonacci hashing; Knuth, volume 3, section 6.4). Nothing against an attacker who chooses the numbers.
 */
export const spread = (value: number): number => Math.imul(value, GOLDEN) >>> 0;
