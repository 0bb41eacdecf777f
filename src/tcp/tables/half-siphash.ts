/** 64 bits that only this host knows. */
export type HashKey = readonly [number, number];

/** Rounds behind the last word: the 3 of "1-3". */
const LAST_ROUNDS = 3;

/**
 * HalfSipHash-1-3 (Aumasson, 2016): SipHash on 32-bit words, a round for each word and three at the end. It is for hash tables,
 * whose hashes never leave the host: Linux has it for them too (hsiphash in lib/siphash.c, on 32-bit machines). What a peer
 * gets to see is made by `sipHash`.
 */
export function halfSipHash(key: HashKey, words: Int32Array, count: number): number {
  // Local variables: kept in the module, each step would put a number on the heap.
  let v0 = key[0];
  let v1 = key[1];
  let v2 = key[0] ^ 0x6c796765;
  let v3 = key[1] ^ 0x74656462;
  for (let i = 0; i <= count + LAST_ROUNDS; i++) {
    // Behind the words goes one that says how many octets they are.
    const word = i < count ? words[i]! : i === count ? (count * 4) << 24 : 0;
    if (i === count + 1) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return v1 ^ v3;
}
