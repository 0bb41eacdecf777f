import type { Address } from '../../wire/address.ts';
import { IPV6_MIN_MTU } from '../../wire/ipv6.ts';
import type { IpContext } from './context.ts';
import { plateauBelow } from './path-mtu-cache.ts';

/** A router says that a packet of `quotedLength` octets to `dst` was too big (RFC 1191, RFC 8201). */
export function noteTooBig(ip: IpContext, dst: Address, told: number, quotedLength: number): void {
  const { pathMtus, sysctls } = ip;
  const current = ip.mtuTo(dst);
  const mtu = dst.family === 4 ? believableMtu(ip, told, Math.min(current, quotedLength || current)) : told;
  // Never wider by such a message; and no IPv6 path is narrower than 1280: a report of one is ignored (RFC 8201, section 4).
  if (mtu === null || mtu >= current || (dst.family === 6 && mtu < IPV6_MIN_MTU)) return;
  const believed = pathMtus.believable(dst, mtu);
  const fragmented = dst.family === 4 && believed < sysctls.min_pmtu;
  const usable = fragmented
    ? Math.min(sysctls.min_pmtu, current)
    : Math.max(believed, dst.family === 6 ? IPV6_MIN_MTU : 0);
  // Nothing is gained: it is fragmented already, and cut no shorter.
  if (usable >= current && fragmented === pathMtus.isFragmented(dst)) return;
  pathMtus.set(dst, usable, fragmented, ip.now + sysctls.mtu_expires * 1e6);
}

/** What an IPv4 router's "fragmentation needed" means under `ip_no_pmtu_disc`; null: nothing. */
function believableMtu({ sysctls }: IpContext, told: number, length: number): number | null {
  switch (sysctls.ip_no_pmtu_disc) {
    case 1:
      return 0;
    case 2:
      return null;
    default:
      return told === 0 ? plateauBelow(length) : told;
  }
}
