import type { Direction } from '../../link/impairment/language/terms.ts';
import { type Address, address } from '../../wire/address.ts';
import { ICMP_UNREACHABLE, UNREACHABLE_FRAGMENTATION } from '../../wire/icmp/icmp.ts';
import { icmpErrorAbout } from './icmp-error.ts';

/** What a router does with a packet instead of passing it on: an answer to its sender, in so many milliseconds. */
export interface RouterAnswer {
  /** null: none. */
  readonly octets: Uint8Array | null;
  readonly after: number;
  /** Why it is not passed on, for the log. */
  readonly why?: string;
}

/** Codes of Destination Unreachable (RFC 792; RFC 1812, section 5.2.7.1). */
const UNREACHABLE_CODES = { host: 1, port: 3, prohibited: 13 } as const;

/** A router in the middle of the path. Until it is told otherwise it passes everything on. */
export class Router {
  /** Where its errors come from. */
  address: Address = address('10.9.0.254');
  /** Looks at each packet; null: it goes on. */
  rule: ((octets: Uint8Array, direction: Direction) => RouterAnswer | null) | null = null;
  private readonly unreachables = new Map<number, RouterUnreachable>();

  judge(octets: Uint8Array, direction: Direction): RouterAnswer | null {
    return this.rule?.(octets, direction) ?? this.unreachable(octets);
  }

  /**
   * The link behind it takes packets of so many octets. Longer ones, which TCP sends with Don't Fragment, it drops, and answers
   * with the ICMP error that has the MTU (RFC 1191, section 4).
   * @param tells false: it says nothing (or a filter takes its ICMP away): a black hole (RFC 2923, section 2.1)
   * @param after milliseconds until the answer is back at the sender
   */
  narrow(mtu: number, { tells, after }: { tells: boolean; after: number }): void {
    this.rule = (octets) => {
      if (octets.length <= mtu) return null;
      const why = `longer than the MTU of the next link, ${mtu}`;
      if (!tells) return { octets: null, after, why };
      return {
        octets: icmpErrorAbout(octets, this.address, ICMP_UNREACHABLE, UNREACHABLE_FRAGMENTATION, mtu),
        after,
        why,
      };
    };
  }

  /**
   * Packets to this address are answered with ICMP Destination Unreachable.
   * @param why host: no such host there. prohibited: a firewall's `--reject-with icmp-admin-prohibited`
   * @param after milliseconds until the answer is back at the sender
   */
  refuse(to: string, why: keyof typeof UNREACHABLE_CODES, after: number): void {
    this.unreachables.set(address(to).w3, { code: UNREACHABLE_CODES[why], after });
  }

  private unreachable(octets: Uint8Array): RouterAnswer | null {
    if (this.unreachables.size === 0 || octets.length < 20) return null;
    const to = new DataView(octets.buffer, octets.byteOffset).getInt32(16);
    const found = this.unreachables.get(to);
    if (found === undefined) return null;
    const error = icmpErrorAbout(octets, this.address, ICMP_UNREACHABLE, found.code);
    return error === null
      ? null
      : { octets: error, after: found.after, why: `router ${this.address} answers with ICMP` };
  }
}

interface RouterUnreachable {
  readonly code: number;
  readonly after: number;
}
