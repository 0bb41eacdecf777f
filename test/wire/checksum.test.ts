import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { address } from '../../src/wire/address.ts';
import { foldChecksum, foldSum, pseudoHeaderSum, sumBytes, sumSlab, sumView } from '../../src/wire/checksum.ts';
import { Frame } from '../../src/wire/frame.ts';
import { Slab } from '../../src/wire/slab.ts';
import { sumPayload } from '../../src/wire/tcp.ts';

/** RFC 1071, section 4.1, word by word. */
function naive(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return ~sum & 0xffff;
}

describe('the Internet checksum (RFC 1071)', () => {
  it('of the example in section 3', () => {
    const bytes = Uint8Array.from([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
    expect(foldSum(sumBytes(bytes, 0, 8, 0))).toBe(0xddf2);
    expect(foldChecksum(sumBytes(bytes, 0, 8, 0))).toBe(0x220d);
  });

  it('is what summing word by word gives, wherever a slice begins and ends', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(40), fc.nat(40), (bytes, a, b) => {
        const from = Math.min(a, bytes.length);
        const to = Math.max(from, bytes.length - b);
        const got = foldChecksum(sumBytes(bytes, from, to, 0));
        // Both zeros are the same number in ones-complement arithmetic.
        expect(got % 0xffff).toBe(naive(bytes.subarray(from, to)) % 0xffff);
      }),
    );
  });

  it('over 64 KiB of 0xff neither overflows nor loses a carry', () => {
    const bytes = new Uint8Array(65_536).fill(0xff);
    expect(foldSum(sumBytes(bytes, 0, bytes.length, 0))).toBe(0xffff);
  });

  it('of a payload in slices of any length, odd ones too, is that of the payload in one piece', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 }), (slices) => {
        const frame = new Frame();
        frame.reset(20);
        for (const slice of slices) frame.addSlice(slice, 0, slice.length);
        const whole = Uint8Array.from(slices.flatMap((slice) => [...slice]));
        expect(foldChecksum(sumPayload(frame, 0)) % 0xffff).toBe(naive(whole) % 0xffff);
      }),
    );
  });

  it('of a pseudo-header: one formula for both families', () => {
    const words = (text: string): Uint8Array => Uint8Array.from(text.match(/../g)!.map((h) => Number.parseInt(h, 16)));
    const v4 = pseudoHeaderSum(address('10.9.0.1'), address('192.168.1.2'), 6, 1500);
    expect(foldChecksum(v4)).toBe(naive(words('0a090001c0a801020006' + '05dc')));
    const v6 = pseudoHeaderSum(address('2001:db8::1'), address('fe80::ffff:2'), 6, 70_000);
    const src = '20010db8000000000000000000000001';
    const dst = 'fe80000000000000000000' + '00ffff0002';
    expect(foldChecksum(v6)).toBe(naive(words(`${src}${dst}0001117000000006`)));
  });

  it('is the same by words of a view, wherever it begins and ends', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 200 }), fc.nat(3), fc.nat(1000), (bytes, from, sum) => {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        expect(foldSum(sumView(view, from, bytes.length, sum))).toBe(foldSum(sumBytes(bytes, from, bytes.length, sum)));
        const slab = new Slab(bytes);
        expect(foldSum(sumSlab(slab, from, bytes.length, sum))).toBe(foldSum(sumBytes(bytes, from, bytes.length, sum)));
      }),
    );
    const long = new Slab(new Uint8Array(65_535).fill(0xff));
    expect(foldSum(sumSlab(long, 0, 65_535, 0))).toBe(foldSum(sumBytes(long.bytes, 0, 65_535, 0)));
  });
});
