import type { Address } from '../wire/address.ts';

/**
 * A keyed hash of a connection's four-tuple, for tables. Fast rather than strong: murmur3's mixing (Appleby, public
 * domain) over the words, begun from a secret seed so that a peer can't aim at one bucket blindly.
 */
export function hashTuple(
  seed: number,
  remote: Address,
  remotePort: number,
  local: Address,
  localPort: number,
): number {
  let h = mix(seed, remote.w3);
  h = mix(h, (remotePort << 16) | localPort);
  h = mix(h, local.w3);
  // The upper words differ between IPv6 connections only.
  h = mix(h, remote.w0 ^ Math.imul(remote.w1, 0x9e3779b1) ^ Math.imul(remote.w2, 0x85ebca77));
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const h = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}
