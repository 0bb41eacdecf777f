import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Address, address, parseAddress } from '../../src/wire/address.ts';

describe('addresses', () => {
  it('an IPv4 one is ::ffff:a.b.c.d inside, dotted outside', () => {
    const a = address('10.9.0.2');
    expect([a.family, a.w2, a.w3, String(a)]).toEqual([4, 0xffff, 0x0a090002, '10.9.0.2']);
    expect(address('::ffff:10.9.0.2').equals(a)).toBe(true);
    expect(String(address('255.255.255.255'))).toBe('255.255.255.255');
  });

  it('an IPv6 one is shown as RFC 5952 wants it', () => {
    const shown: [string, string][] = [
      ['2001:0db8:0:0:0:0:0:1', '2001:db8::1'],
      ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
      ['::', '::'],
      ['::1', '::1'],
      ['FE80::', 'fe80::'],
      ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
      ['::1.2.3.4', '::102:304'],
    ];
    for (const [text, canonical] of shown) expect(String(address(text))).toBe(canonical);
  });

  it('what is none is refused', () => {
    const bad = ['', '1.2.3', '1.2.3.4.5', '256.1.1.1', '1.2.3.-4', '1.2.3.a', ':', ':::', '1::2::3', '1:2:3:4:5:6:7'];
    const worse = ['1:2:3:4:5:6:7:8:9', '12345::', 'g::', '::1.2.3', '1:2:3:4:5:6:7:1.2.3.4', '1:2:3:4:5:6:7:8::'];
    for (const text of [...bad, ...worse]) expect(parseAddress(text), text).toBeNull();
    expect(() => address('nonsense')).toThrow('nonsense');
  });

  it('what is shown parses back to the same address', () => {
    const word = fc.oneof(fc.integer(), fc.constantFrom(0, 1, 0xffff, -1));
    fc.assert(
      fc.property(word, word, word, word, (a, b, c, d) => {
        const one = new Address(a, b, c, d);
        expect(address(String(one)).equals(one)).toBe(true);
      }),
    );
  });

  it('knows the unspecified and the multicast ones of both families', () => {
    expect(['0.0.0.0', '::', '0.0.0.1', '::1'].map((t) => address(t).isUnspecified)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(
      ['224.0.0.1', '239.255.255.255', '240.0.0.1', 'ff02::1', 'fe80::1'].map((t) => address(t).isMulticast),
    ).toEqual([true, true, false, true, false]);
  });

  it('a copy is independent of the borrowed one', () => {
    const borrowed = address('1.2.3.4');
    const kept = borrowed.copy();
    borrowed.setIpv4(0x05060708);
    expect([String(kept), String(borrowed)]).toEqual(['1.2.3.4', '5.6.7.8']);
    kept.set(borrowed);
    expect(kept.equals(borrowed)).toBe(true);
  });
});
