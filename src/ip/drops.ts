import type { IcmpDrop } from '../wire/icmp.ts';
import type { Ipv4Drop } from '../wire/ipv4.ts';

/** Why IP threw a packet away. Each has a counter in `Ip.drops`. */
export type IpDrop =
  | Ipv4Drop
  | IcmpDrop
  /** Neither version 4 nor one that we speak. */
  | 'IpVersion'
  | 'Ipv6NotYet'
  /** Not for one of our addresses: we are a host, not a router (RFC 1122, section 3.2.1.3). */
  | 'IpNotOurs'
  /** From a broadcast, multicast, loopback or unspecified address, or from ourselves. */
  | 'IpMartianSource'
  | 'IpTtlZero'
  | 'IpUnknownProtocol'
  /** An ICMP message that we have no use for. */
  | 'IcmpIgnored'
  /** An ICMP error whose quotation does not lead to anything of ours. */
  | 'IcmpQuote'
  /** More answers than a host should give in a second (RFC 1812, section 4.3.2.8). */
  | 'IcmpRateLimit';
