import type { KnobTable, KnobValues } from '../time/knobs.ts';

/** IP's and ICMP's knobs: net.ipv4.* of Linux. */
export const ipSysctls = {
  ip_default_ttl: {
    default: 64,
    min: 1,
    max: 255,
    unit: 'hops',
    source: 'ip-sysctl.rst; RFC 1700',
    doc: 'Time to live of what we send.',
  },
  icmp_echo_ignore_all: {
    default: 0,
    min: 0,
    max: 1,
    unit: 'flag',
    source: 'ip-sysctl.rst',
    doc: '1: no answer to pings.',
  },
  icmp_msgs_per_sec: {
    default: 10_000,
    min: 0,
    max: 2_147_483_647,
    unit: 'count/s',
    source: 'ip-sysctl.rst (Linux 6.18); RFC 1812, section 4.3.2.8',
    doc: 'ICMP errors sent in a second.',
  },
} as const satisfies KnobTable;

export type IpSysctls = KnobValues<typeof ipSysctls>;
