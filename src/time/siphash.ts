/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed pseudo-random function for short inputs. It is what makes initial
 * sequence numbers, port choices, timestamp offsets and hash tables unpredictable to those who don't know the key, as
 * it does in Linux (net/core/secure_seq.c). 64-bit words are held as two 32-bit halves; the input is a list of 32-bit
 * words.
 */
export type SipKey = readonly [number, number, number, number];

// The state v0..v3, high and low halves. Module-level, so that a hash allocates nothing; a hash never interleaves.
let h0 = 0;
let l0 = 0;
let h1 = 0;
let l1 = 0;
let h2 = 0;
let l2 = 0;
let h3 = 0;
let l3 = 0;

/** The low 32 bits of the hash of `count` words. */
export function sipHash(key: SipKey, words: Int32Array, count: number): number {
  run(key, words, count);
  return l0 ^ l1 ^ l2 ^ l3;
}

/** All 64 bits of the hash of `count` words: the low half, then the high one, into `hash`. */
export function sipHash64(key: SipKey, words: Int32Array, count: number, hash: Int32Array): void {
  run(key, words, count);
  hash[0] = l0 ^ l1 ^ l2 ^ l3;
  hash[1] = h0 ^ h1 ^ h2 ^ h3;
}

function run(key: SipKey, words: Int32Array, count: number): void {
  h0 = key[1] ^ 0x736f6d65;
  l0 = key[0] ^ 0x70736575;
  h1 = key[3] ^ 0x646f7261;
  l1 = key[2] ^ 0x6e646f6d;
  h2 = key[1] ^ 0x6c796765;
  l2 = key[0] ^ 0x6e657261;
  h3 = key[3] ^ 0x74656462;
  l3 = key[2] ^ 0x79746573;
  for (let i = 0; i + 1 < count; i += 2) absorb(words[i + 1]!, words[i]!);
  absorb((count * 4) << 24, count & 1 ? words[count - 1]! : 0);
  l2 ^= 0xff;
  for (let i = 0; i < 4; i++) round();
}

function absorb(high: number, low: number): void {
  h3 ^= high;
  l3 ^= low;
  round();
  round();
  h0 ^= high;
  l0 ^= low;
}

function round(): void {
  // v0 += v1; v1 <<<= 13; v1 ^= v0; v0 <<<= 32
  let low = (l0 >>> 0) + (l1 >>> 0);
  h0 = (h0 + h1 + (low > 0xffffffff ? 1 : 0)) | 0;
  l0 = low | 0;
  let t = (h1 << 13) | (l1 >>> 19);
  l1 = ((l1 << 13) | (h1 >>> 19)) ^ l0;
  h1 = t ^ h0;
  t = h0;
  h0 = l0;
  l0 = t;
  // v2 += v3; v3 <<<= 16; v3 ^= v2
  low = (l2 >>> 0) + (l3 >>> 0);
  h2 = (h2 + h3 + (low > 0xffffffff ? 1 : 0)) | 0;
  l2 = low | 0;
  t = (h3 << 16) | (l3 >>> 16);
  l3 = ((l3 << 16) | (h3 >>> 16)) ^ l2;
  h3 = t ^ h2;
  // v0 += v3; v3 <<<= 21; v3 ^= v0
  low = (l0 >>> 0) + (l3 >>> 0);
  h0 = (h0 + h3 + (low > 0xffffffff ? 1 : 0)) | 0;
  l0 = low | 0;
  t = (h3 << 21) | (l3 >>> 11);
  l3 = ((l3 << 21) | (h3 >>> 11)) ^ l0;
  h3 = t ^ h0;
  // v2 += v1; v1 <<<= 17; v1 ^= v2; v2 <<<= 32
  low = (l2 >>> 0) + (l1 >>> 0);
  h2 = (h2 + h1 + (low > 0xffffffff ? 1 : 0)) | 0;
  l2 = low | 0;
  t = (h1 << 17) | (l1 >>> 15);
  l1 = ((l1 << 17) | (h1 >>> 15)) ^ l2;
  h1 = t ^ h2;
  t = h2;
  h2 = l2;
  l2 = t;
}
