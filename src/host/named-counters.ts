import { IpCounters } from '../ip/terms/counters.ts';
import { TcpCounters } from '../tcp/terms/counters.ts';

/** Those of TCP's counters that are RFC 4022's, `Tcp:` in /proc/net/snmp; all others are `TcpExt:` in /proc/net/netstat. */
const TCP_GROUP = new Set(
  'ActiveOpens PassiveOpens AttemptFails EstabResets InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors'.split(' '),
);
const IP_EXT_GROUP = new Set([
  ...['InMcastPkts', 'InBcastPkts', 'ReasmOverlaps'],
  ...['InNoECTPkts', 'InECT1Pkts', 'InECT0Pkts', 'InCEPkts'],
]);
/** Counters of ours that no kernel has. */
const OUR_OWN = new Set(['NegativeAdvice']);

const ipName = (name: string): string =>
  /^(Icmp|Udp|Ip6)/.test(name) ? name : `${IP_EXT_GROUP.has(name) ? 'IpExt' : 'Ip'}${name}`;

const tcpName = (name: string): string => `${TCP_GROUP.has(name) ? 'Tcp' : 'TcpExt'}${name}`;

/** A host's counters by the names that nstat(8) gives them: group and name in one word, `TcpExtListenDrops`. */
export function namedCounters({ ip, tcp }: Counted): Map<string, number> {
  const counted = Object.entries(ip.counters).filter(([name]) => !OUR_OWN.has(name));
  return new Map([
    ...counted.map(([name, value]): [string, number] => [ipName(name), value]),
    ...Object.entries(tcp.counters).map(([name, value]): [string, number] => [tcpName(name), value]),
  ]);
}

/** What has counters: a host. */
interface Counted {
  readonly ip: { readonly counters: IpCounters };
  readonly tcp: { readonly counters: TcpCounters };
}

/** The names of all counters that a host has. */
export const counterNames = (): string[] => [
  ...namedCounters({ ip: { counters: new IpCounters() }, tcp: { counters: new TcpCounters() } }).keys(),
];
