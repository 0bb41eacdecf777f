import { expect, it } from 'vitest';
import { sipHash } from '../../src/time/siphash.ts';

it('SipHash-2-4 gives the low halves of the published vectors (key and message 00 01 02 ..)', () => {
  const key = [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c] as const;
  const message = Int32Array.of(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c);
  // By length in words: only whole words are ever hashed here.
  const published = [
    0x726fdb47dd0e0e31n,
    0xcf2794e0277187b7n,
    0x93f5f5799a932462n,
    0x751e8fbc860ee5fbn,
    0x3f2acc7f57c29bdbn,
  ];
  published.forEach((hash, words) => {
    expect(sipHash(key, message, words) >>> 0).toBe(Number(BigInt.asUintN(32, hash)));
  });
});
