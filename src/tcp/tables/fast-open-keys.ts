import type { Random } from '../../time/random.ts';
import { type SipKey, sipHash64 } from '../../time/siphash.ts';
import type { Address } from '../../wire/address.ts';
import type { FastOpenOption } from '../../wire/options/fast-open.ts';
import { FAST_OPEN_KEY } from '../terms/socket-options.ts';

/** Octets of the cookies that we make. */
const COOKIE = 8;

/**
 * The secrets behind Fast Open cookies (RFC 7413, section 4.1.2), and the cookies: SipHash-2-4 of the two addresses, so that one
 * host's cookie is good for no other's, and all servers that share a key know each other's (as in Linux,
 * __tcp_fastopen_cookie_gen_cipher). The first key is the one that cookies are made with. One made with the second, the key of before, is
 * good too: so a key can be replaced without a client noticing.
 */
export class FastOpenKeys {
  private readonly random: Random;
  private own: readonly SipKey[] | null = null;
  private text = '';
  private ofText: readonly SipKey[] = [];
  private readonly words = new Int32Array(8);
  private readonly hash = new Int32Array(2);

  constructor(random: Random) {
    this.random = random;
  }

  /** The keys that `tcp_fastopen_key` names; empty: one of the host's own. */
  ofSysctl(text: string): readonly SipKey[] {
    if (text === '') return (this.own ??= [this.newKey()]);
    if (text !== this.text) {
      this.text = text;
      this.ofText = text.split(',').map(keyOfText);
    }
    return this.ofText;
  }

  private newKey(): SipKey {
    const { random } = this;
    return [random.next(), random.next(), random.next(), random.next()];
  }

  /** Makes the cookie of a client. */
  make(key: SipKey, client: Address, server: Address, cookie: FastOpenOption): void {
    const { words, hash } = this;
    let count = 0;
    for (const { family, w0, w1, w2, w3 } of [client, server]) {
      if (family === 6) for (const word of [w0, w1, w2]) words[count++] = swapOctets(word);
      words[count++] = swapOctets(w3);
    }
    sipHash64(key, words, count, hash);
    cookie.length = COOKIE;
    for (let i = 0; i < COOKIE; i++) cookie.cookie[i] = hash[i >> 2]! >>> (8 * (i & 3));
  }
}

/** The octets of an address are in network order, SipHash's words in the other. */
const swapOctets = (word: number): number =>
  ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);

/** `a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4`: four words, as `tcp_fastopen_key` has them. */
function keyOfText(text: string): SipKey {
  const [a, b, c, d] = text.split('-').map((word) => Number.parseInt(word, 16) | 0);
  return [a!, b!, c!, d!];
}

/** The keys that TCP_FASTOPEN_KEY takes: one of 16 octets, or two. */
export function keysOfOctets(octets: Uint8Array): readonly SipKey[] {
  const keys: SipKey[] = [];
  for (let at = 0; at + FAST_OPEN_KEY <= octets.length; at += FAST_OPEN_KEY) {
    const word = (i: number): number =>
      octets[at + 4 * i]! |
      (octets[at + 4 * i + 1]! << 8) |
      (octets[at + 4 * i + 2]! << 16) |
      (octets[at + 4 * i + 3]! << 24);
    keys.push([word(0), word(1), word(2), word(3)]);
  }
  return keys;
}
