import type { KnobTable, KnobValues } from '../time/knobs.ts';

/** IP's and ICMP's knobs: net.ipv4.* and net.ipv6.* of Linux. */
export const ipSysctls = {
  ip_default_ttl: {
    default: 64,
    min: 1,
    max: 255,
    unit: 'hops',
    source: 'ip-sysctl.rst; RFC 1700',
    doc: 'Time to live of what we send over IPv4.',
  },
  hop_limit: {
    default: 64,
    min: 1,
    max: 255,
    unit: 'hops',
    source: 'net.ipv6.conf.all.hop_limit, ip-sysctl.rst',
    doc: 'Hop limit of what we send over IPv6.',
  },
  ip_no_pmtu_disc: {
    default: 0,
    min: 0,
    max: 3,
    unit: 'mode',
    source: 'ip-sysctl.rst; RFC 1191',
    doc: '0: packets carry DF, and their path MTU is learned. Else they may be fragmented; a router that complains of one lowers the path MTU to min_pmtu (1), is ignored (2), or is believed as with 0 (3). IPv4 only.',
  },
  min_pmtu: {
    default: 552,
    min: 68,
    max: 65_535,
    unit: 'bytes',
    source: 'net.ipv4.route.min_pmtu, ip-sysctl.rst',
    doc: 'The least path MTU that segments are cut for over IPv4; on a narrower path they go without DF.',
  },
  mtu_expires: {
    default: 600,
    min: 1,
    max: 86_400,
    unit: 's',
    source: 'net.ipv4.route.mtu_expires, ip-sysctl.rst; RFC 1191, section 6.3; RFC 8201, section 5.3',
    doc: 'How long a path MTU is believed.',
  },
  accept_source_route: {
    default: 0,
    min: 0,
    max: 1,
    unit: 'flag',
    source: 'net.ipv4.conf.all.accept_source_route, ip-sysctl.rst; RFC 1122, section 3.2.1.8',
    doc: '1: IPv4 packets with a source route are accepted, and answered along it. 0: they are dropped.',
  },
  icmp_echo_ignore_all: {
    default: 0,
    min: 0,
    max: 1,
    unit: 'flag',
    source: 'ip-sysctl.rst',
    doc: '1: no answer to pings over IPv4.',
  },
  echo_ignore_all: {
    default: 0,
    min: 0,
    max: 1,
    unit: 'flag',
    source: 'net.ipv6.icmp.echo_ignore_all, ip-sysctl.rst',
    doc: '1: no answer to pings over IPv6.',
  },
  icmp_msgs_per_sec: {
    default: 10_000,
    min: 0,
    max: 2_147_483_647,
    unit: 'count/s',
    source: 'ip-sysctl.rst (Linux 6.18); RFC 1812, section 4.3.2.8',
    doc: 'ICMP errors of both families sent in a second.',
  },
} as const satisfies KnobTable;

export type IpSysctls = KnobValues<typeof ipSysctls>;
