import { counterHelp } from '../../../host/counter-help.ts';
import { counterNames } from '../../../host/named-counters.ts';
import type { Draft, Drafts } from '../terms/entry.ts';
import { about } from './about.ts';
import { chineseCounter } from './chinese.ts';

const SOURCES: Readonly<Record<string, string>> = {
  Tcp: 'RFC 4022',
  TcpExt: 'net/ipv4/proc.c, snmp4_net_list',
  Ip: 'RFC 4293',
  IpExt: 'RFC 4293',
  Ip6: 'RFC 4293',
  Icmp: 'RFC 4293',
  Icmp6: 'RFC 4293; RFC 4443',
  Udp: 'RFC 4113',
  Udp6: 'RFC 4113',
};

/** Every counter of a host, by the name that nstat(8) has for it; also without its group. */
export const counters: Drafts = Object.fromEntries(
  counterNames().map((name): [string, Draft] => [name, draftOf(name)]),
);

function draftOf(name: string): Draft {
  const [, group, short] = /^(TcpExt|Tcp|IpExt|Ip(?!6)|Ip6|Icmp6|Icmp|Udp6|Udp)(.*)$/.exec(name)!;
  const { also = [], ...rest } = about[name] ?? {};
  return {
    ...rest,
    also: [...(/^(Tcp|TcpExt|Ip|IpExt)$/.test(group!) ? [short!] : []), ...also],
    text: {
      en: `Counts since the host began: ${counterHelp(name)}.`,
      zh: `主机启动以来的计数：${chineseCounter(name) ?? name}。`,
    },
    here: [`tcpglass nstat -az ${name}`],
    linux: [`nstat -az ${name}`],
    sources: [SOURCES[group!]!],
  };
}
