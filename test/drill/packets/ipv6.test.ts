import { describe, expect, it } from 'vitest';
import { type DrillOptions, drill, ipVersionsOf } from '../../../src/drill/index.ts';
import { matchTcp } from '../../../src/drill/packets/match.ts';
import { Numbers } from '../../../src/drill/packets/numbers.ts';
import type { TcpAction } from '../../../src/drill/script/ast.ts';
import { parseScript } from '../../../src/drill/script/parser.ts';
import { settingsOf } from '../../../src/drill/script/settings.ts';
import { Mismatch } from '../../../src/drill/terms/errors.ts';
import { type Address, address } from '../../../src/wire/address.ts';
import { RST } from '../../../src/wire/segment.ts';
import { twins } from '../right-and-wrong.ts';

const IPV6: DrillOptions = { ipVersion: 'ipv6' };

function passes(script: string, options: DrillOptions = IPV6): void {
  const verdict = drill(script, options);
  const { line, source, message, expected, actual } = verdict;
  expect(verdict.status, `${line}: ${source}: ${message}: ${expected} / ${actual}`).toBe('passed');
}

const LISTENING = ` 0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0   bind(3, ..., ...) = 0
+0   listen(3, 1) = 0
`;

/** As descriptor 4, with the MSS of a link of 1500 octets in both directions. */
const CONNECTED = `${LISTENING}+0   < S 0:0(0) win 50000 <mss 1440>
+0   > S. 0:0(0) ack 1 <mss 1440>
+.01 < . 1:1(0) ack 1 win 50000
+0   accept(3, ..., ...) = 4
`;

twins(
  'a server over IPv6',
  ` 0   socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP) = 3
+0   getsockopt(3, SOL_SOCKET, SO_DOMAIN, [10], [4]) = 0
+0   setsockopt(3, SOL_IPV6, IPV6_V6ONLY, [1], 4) = 0
+0   bind(3, {sa_family = AF_INET6, sin_port = htons(8080), sin_addr = inet_addr("fd3d:a0b:17d6::1")}, 28) = 0
+0   setsockopt(3, SOL_IPV6, IPV6_V6ONLY, [0], 4) = -1 EINVAL (it is bound)
+0   listen(3, 1) = 0
+0   < [ttl 3] 40000>8080 S 0:0(0) win 50000 <mss 1440>
+0   > [tos 0x0] S. 0:0(0) ack 1 <mss 1440>
+.01 < . 1:1(0) ack 1 win 50000
+0   accept(3, {sa_family = AF_INET6, sin_port = htons(40000), sin_addr = inet_addr("fd3d:fa7b:d17d::1")}, [28]) = 4
+0   setsockopt(4, IPPROTO_IPV6, IPV6_TCLASS, [0x20], 4) = 0
+0   setsockopt(4, SOL_IPV6, IPV6_UNICAST_HOPS, [17], 4) = 0
+0   write(4, ..., 2000) = 2000
+0   > [tos 0x20,flowlabel 0x0] . 1:1441(1440) ack 1
+0   > [ttl 17] P. 1441:2001(560) ack 1
+.01 < [ce,flowlabel 0x12345] . 1:1(0) ack 2001 win 50000
+0   getsockopt(4, SOL_IPV6, IPV6_TCLASS, [32], [4]) = 0
+0   getsockopt(4, SOL_IPV6, IPV6_MTU, [1500], [4]) = 0
+0   getsockopt(3, SOL_IPV6, IPV6_MTU, ..., [4]) = -1 ENOTCONN (a listener has no path)
+0   setsockopt(4, SOL_IPV6, IPV6_UNICAST_HOPS, [-1], 4) = 0
+0   setsockopt(4, SOL_IPV6, IPV6_TCLASS, [256], 4) = -1 EINVAL (there is no such class)
+0   close(4) = 0
+0   > [ttl 64] F. 2001:2001(0) ack 1
`,
  [
    ['MSS', '> [tos 0x0] S. 0:0(0) ack 1 <mss 1440>', '> S. 0:0(0) ack 1 <mss 1460>'],
    ['traffic class', '[tos 0x20,flowlabel', '[tos 0x24,flowlabel'],
    ['traffic class of a SYN-ACK', '[tos 0x0]', '[tos 0x20]'],
    ['ECN field', '[tos 0x0]', '[ect0]'],
    ['flow label', 'flowlabel 0x0]', 'flowlabel 0x1]'],
    ['hop limit', '[ttl 17]', '[ttl 64]'],
    ['hop limit that is the default', '[ttl 64]', '[ttl 63]'],
    ['address of ours', 'fd3d:a0b:17d6::1', 'fd3d:a0b:17d6::2'],
    ['address of the peer', 'fd3d:fa7b:d17d::1', 'fd3d:fa7b:d17d::2'],
    ['port of the peer', 'htons(40000)', 'htons(40001)'],
    ['family of the socket', '[10], [4]', '[2], [4]'],
    ['value of an option', '[32], [4]', '[33], [4]'],
    ['path MTU', '[1500], [4]', '[1280], [4]'],
    ['length', '> [tos 0x20,flowlabel 0x0] . 1:1441(1440)', '> . 1:1461(1460)'],
    ['sequence number', '> [ttl 17] P. 1441:2001(560)', '> P. 1440:2000(560)'],
  ],
  IPV6,
);

twins(
  'a path MTU over IPv6',
  `${CONNECTED}+0   write(4, ..., 1440) = 1440
+0   > P. 1:1441(1440) ack 1
+.01 < icmp packet_too_big mtu 1400 [1:1441(1440)]
+0   > . 1:1341(1340) ack 1
+0   > P. 1341:1441(100) ack 1
+0   %{ assert tcpi_pmtu == 1400 }%
+.01 < icmpv6 packet_too_big mtu 1280 [1:1341(1340)]
+0   > . 1:1221(1220) ack 1
+0   > P. 1221:1441(220) ack 1
+.01 < . 1:1(0) ack 1441 win 50000
+0   write(4, ..., 1221) = 1221
+0   > . 1441:2661(1220) ack 1
+0   > P. 2661:2662(1) ack 1
`,
  [
    ['MTU in the message', 'mtu 1400', 'mtu 1401'],
    ['quoted number, that is not in flight', '1280 [1:1341(1340)]', '1280 [1442:2882(1440)]'],
    ['message, that is no "too big"', 'packet_too_big mtu 1400', 'time_exceeded exceeded_hop_limit'],
    ['MTU that no IPv6 link has', 'mtu 1280', 'mtu 1279'],
    ['first length', '. 1:1341(1340) ack 1', '. 1:1361(1360) ack 1'],
    ['length afterwards', '. 1441:2661(1220)', '. 1441:2781(1340)'],
    ['path MTU in tcp_info', 'tcpi_pmtu == 1400', 'tcpi_pmtu == 1500'],
  ],
  IPV6,
);

twins(
  'a path MTU over IPv4',
  `${CONNECTED.replaceAll('1440', '1460')}+0   write(4, ..., 1460) = 1460
+0   > P. 1:1461(1460) ack 1
+.01 < icmp unreachable frag_needed mtu 1200 [1:1461(1460)]
+0   > . 1:1161(1160) ack 1
+0   > P. 1161:1461(300) ack 1
+0   getsockopt(4, SOL_IP, IP_MTU, [1200], [4]) = 0
+.01 < . 1:1(0) ack 1461 win 50000
+0   write(4, ..., 1161) = 1161
+0   > . 1461:2621(1160) ack 1
+0   > P. 2621:2622(1) ack 1
`,
  [
    ['MTU in the message', 'mtu 1200', 'mtu 1201'],
    ['quoted number, that is not in flight', '[1:1461(1460)]', '[1462:2922(1460)]'],
    ['code', 'frag_needed mtu 1200', 'host_unreachable'],
    ['length afterwards', '. 1461:2621(1160)', '. 1461:2622(1161)'],
    ['path MTU', '[1200], [4]', '[1500], [4]'],
  ],
);

twins(
  'errors of ICMPv6',
  ` 0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.1 connect(3, {sa_family = AF_INET6, sin6_port = htons(80), sin6_flowinfo = htonl(0), sin6_addr = inet_pton(AF_INET6, "2001:db8::7"), sin6_scope_id = 0}, 28) = -1 ECONNREFUSED (Connection refused)
+0   > S 0:0(0) <...>
+.1  < icmp unreachable port_unreachable [0:0(0)]
+0   close(3) = 0
`,
  [
    ['code, that ends no attempt', 'port_unreachable', 'address_unreachable'],
    ['quoted number', '[0:0(0)]', '[1:1(0)]'],
    ['errno', 'ECONNREFUSED', 'EHOSTUNREACH'],
  ],
  IPV6,
);

describe('packets over IPv6', () => {
  it('have the MSS of their MTU, or that of IPv4 when the MTU makes up for the longer header', () => {
    const script = (mss: number): string => `${LISTENING}+0 < S 0:0(0) win 50000 <mss 1000>
+0   > S. 0:0(0) ack 1 win ${mss === 1440 ? 64800 : 64240} <mss ${mss}>
`;
    passes(script(1440));
    passes(script(1460), { ...IPV6, sameMss: true });
    passes(script(1460), { ...IPV6, options: [{ name: 'mtu', value: '1520' }] });
    passes(`--ip_version=ipv6\n--mtu=1520\n${script(1460)}`, {});
    passes(script(1460), { sameMss: true });
    expect(drill(script(1460), IPV6).status).toBe('failed');
    expect(drill(script(1440), { ...IPV6, sameMss: true }).status).toBe('failed');
  });

  it('are read from the wire: a RST, though no connection is there', () => {
    passes('0 < . 1:1(0) ack 500 win 1000\n+0 > R 500:500(0) win 0');
  });

  it('may be ICMPv6 messages of any type', () => {
    const sent = (text: string, options: DrillOptions): string => drill(`${LISTENING}+0 < ${text}`, options).status;
    const messages = [
      ...'no_route net_unreachable admin_prohibited not_neighbour address_unreachable port_unreachable'
        .split(' ')
        .map((code) => `unreachable ${code}`),
      'packet_too_big mtu 1280',
      'packet_too_big mtu 4294967295',
      'time_exceeded exceeded_hop_limit',
      'parameter_problem unknown_next_header',
      'echo_reply',
      'type_200 code_7',
    ];
    for (const message of messages) {
      expect(sent(`icmp ${message}`, IPV6), message).toBe('passed');
      expect(sent(`icmpv6 ${message}`, IPV6), message).toBe('passed');
      expect(sent(`icmpv6 ${message}`, {}), message).toBe('unsupported');
    }
    expect(sent('icmp unreachable frag_needed mtu 1200', IPV6)).toBe('unsupported');
    expect(sent('icmp source_quench', IPV6)).toBe('unsupported');
    expect(sent('icmp unreachable admin_prohibited', {})).toBe('unsupported');
    expect(sent('icmp no_such_type', IPV6)).toBe('invalid');
    expect(sent('icmp time_exceeded no_such_code', IPV6)).toBe('invalid');
    expect(sent('icmp time_exceeded mtu 1280', IPV6)).toBe('invalid');
    expect(sent('icmp unreachable host_unreachable mtu 1280', {})).toBe('invalid');
    expect(sent('icmp unreachable frag_needed mtu 65536', {})).toBe('invalid');
  });

  it('go from our address to the peer, or fail', () => {
    const { events, options } = parseScript('0 > R 5:5(0) win 0');
    const settings = settingsOf({ options, init: null, cleanup: null, events }, IPV6);
    const spec = events[0]!.action as TcpAction;
    const [local, remote] = [address('fd3d:a0b:17d6::1'), address('fd3d:fa7b:d17d::1')];
    const numbers = new Numbers(local, 8080, remote, 43_000, false);
    const tcp = { srcPort: 8080, dstPort: 43_000, seq: 5, ack: 0, flags: RST, win: 0, urg: 0, options: [] };
    const sent = (src: Address, dst: Address): void => {
      const ip = { at: 0, flaw: null, src, dst, tos: 0, ttl: 64, flowLabel: 0, protocol: 6, icmp: null };
      const piece = { ...ip, tcp: { ...tcp, payload: new Uint8Array(0) } };
      matchTcp(spec, { pieces: [piece], length: 0 }, numbers, settings);
    };
    expect(() => sent(local, remote)).not.toThrow();
    expect(() => sent(local, address('fd3d:fa7b:d17d::2'))).toThrow(Mismatch);
    expect(() => sent(address('fd3d:a0b:17d6::2'), remote)).toThrow(Mismatch);
    expect(() => sent(remote, local)).toThrow(Mismatch);
  });

  it('may be spelt icmpv6', () => {
    const { action } = parseScript('0 < icmpv6 packet_too_big mtu 1280 [1:1461(1460)]').events[0]!;
    expect(action).toMatchObject({ type: 'icmp', family: 6, typeName: 'packet_too_big', codeName: null, mtu: 1280 });
  });
});

describe('sockets of two families', () => {
  const listening = (family: string, address: string): string => ` 0 socket(${family}, SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, {sa_family = ${family}, sin_port = htons(8080), sin_addr = inet_addr("${address}")}, ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 1000 <mss 1000>
+0 > S. 0:0(0) ack 1 <...>
`;

  it('have the addresses of theirs', () => {
    passes(listening('AF_INET6', '::'));
    passes(listening('AF_INET6', '::'), {}); // IPv4 too, without IPV6_V6ONLY
    passes(listening('AF_INET6', '::ffff:192.168.0.1'), {});
    passes(listening('AF_INET', '0.0.0.0'), {});
    expect(drill(listening('AF_INET', '0.0.0.0'), IPV6).status).toBe('unsupported');
    expect(drill(listening('AF_INET', '192.168.0.1'), IPV6)).toMatchObject({ actual: '-1 EADDRNOTAVAIL' });
    expect(drill(listening('AF_INET', '::1'), IPV6).status).toBe('invalid');
    expect(drill(listening('AF_INET6', '192.168.0.1'), {}).status).toBe('invalid');
  });

  it('take no addresses of the other', () => {
    const ipv4 = '{sa_family = AF_INET, sin_port = htons(80), sin_addr = inet_addr("192.168.0.1")}';
    const ipv6 = '{sa_family = AF_INET6, sin_port = htons(80), sin_addr = inet_addr("2001:db8::1")}';
    passes(`0 socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ${ipv4}, 16) = -1 EINVAL (too short)
+0 connect(3, ${ipv4}, 16) = -1 EINVAL (too short)
+0 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 4
+0 bind(4, ${ipv6}, 28) = -1 EAFNOSUPPORT (another family)
+0 connect(4, ${ipv6}, 28) = -1 EAFNOSUPPORT (another family)
+0 setsockopt(4, SOL_IPV6, IPV6_TCLASS, [4], 4) = -1 ENOPROTOOPT (not of this family)
+0 getsockopt(4, SOL_IPV6, IPV6_TCLASS, ..., [4]) = -1 EOPNOTSUPP (not of this family)`);
    expect(drill('0 socket(AF_INET, SOCK_STREAM, 0) = 3\n+0 bind(3, ..., ...) = 0', IPV6).status).toBe('unsupported');
    expect(drill('0 socket(AF_INET6, SOCK_STREAM, 0) = 3\n+0 bind(3, ..., ...) = 0').status).toBe('unsupported');
  });

  it('connect to IPv4 with --ip_version=ipv4-mapped-ipv6, and say who they talk to', () => {
    const script = (family: string): string => ` 0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < 40000>8080 S 0:0(0) win 1000 <mss 1000>
+0 > S. 0:0(0) ack 1 <mss 1460>
+.01 < . 1:1(0) ack 1 win 1000
+0 accept(3, {sa_family = ${family}, sin_port = htons(40000), sin_addr = inet_addr("${family === 'AF_INET' ? '' : '::ffff:'}192.0.2.1")}, ...) = 4
`;
    const mapped: DrillOptions = { ipVersion: 'ipv4-mapped-ipv6' };
    passes(script('AF_INET6'), mapped);
    passes(script('AF_INET'), {});
    expect(drill(script('AF_INET'), mapped).status).toBe('failed');
    expect(drill(script('AF_INET6'), {}).status).toBe('failed');
    passes(
      ` 0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 setsockopt(3, SOL_IPV6, IPV6_V6ONLY, [1], 4) = 0
+0 connect(3, ..., ...) = -1 ENETUNREACH (an IPv4 address is no IPv6 one)
+0 bind(3, ..., ...) = -1 EINVAL (an IPv4 address is no IPv6 one)`,
      mapped,
    );
  });

  it("have header fields of both, of which those of the packets' own IP show", () => {
    const script = (level: string, tos: string, ttl: string, shown: string): string =>
      `${CONNECTED.replace('<mss 1440>\n+.01', '<...>\n+.01')}+0 setsockopt(4, ${level}, ${tos}, [0x43], 4) = 0
+0 setsockopt(4, ${level}, ${ttl}, [9], 4) = 0
+0 getsockopt(4, ${level}, ${tos}, [0x40], [4]) = 0
+0 getsockopt(4, ${level}, ${ttl}, [9], [4]) = 0
+0 write(4, ..., 10) = 10
+0 > [tos ${shown}] P. 1:11(10) ack 1
`;
    const ipv6 = ['SOL_IPV6', 'IPV6_TCLASS', 'IPV6_UNICAST_HOPS'] as const;
    const ipv4 = ['SOL_IP', 'IP_TOS', 'IP_TTL'] as const;
    passes(script(...ipv6, '0x40'));
    passes(script(...ipv4, '0x0'));
    passes(script(...ipv4, '0x40'), {});
    passes(script(...ipv4, '0x40'), { ipVersion: 'ipv4-mapped-ipv6' });
    passes(script(...ipv6, '0x0'), { ipVersion: 'ipv4-mapped-ipv6' });
  });

  it('remember what has no effect', () => {
    passes(`${LISTENING}+0 setsockopt(3, SOL_IPV6, IPV6_RECVTCLASS, [1], 4) = 0
+0 getsockopt(3, SOL_IPV6, IPV6_RECVTCLASS, [1], [4]) = 0
+0 getsockopt(3, SOL_IPV6, IPV6_MTU_DISCOVER, [1], [4]) = 0
+0 setsockopt(3, SOL_IPV6, IPV6_MTU_DISCOVER, [IPV6_PMTUDISC_DO], 4) = 0
+0 setsockopt(3, SOL_IPV6, IPV6_MTU_DISCOVER, [6], 4) = -1 EINVAL (no such mode)
+0 getsockopt(3, SOL_IPV6, IPV6_MTU_DISCOVER, [2], [4]) = 0`);
    expect(drill(`${LISTENING}+0 setsockopt(3, SOL_IPV6, IPV6_RECVERR, [1], 4) = 0`, IPV6).status).toBe('unsupported');
  });
});

describe('over which IP a script runs', () => {
  it('is said by the script, if it is for one', () => {
    expect(ipVersionsOf('0 `true`')).toEqual(['ipv4', 'ipv6']);
    expect(ipVersionsOf('// RFC\n--ip_version=ipv6\n0 `true`')).toEqual(['ipv6']);
    expect(ipVersionsOf('--mtu=1280\n--ip_version=ipv4\n0 `true`')).toEqual(['ipv4']);
    expect(ipVersionsOf('--ip_version=ipv5\n"')).toEqual(['ipv4', 'ipv6']);
  });

  it('is said by its name, as in packetdrill', () => {
    expect(ipVersionsOf('0 `true`', 'tcp/pmtu-v4.pkt')).toEqual(['ipv4']);
    expect(ipVersionsOf('0 `true`', 'tcp/pmtu-ipv6.pkt')).toEqual(['ipv6']);
    expect(ipVersionsOf('--ip_version=ipv4\n0 `true`', 'tcp/pmtu-ipv6.pkt')).toEqual(['ipv4']);
  });

  it('stands in the verdict', () => {
    expect(drill('0 `true`')).toMatchObject({ status: 'passed', ipVersion: 'ipv4' });
    expect(drill('0 `true`', IPV6)).toMatchObject({ status: 'passed', ipVersion: 'ipv6' });
    expect(drill('--ip_version=ipv6\n0 > S 0:0(0)')).toMatchObject({ status: 'failed', ipVersion: 'ipv6' });
    expect(drill('--ip_version=ipv4\n0 `true`', IPV6)).toMatchObject({ status: 'passed', ipVersion: 'ipv6' });
    expect(drill('--ip_version=ipv5\n0 `true`')).toMatchObject({ status: 'invalid', line: 1 });
    expect(drill('--local_ip=192.168.0.5\n0 `true`', IPV6).status).toBe('unsupported');
    expect(drill('--local_ip=2001:db8::5\n0 `true`').status).toBe('unsupported');
    expect(drill('--remote_ip=2001:DB8::1/32\n--gateway_ip=2001:db8::2\n0 `true`', IPV6).status).toBe('passed');
  });
});
