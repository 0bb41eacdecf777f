import { describe, expect, it } from 'vitest';
import type { HashKey } from '../../../src/tcp/tables/half-siphash.ts';
import { hashTuple } from '../../../src/tcp/tables/tuple-hash.ts';
import { SeededRandom } from '../../../src/time/random.ts';
import { Address, address } from '../../../src/wire/address.ts';

const random = new SeededRandom(7);
const newKey = (): HashKey => [random.next(), random.next()];

const LOCAL = address('2001:db8::1');
const PEERS = 20_000;
/** More than there are peers, as in the table. */
const BUCKETS = 0x10000;

/** The inverse of an odd number modulo 2^32 (Newton). */
function inverse(odd: number): number {
  let x = odd;
  for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(odd, x));
  return x;
}

/** Addresses of one /48 whose upper words have one sum, if they are added up (w0 ^ A * w1 ^ B * w2) before any key comes in. */
function* sameSum(): Iterable<Address> {
  const w0 = 0x20010db8;
  for (let subnet = 0; subnet < PEERS; subnet++) {
    const w1 = 0x00010000 | subnet;
    yield new Address(w0, w1, Math.imul(inverse(0x85ebca77), 0x12345678 ^ w0 ^ Math.imul(w1, 0x9e3779b1)), 1);
  }
}

/** Peers that differ in one word alone. */
function* oneWord(word: 'w0' | 'w1' | 'w2' | 'w3'): Iterable<Address> {
  for (let i = 0; i < PEERS; i++) {
    const peer = address('2001:db8:1:2:3:4:5:6');
    peer[word] = i;
    yield peer;
  }
}

const hashes = (key: HashKey, peers: Iterable<Address>, local = LOCAL): number[] =>
  [...peers].map((peer) => hashTuple(key, peer, 5555, local, 80));

const longestChain = (all: number[]): number => {
  const chains = new Uint32Array(BUCKETS);
  for (const hash of all) chains[hash & (BUCKETS - 1)]!++;
  return Math.max(...chains);
};

/** 20,000 in 65,536 buckets by chance: one in a million tries has a chain of more than 11. */
const BY_CHANCE = 11;

describe('the hash of a four-tuple', () => {
  it('spreads IPv6 peers whose words were chosen to cancel out', () => {
    expect(longestChain(hashes(newKey(), sameSum()))).toBeLessThanOrEqual(BY_CHANCE);
  });

  it.each(['w0', 'w1', 'w2', 'w3'] as const)('spreads peers that differ in %s alone', (word) => {
    expect(longestChain(hashes(newKey(), oneWord(word)))).toBeLessThanOrEqual(BY_CHANCE);
  });

  it('spreads peers that differ in their ports alone, over IPv4 as well', () => {
    const key = newKey();
    const peer = address('192.0.2.1');
    const all = Array.from({ length: PEERS }, (_, port) => hashTuple(key, peer, port, address('192.0.2.2'), 80));
    expect(longestChain(all)).toBeLessThanOrEqual(BY_CHANCE);
  });

  it('who found peers that collide under one key has found nothing about another', () => {
    const all = [...oneWord('w2')];
    const found = new Map<number, Address[]>();
    for (const [i, hash] of hashes(newKey(), all).entries()) {
      const bucket = hash & 0xff;
      found.set(bucket, [...(found.get(bucket) ?? []), all[i]!]);
    }
    const colliding = [...found.values()].sort((a, b) => b.length - a.length)[0]!;
    expect(colliding.length).toBeGreaterThan(70);
    const elsewhere = new Set(hashes(newKey(), colliding).map((hash) => hash & 0xff));
    expect(elsewhere.size).toBeGreaterThan(colliding.length / 2);
  });

  it('our address counts, whole', () => {
    const key = newKey();
    const own = ['2001:db8::1', '2001:db9::1', '2001:db8:1::1', '2001:db8::1:0:1', '2001:db8::2'].map((text) =>
      address(text),
    );
    expect(new Set(own.flatMap((local) => hashes(key, [address('2001:db8::7')], local))).size).toBe(own.length);
  });
});
