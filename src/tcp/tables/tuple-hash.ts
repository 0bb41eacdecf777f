import type { Address } from '../../wire/address.ts';
import { type HashKey, halfSipHash } from './half-siphash.ts';

const words = new Int32Array(9);

/**
 * A hash of a connection's four-tuple, for tables. Every word goes in under the key: whatever a peer may choose (its port, and
 * the lower 64 or more bits of an IPv6 address), it can't make connections meet in one bucket without knowing the key.
 */
export function hashTuple(
  key: HashKey,
  remote: Address,
  remotePort: number,
  local: Address,
  localPort: number,
): number {
  words[0] = (remotePort << 16) | localPort;
  words[1] = remote.w3;
  words[2] = local.w3;
  // The upper words of IPv4 addresses are all the same; how many words there are is part of the hash.
  if (remote.family === 4) return halfSipHash(key, words, 3);
  words[3] = remote.w0;
  words[4] = remote.w1;
  words[5] = remote.w2;
  words[6] = local.w0;
  words[7] = local.w1;
  words[8] = local.w2;
  return halfSipHash(key, words, 9);
}
