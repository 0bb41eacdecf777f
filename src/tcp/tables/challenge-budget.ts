import type { Random } from '../../time/random.ts';
import type { Micros } from '../../time/wheel.ts';

/** `tcp_challenge_ack_limit` at its largest: no limit. */
const UNLIMITED = 0x7fffffff;

/**
 * `tcp_challenge_ack_limit`: how many challenge ACKs the whole host sends in a second (RFC 5961, section 7).
 *
 * A limit that all connections share tells of one what another got: a peer that counts its own challenges learns whether a forged
 * segment hit a connection of others (CVE-2016-5696). So the number changes at random each second, between half and one and a
 * half of the limit (tcp_send_challenge_ack in net/ipv4/tcp_input.c).
 */
export class ChallengeBudget {
  private readonly random: Random;
  private second = -1;
  private left = 0;

  constructor(random: Random) {
    this.random = random;
  }

  /** May a challenge leave now? It is counted. */
  take(limit: number, now: Micros): boolean {
    if (limit === UNLIMITED) return true;
    const second = Math.floor(now / 1e6);
    if (second !== this.second) {
      this.second = second;
      this.left = limit === 0 ? 0 : ((limit + 1) >> 1) + ((this.random.next() >>> 0) % limit);
    }
    if (this.left === 0) return false;
    this.left--;
    return true;
  }
}
