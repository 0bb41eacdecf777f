import { expect, it } from 'vitest';
import { halfSipHash } from '../../../src/tcp/tables/half-siphash.ts';

it('HalfSipHash-1-3 gives the published vectors (key and message 00 01 02 ..)', () => {
  const message = Int32Array.of(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c);
  const published = [0x5814c896, 0x7e059ea6, 0x577999b1, 0x6b28096c, 0x8b31d501];
  published.forEach((hash, words) => {
    expect(halfSipHash([0x03020100, 0x07060504], message, words) >>> 0).toBe(hash);
  });
});
