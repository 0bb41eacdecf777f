import type { IcmpDrop } from '../../wire/icmp/icmp.ts';
import type { Ipv4Drop } from '../../wire/ipv4.ts';
import type { Ipv6Drop, Ipv6ExtensionDrop } from '../../wire/ipv6.ts';
import type { UdpDrop } from '../../wire/udp.ts';

/** Why a fragment, or all that is there of its datagram, is discarded. */
export type FragmentDrop =
  /** No data, or not a multiple of 8 octets although more is to come. */
  | 'FragmentLength'
  /** The datagram would be longer than 65,535 octets. */
  | 'FragmentTooLong'
  /** It is here already, octet for octet. The others wait on (RFC 8200, section 4.5). */
  | 'FragmentDuplicate'
  /** It overlaps another one: the datagram is refused. */
  | 'FragmentOverlap'
  /** It lies beyond what another one called the end, or calls another place the end: the datagram is refused. */
  | 'FragmentBeyondEnd'
  /** Its datagram was refused. */
  | 'FragmentRefused'
  /** Some of the fragments can carry congestion marks, and others can't: no sender does that (RFC 3168, section 5.3). */
  | 'FragmentEcn'
  /** The datagram waited too long for the rest of it (`ipfrag_time`). */
  | 'FragmentTimeout'
  /** Others needed its memory (`ipfrag_high_thresh`). */
  | 'FragmentMemory'
  /** So many fragments of the same peer came since its last one that this is another datagram (`ipfrag_max_dist`). */
  | 'FragmentDistance'
  /** Another datagram has the same hash. */
  | 'FragmentCollision';

/** Why IP threw a packet away. Each has a counter in `Ip.drops`. */
export type IpDrop =
  | Ipv4Drop
  | Ipv6Drop
  | Ipv6ExtensionDrop
  | IcmpDrop
  | UdpDrop
  | FragmentDrop
  /** The first fragment of an IPv6 datagram without all its headers (RFC 7112). */
  | 'FragmentHeaders'
  /** Neither version 4 nor version 6. */
  | 'IpVersion'
  /** Not for one of our addresses: we are a host, not a router (RFC 1122, section 3.2.1.3). */
  | 'IpNotOurs'
  /** To a broadcast or multicast address, and nothing that belongs there (RFC 9293, MUST-57). */
  | 'IpNotUnicast'
  /** From a broadcast, multicast, loopback or unspecified address, or from ourselves (RFC 9293, MUST-63). */
  | 'IpMartianSource'
  /** IPv4 options that cannot be read. */
  | 'IpOptions'
  /** It came by a source route, which `accept_source_route` doesn't allow, or that doesn't end here. */
  | 'IpSourceRoute'
  | 'IpUnknownProtocol'
  /** An ICMP message that we have no use for. */
  | 'IcmpIgnored'
  /** RFC 9293, MUST-55. */
  | 'IcmpSourceQuench'
  /** An ICMP error whose quotation does not lead to anything of ours, or to nothing that is on its way. */
  | 'IcmpQuote'
  /** More answers than a host should give in a second (RFC 1812, section 4.3.2.8). */
  | 'IcmpRateLimit'
  /** What a kernel says to the neighbours it supposes on any IPv6 link. */
  | 'Icmp6MulticastListener'
  | 'Icmp6RouterDiscovery'
  | 'Icmp6NeighborDiscovery';
