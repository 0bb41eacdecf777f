import { describe, expect, it } from 'vitest';
import { FastOpenKeys, keysOfOctets } from '../../../src/tcp/tables/fast-open-keys.ts';
import { SeededRandom } from '../../../src/time/random.ts';
import { address } from '../../../src/wire/address.ts';
import { FastOpenOption } from '../../../src/wire/options/fast-open.ts';

const keys = new FastOpenKeys(new SeededRandom(1));
const KEY = 'a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4';

function cookie(key: Parameters<FastOpenKeys['make']>[0], client: string, server: string): string {
  const option = new FastOpenOption();
  keys.make(key, address(client), address(server), option);
  return option.text;
}

describe('cookies of Fast Open', () => {
  // Made by Linux: they are what its own packet scripts expect (tools/testing/selftests/net/packetdrill, ksft_runner.sh).
  it.each([
    [KEY, '192.0.2.1', '192.168.0.1', '3021b9d889017eeb'],
    [KEY, 'fd3d:fa7b:d17d::1', 'fd3d:a0b:17d6::1', 'c1d1e9742a47a9bc'],
    ['00000000-00000000-00000000-00000000', '192.0.2.1', '192.168.0.1', 'b7c12350a90dc8f5'],
    ['0-0-0-0', 'fd3d:fa7b:d17d::1', 'fd3d:a0b:17d6::1', '82af1a8f9a205c34'],
  ])("with the key %s, of %s for %s, are Linux's", (key, client, server, expected) => {
    expect(cookie(keys.ofSysctl(key)[0]!, client, server)).toBe(expected);
  });

  it('are of both addresses, in their order', () => {
    const [key] = keys.ofSysctl(KEY);
    const all = [
      cookie(key!, '10.0.0.1', '10.0.0.2'),
      cookie(key!, '10.0.0.2', '10.0.0.1'),
      cookie(key!, '10.0.0.1', '10.0.0.3'),
      cookie(key!, '10.0.0.3', '10.0.0.2'),
    ];
    expect(new Set(all).size).toBe(4);
  });

  it('have a key of the host alone, where none is named, and it stays', () => {
    const own = keys.ofSysctl('');
    expect(own).toHaveLength(1);
    expect(keys.ofSysctl(`${KEY},0-0-0-1`)).toHaveLength(2);
    expect(keys.ofSysctl('')).toBe(own);
    expect(cookie(own[0]!, '10.0.0.1', '10.0.0.2')).not.toBe(
      cookie(keys.ofSysctl('0-0-0-0')[0]!, '10.0.0.1', '10.0.0.2'),
    );
  });

  it('keys as octets are those as words, the least octet first', () => {
    expect(keysOfOctets(Uint8Array.from({ length: 16 }, (_, i) => i))).toEqual(
      keys.ofSysctl('03020100-07060504-0b0a0908-0f0e0d0c'),
    );
    expect(keysOfOctets(new Uint8Array(32))).toHaveLength(2);
  });
});
