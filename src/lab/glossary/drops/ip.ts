import type { IpDrop } from '../../../ip/terms/drops.ts';
import type { Draft, Drafts } from '../terms/entry.ts';

type Drop = readonly [en: string, zh: string, source: string];

/** Why IP, ICMP or UDP throws a packet away. */
const drops: Readonly<Record<IpDrop, Drop>> = {
  IpVersion: ['neither version 4 nor version 6', '版本号既不是 4 也不是 6', 'RFC 791, 3.1'],
  IpTruncated: ['shorter than an IPv4 header', '比 IPv4 首部还短', 'RFC 791, 3.1'],
  IpHeaderLength: ['its header length is impossible', '首部长度不可能', 'RFC 791, 3.1'],
  IpTotalLength: ['its total length is more than there is', '总长度超过实际收到的', 'RFC 791, 3.1'],
  IpHeaderChecksum: ['wrong checksum of the IPv4 header', 'IPv4 首部校验和错误', 'RFC 1122, 3.2.1.2'],
  IpNotOurs: [
    'not for an address of this host, which is no router',
    '目的地址不是本机的地址，而本机不是路由器',
    'RFC 1122, 3.2.1.3',
  ],
  IpNotUnicast: [
    'to a broadcast or multicast address, and nothing that belongs there',
    '发往广播或多播地址，而内容不属于那里',
    'RFC 9293, 3.9.2.3, MUST-57',
  ],
  IpMartianSource: [
    'from a broadcast, multicast, loopback or unspecified address, or from ourselves',
    '源地址是广播、多播、环回、未指定地址，或者本机自己',
    'RFC 9293, 3.9.2.3, MUST-63',
  ],
  IpOptions: ['IPv4 options that can not be read', '无法读取的 IPv4 选项', 'RFC 791, 3.1'],
  IpSourceRoute: [
    'it came by a source route, which accept_source_route does not allow, or that does not end here',
    '经由源路由到达，而 accept_source_route 不允许，或者该路由不以本机为终点',
    'RFC 1122, 3.2.1.8',
  ],
  IpUnknownProtocol: ['a protocol that is not here', '本机没有的上层协议', 'RFC 1122, 3.2.2.1'],
  Ip6Truncated: ['shorter than an IPv6 header', '比 IPv6 首部还短', 'RFC 8200, 3'],
  Ip6PayloadLength: ['its payload length is more than there is', '载荷长度超过实际收到的', 'RFC 8200, 3'],
  Ip6ExtensionHeader: [
    'an extension header with an impossible length, or more of them than any packet needs',
    '扩展首部的长度不可能，或者多得超出任何数据报的需要',
    'RFC 8200, 4',
  ],
  Ip6NextHeader: ['hop-by-hop options elsewhere than first', '逐跳选项不在最前面', 'RFC 8200, 4'],
  Ip6Option: [
    'an unknown option whose type says that the packet be discarded',
    '类型要求丢弃数据报的未知选项',
    'RFC 8200, 4.2',
  ],
  Ip6RoutingHeader: [
    'a routing header with stops left: type 0 is forbidden, the others are not ours',
    '还有剩余跳的路由首部：类型 0 被禁止，其他类型不归本机处理',
    'RFC 5095',
  ],
  Ip6Fragment: ['a fragment whose datagram can not be put together', '无法重组成数据报的分片', 'RFC 8200, 4.5'],
  Ip6NoNextHeader: ['nothing behind the headers', '首部之后没有内容', 'RFC 8200, 4.7'],
  FragmentLength: [
    'a fragment without data, or not a multiple of 8 octets although more is to come',
    '没有数据的分片，或者后面还有分片而长度不是 8 字节的倍数',
    'RFC 791, 3.2',
  ],
  FragmentTooLong: [
    'with it the datagram would be longer than 65535 octets',
    '加上这个分片，数据报将超过 65535 字节',
    'RFC 791, 3.2',
  ],
  FragmentDuplicate: ['a fragment that is here already', '已经收到过的分片', 'RFC 8200, 4.5'],
  FragmentOverlap: [
    'it overlaps another fragment: the datagram is refused',
    '与另一个分片重叠：拒绝整个数据报',
    'RFC 5722; RFC 8200, 4.5',
  ],
  FragmentBeyondEnd: [
    'it contradicts another fragment about where the datagram ends: the datagram is refused',
    '与另一个分片对数据报末尾的说法矛盾：拒绝整个数据报',
    'RFC 8200, 4.5',
  ],
  FragmentRefused: ['its datagram was refused before', '所属的数据报先前已被拒绝', 'RFC 8200, 4.5'],
  FragmentEcn: [
    'some fragments of the datagram can carry congestion marks, and others can not',
    '数据报的一部分分片支持拥塞标记，另一部分不支持',
    'RFC 3168, 5.3',
  ],
  FragmentTimeout: [
    'the datagram waited too long for the rest of it (ipfrag_time)',
    '等待其余分片的时间太长（ipfrag_time）',
    'RFC 1122, 3.3.2',
  ],
  FragmentMemory: [
    'other fragments needed its memory (ipfrag_high_thresh)',
    '其他分片需要它占用的内存（ipfrag_high_thresh）',
    'ip-sysctl.rst',
  ],
  FragmentDistance: [
    'so many fragments of the same peer came in between that this is another datagram (ipfrag_max_dist)',
    '其间从同一对端到达的分片太多，说明这是另一个数据报（ipfrag_max_dist）',
    'ip-sysctl.rst',
  ],
  FragmentCollision: ['another datagram has the same hash', '另一个数据报有相同的哈希值', 'RFC 791, 3.2'],
  FragmentHeaders: [
    'the first fragment of an IPv6 datagram, without all its headers',
    'IPv6 数据报的第一个分片没有包含全部首部',
    'RFC 7112',
  ],
  IcmpTruncated: ['shorter than an ICMP header', '比 ICMP 首部还短', 'RFC 792'],
  IcmpChecksum: ['wrong checksum of the ICMP message', 'ICMP 报文校验和错误', 'RFC 792'],
  IcmpIgnored: ['an ICMP message that is of no use here', '在这里没有用处的 ICMP 报文', 'RFC 1122, 3.2.2'],
  IcmpSourceQuench: [
    'an ICMP source quench: TCP must ignore it',
    'ICMP 源抑制报文：TCP 必须忽略它',
    'RFC 9293, 3.9.2.2, MUST-55',
  ],
  IcmpQuote: [
    'an ICMP error whose quotation leads to nothing of ours, or to nothing that is on its way',
    'ICMP 差错引用的内容不属于本机的任何连接，或者不在途中',
    'RFC 5927',
  ],
  IcmpRateLimit: [
    'more answers than a host should give in a second (icmp_msgs_per_sec)',
    '超过主机每秒应给出的回应数（icmp_msgs_per_sec）',
    'RFC 1812, 4.3.2.8',
  ],
  Icmp6MulticastListener: [
    'a report of multicast listeners, as any kernel sends on an IPv6 link',
    '多播监听者报告，任何内核在 IPv6 链路上都会发送',
    'RFC 3810',
  ],
  Icmp6RouterDiscovery: [
    'a router discovery message, as any kernel sends on an IPv6 link',
    '路由器发现报文，任何内核在 IPv6 链路上都会发送',
    'RFC 4861',
  ],
  Icmp6NeighborDiscovery: [
    'a neighbor discovery message, as any kernel sends on an IPv6 link',
    '邻居发现报文，任何内核在 IPv6 链路上都会发送',
    'RFC 4861',
  ],
  UdpLength: ['a UDP length that is impossible', 'UDP 长度不可能', 'RFC 768'],
  UdpChecksum: ['wrong checksum of the UDP datagram', 'UDP 数据报校验和错误', 'RFC 768'],
};

export const ipDrops: Drafts = Object.fromEntries(
  Object.entries(drops).map(([reason, [en, zh, source]]): [string, Draft] => [
    reason,
    {
      text: { en: `Why IP threw a packet away: ${en}.`, zh: `IP 丢弃数据报的原因：${zh}。` },
      here: ['tcpglass nstat'],
      sources: [source],
    },
  ]),
);
