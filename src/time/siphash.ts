/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed pseudo-random function for short inputs. It is what makes initial
 * sequence numbers, port choices, timestamp offsets and hash tables unpredictable to those who don't know the key, as
 * it does in Linux (net/core/secure_seq.c). 64-bit words are held as two 32-bit halves; the input is a list of 32-bit
 * words.
 */
export type SipKey = readonly [number, number, number, number];

/** Rounds for each 64 bits of input, and behind the last: "2-4". */
const ROUNDS = 2;
const LAST_ROUNDS = 4;

/** The low 32 bits of the hash of `count` words. */
export function sipHash(key: SipKey, words: Int32Array, count: number): number {
  sipHash64(key, words, count, both);
  return both[0]!;
}

const both = new Int32Array(2);

/** All 64 bits of the hash of `count` words: the low half, then the high one, into `hash`. */
export function sipHash64(key: SipKey, words: Int32Array, count: number, hash: Int32Array): void {
  // The state v0..v3, high and low halves. Local variables: kept in the module, each step would be a load and a store (measured: twice the
  // instructions).
  let h0 = key[1] ^ 0x736f6d65;
  let l0 = key[0] ^ 0x70736575;
  let h1 = key[3] ^ 0x646f7261;
  let l1 = key[2] ^ 0x6e646f6d;
  let h2 = key[1] ^ 0x6c796765;
  let l2 = key[0] ^ 0x6e657261;
  let h3 = key[3] ^ 0x74656462;
  let l3 = key[2] ^ 0x79746573;
  // The last 64 bits are the word that is left, if there is one, and how many octets there were.
  const pairs = (count >> 1) + 1;
  for (let i = 0; i <= pairs; i++) {
    let low = 0;
    let high = 0;
    if (i === pairs) {
      l2 ^= 0xff;
    } else if (i === pairs - 1) {
      low = count & 1 ? words[count - 1]! : 0;
      high = (count * 4) << 24;
    } else {
      low = words[2 * i]!;
      high = words[2 * i + 1]!;
    }
    h3 ^= high;
    l3 ^= low;
    const rounds = i === pairs ? LAST_ROUNDS : ROUNDS;
    for (let round = 0; round < rounds; round++) {
      // v0 += v1; v1 <<<= 13; v1 ^= v0; v0 <<<= 32
      l0 = (l0 + l1) | 0;
      h0 = (h0 + h1 + carry(l0, l1)) | 0;
      let t = (h1 << 13) | (l1 >>> 19);
      l1 = ((l1 << 13) | (h1 >>> 19)) ^ l0;
      h1 = t ^ h0;
      t = h0;
      h0 = l0;
      l0 = t;
      // v2 += v3; v3 <<<= 16; v3 ^= v2
      l2 = (l2 + l3) | 0;
      h2 = (h2 + h3 + carry(l2, l3)) | 0;
      t = (h3 << 16) | (l3 >>> 16);
      l3 = ((l3 << 16) | (h3 >>> 16)) ^ l2;
      h3 = t ^ h2;
      // v0 += v3; v3 <<<= 21; v3 ^= v0
      l0 = (l0 + l3) | 0;
      h0 = (h0 + h3 + carry(l0, l3)) | 0;
      t = (h3 << 21) | (l3 >>> 11);
      l3 = ((l3 << 21) | (h3 >>> 11)) ^ l0;
      h3 = t ^ h0;
      // v2 += v1; v1 <<<= 17; v1 ^= v2; v2 <<<= 32
      l2 = (l2 + l1) | 0;
      h2 = (h2 + h1 + carry(l2, l1)) | 0;
      t = (h1 << 17) | (l1 >>> 15);
      l1 = ((l1 << 17) | (h1 >>> 15)) ^ l2;
      h1 = t ^ h2;
      t = h2;
      h2 = l2;
      l2 = t;
    }
    h0 ^= high;
    l0 ^= low;
  }
  hash[0] = l0 ^ l1 ^ l2 ^ l3;
  hash[1] = h0 ^ h1 ^ h2 ^ h3;
}

/** What went beyond 32 bits when `sum` was made of `part` and another. */
const carry = (sum: number, part: number): number => (sum >>> 0 < part >>> 0 ? 1 : 0);
