import type { Host } from './host.ts';

/** Those of TCP's counters that are RFC 4022's, `Tcp:` in /proc/net/snmp; all others are `TcpExt:` in /proc/net/netstat. */
const TCP_GROUP = new Set(
  'ActiveOpens PassiveOpens AttemptFails EstabResets InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors'.split(' '),
);
const IP_EXT_GROUP = new Set(['InMcastPkts', 'InBcastPkts', 'ReasmOverlaps']);
/** Counters of ours that no kernel has. */
const OUR_OWN = new Set(['NegativeAdvice']);

/** A host's counters by the names that nstat(8) gives them: group and name in one word, `TcpExtListenDrops`. */
export function namedCounters(host: Host): Map<string, number> {
  const named = new Map<string, number>();
  for (const [name, value] of Object.entries(host.ip.counters)) {
    if (OUR_OWN.has(name)) continue;
    if (/^(Icmp|Udp|Ip6)/.test(name)) named.set(name, value);
    else named.set(`${IP_EXT_GROUP.has(name) ? 'IpExt' : 'Ip'}${name}`, value);
  }
  for (const [name, value] of Object.entries(host.tcp.counters)) {
    named.set(`${TCP_GROUP.has(name) ? 'Tcp' : 'TcpExt'}${name}`, value);
  }
  return named;
}
