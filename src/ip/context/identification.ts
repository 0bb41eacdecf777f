import type { Random } from '../../time/random.ts';
import { type SipKey, sipHash } from '../../time/siphash.ts';
import type { Address } from '../../wire/address.ts';

const BUCKETS = 2048;

/**
 * Identifications of datagrams that may be fragmented. Two that could meet must differ, and a host that sees some must not
 * guess those towards others: it could put fragments into their datagrams, or count their packets (RFC 7739).
 */
export class Identification {
  private readonly random: Random;
  private readonly key: SipKey;
  private readonly words = new Int32Array(3);
  private readonly counters = new Uint16Array(BUCKETS);

  constructor(random: Random) {
    this.random = random;
    this.key = [random.next(), random.next(), random.next(), random.next()];
  }

  /**
   * `count` successive ones for IPv4, of which the first is returned; never 0. With 16 bits chance would repeat itself soon,
   * so they are counted, for each source, destination and protocol from another number (RFC 6864, section 4.3; RFC 7739,
   * section 5.3; Linux: ip_idents_reserve). Several may share a counter, and leave gaps for each other.
   */
  ipv4(src: Address, dst: Address, protocol: number, count: number): number {
    const { words, counters } = this;
    words[0] = src.w3;
    words[1] = dst.w3;
    words[2] = protocol;
    const hash = sipHash(this.key, words, 3);
    const bucket = hash & (BUCKETS - 1);
    let id = ((hash >>> 16) + counters[bucket]!) & 0xffff;
    // Those of a super-segment must not run over the end: the link counts on from the first.
    const skipped = id === 0 || id + count > 0x10000 ? 0x10001 - (id || 0x10000) : 0;
    if (skipped > 0) id = 1;
    counters[bucket]! += skipped + count;
    return id;
  }

  /** One for IPv6: 32 random bits (RFC 7739, section 5.2; Linux: ipv6_select_ident). */
  ipv6(): number {
    return this.random.next();
  }
}
