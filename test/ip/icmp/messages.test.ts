import { describe, expect, it } from 'vitest';
import type { IpCounters } from '../../../src/ip/terms/counters.ts';
import { cut, echo, echoReply } from '../../support/ip-fragments.ts';
import {
  type Family,
  ICMP,
  ICMPV6,
  IpMachine,
  ip,
  type Sent,
  SYN,
  summed,
  tcp,
  UDP,
  udp,
  V4,
  V6,
} from '../../support/ip-machine.ts';

/** Every counter that isn't 0. */
const counted = (machine: IpMachine): Record<string, number> =>
  Object.fromEntries(Object.entries(machine.host.ip.counters).filter(([, count]) => count !== 0));

/** One packet came, with an ECN field of 0 (RFC 3168, section 5). */
const CAME_V4 = { InReceives: 1, InNoECTPkts: 1 };
const CAME_V6 = { Ip6InReceives: 1, Ip6InNoECTPkts: 1 };

const isV6 = (family: Family): boolean => family === V6;
const protocolOf = (family: Family): number => (isV6(family) ? ICMPV6 : ICMP);

/** An ICMP message from the peer: type, code, and what is behind the checksum. */
function message(family: Family, type: number, code: number, rest: readonly number[], dst = family.ours): Uint8Array {
  const protocol = protocolOf(family);
  const payload = summed(family.peer, dst, protocol, 2, [type, code, 0, 0, ...rest]);
  return ip({ src: family.peer, dst, protocol, payload });
}

/** What an error quotes: a segment of ours that leads to no connection. */
const quote = (family: Family): number[] => [
  ...tcp({ src: family.ours, dst: family.peer, srcPort: 5, dstPort: 6, seq: 7, flags: SYN }),
];
const error = (family: Family, type: number, code: number): Uint8Array =>
  message(family, type, code, [0, 0, 0, 0, ...quote(family)]);
const other = (family: Family, type: number, length = 8): Uint8Array =>
  message(family, type, 0, new Array(length).fill(0));

describe('each ICMP message that comes', () => {
  it.each<[string, Uint8Array, Partial<IpCounters>, Record<string, number>]>([
    ['Echo', echo(V4, 20), { IcmpInEchos: 1, IcmpOutMsgs: 1, IcmpOutEchoReps: 1, OutRequests: 1 }, {}],
    ['Echo Reply', other(V4, 0), {}, { IcmpIgnored: 1 }],
    ['Destination Unreachable', error(V4, 3, 1), { IcmpInDestUnreachs: 1 }, { IcmpQuote: 1 }],
    ['Source Quench', error(V4, 4, 0), { IcmpInSrcQuenchs: 1 }, { IcmpSourceQuench: 1 }],
    ['Redirect', error(V4, 5, 1), {}, { IcmpIgnored: 1 }],
    ['Router Advertisement', other(V4, 9), {}, { IcmpIgnored: 1 }],
    ['Time Exceeded', error(V4, 11, 0), { IcmpInTimeExcds: 1 }, { IcmpQuote: 1 }],
    ['Parameter Problem', error(V4, 12, 0), { IcmpInParmProbs: 1 }, { IcmpQuote: 1 }],
    ['Timestamp', other(V4, 13, 16), {}, { IcmpIgnored: 1 }],
    ['Information Request', other(V4, 15), {}, { IcmpIgnored: 1 }],
    ['Address Mask Request', other(V4, 17), {}, { IcmpIgnored: 1 }],
    ['of an unknown type', other(V4, 200), {}, { IcmpIgnored: 1 }],
    ['an error without a quotation', other(V4, 3, 4), { IcmpInDestUnreachs: 1 }, { IcmpQuote: 1 }],
    ['shorter than its header', message(V4, 8, 0, [1, 2, 3]), { IcmpInErrors: 1 }, { IcmpTruncated: 1 }],
    ['with a wrong checksum', spoiled(echo(V4, 20)), { IcmpInErrors: 1, IcmpInCsumErrors: 1 }, { IcmpChecksum: 1 }],
  ])('over IPv4 has its counters: %s', (_, packet, counters, drops) => {
    const machine = new IpMachine();
    machine.receive(packet);
    expect(counted(machine)).toEqual({ ...CAME_V4, InDelivers: 1, IcmpInMsgs: 1, ...counters });
    expect(machine.host.ip.drops.entries()).toEqual(Object.entries(drops));
    expect(machine.take()).toHaveLength(counters.IcmpOutMsgs ?? 0);
  });

  it.each<[string, Uint8Array, Partial<IpCounters>, Record<string, number>]>([
    ['Echo Request', echo(V6, 20), { Icmp6InEchos: 1, Icmp6OutMsgs: 1, Icmp6OutEchoReplies: 1, Ip6OutRequests: 1 }, {}],
    ['Echo Reply', other(V6, 129), {}, { IcmpIgnored: 1 }],
    ['Destination Unreachable', error(V6, 1, 0), { Icmp6InDestUnreachs: 1 }, { IcmpQuote: 1 }],
    ['Packet Too Big', error(V6, 2, 0), { Icmp6InPktTooBigs: 1 }, { IcmpQuote: 1 }],
    ['Time Exceeded', error(V6, 3, 0), { Icmp6InTimeExcds: 1 }, { IcmpQuote: 1 }],
    ['Parameter Problem', error(V6, 4, 0), { Icmp6InParmProblems: 1 }, { IcmpQuote: 1 }],
    ['Listener Query', other(V6, 130, 20), { Icmp6InGroupMembQueries: 1 }, { Icmp6MulticastListener: 1 }],
    ['Listener Report', other(V6, 131, 20), { Icmp6InGroupMembResponses: 1 }, { Icmp6MulticastListener: 1 }],
    ['Listener Done', other(V6, 132, 20), { Icmp6InGroupMembReductions: 1 }, { Icmp6MulticastListener: 1 }],
    ['Listener Report, version 2', other(V6, 143), { Icmp6InMLDv2Reports: 1 }, { Icmp6MulticastListener: 1 }],
    ['Router Solicitation', other(V6, 133), { Icmp6InRouterSolicits: 1 }, { Icmp6RouterDiscovery: 1 }],
    ['Router Advertisement', other(V6, 134), { Icmp6InRouterAdvertisements: 1 }, { Icmp6RouterDiscovery: 1 }],
    ['Neighbor Solicitation', other(V6, 135, 20), { Icmp6InNeighborSolicits: 1 }, { Icmp6NeighborDiscovery: 1 }],
    ['Neighbor Advertisement', other(V6, 136, 20), { Icmp6InNeighborAdvertisements: 1 }, { Icmp6NeighborDiscovery: 1 }],
    ['Redirect', other(V6, 137, 36), { Icmp6InRedirects: 1 }, { Icmp6NeighborDiscovery: 1 }],
    ['of an unknown type', other(V6, 200), {}, { IcmpIgnored: 1 }],
    ['an error of an unknown type', error(V6, 100, 0), {}, { IcmpIgnored: 1 }],
    ['an error without a quotation', other(V6, 1, 4), { Icmp6InDestUnreachs: 1 }, { IcmpQuote: 1 }],
    ['shorter than its header', message(V6, 128, 0, [1, 2, 3]), { Icmp6InErrors: 1 }, { IcmpTruncated: 1 }],
    ['with a wrong checksum', spoiled(echo(V6, 20)), { Icmp6InErrors: 1, Icmp6InCsumErrors: 1 }, { IcmpChecksum: 1 }],
  ])('over IPv6 has its counters: %s', (_, packet, counters, drops) => {
    const machine = new IpMachine();
    machine.receive(packet);
    expect(counted(machine)).toEqual({ ...CAME_V6, Ip6InDelivers: 1, Icmp6InMsgs: 1, ...counters });
    expect(machine.host.ip.drops.entries()).toEqual(Object.entries(drops));
    expect(machine.take()).toHaveLength(counters.Icmp6OutMsgs ?? 0);
  });
});

describe('each ICMP error that we send', () => {
  const unknown = (family: Family): Uint8Array =>
    ip({ src: family.peer, dst: family.ours, protocol: 200, payload: new Uint8Array(40) });
  const badOptions = ip({
    src: V4.peer,
    dst: V4.ours,
    protocol: UDP,
    options: [1, 7, 1, 0],
    payload: new Uint8Array(40),
  });
  const v6 = (protocol: number, options: readonly number[]): Uint8Array =>
    ip({ src: V6.peer, dst: V6.ours, protocol, options, payload: new Uint8Array(40) });
  const sentV4 = { IcmpOutMsgs: 1, OutRequests: 1 };
  const sentV6 = { Icmp6OutMsgs: 1, Ip6OutRequests: 1 };

  // Type, code, and the second word: 0 where the RFC leaves it unused.
  it.each<[string, Family, Uint8Array, number, number, number, Partial<IpCounters>]>([
    [
      'protocol unreachable',
      V4,
      unknown(V4),
      3,
      2,
      0,
      { InDelivers: 1, InUnknownProtos: 1, IcmpOutDestUnreachs: 1, ...sentV4 },
    ],
    [
      'port unreachable',
      V4,
      udp(V4.peer, V4.ours, 32),
      3,
      3,
      0,
      { InDelivers: 1, UdpNoPorts: 1, IcmpOutDestUnreachs: 1, ...sentV4 },
    ],
    ['parameter problem', V4, badOptions, 12, 0, 22 << 24, { InHdrErrors: 1, IcmpOutParmProbs: 1, ...sentV4 }],
    [
      'IPv6: port unreachable',
      V6,
      udp(V6.peer, V6.ours, 32),
      1,
      4,
      0,
      { Ip6InDelivers: 1, Udp6NoPorts: 1, Icmp6OutDestUnreachs: 1, ...sentV6 },
    ],
    [
      'IPv6: unknown next header',
      V6,
      unknown(V6),
      4,
      1,
      6,
      { Ip6InDelivers: 1, Ip6InUnknownProtos: 1, Icmp6OutParmProblems: 1, ...sentV6 },
    ],
    [
      'IPv6: erroneous field',
      V6,
      v6(43, [UDP, 0, 0, 1, 0, 0, 0, 0]),
      4,
      0,
      42,
      { Ip6InHdrErrors: 1, Icmp6OutParmProblems: 1, ...sentV6 },
    ],
    [
      'IPv6: unknown option',
      V6,
      v6(60, [UDP, 0, 0x80, 4, 0, 0, 0, 0]),
      4,
      2,
      42,
      { Ip6InHdrErrors: 1, Icmp6OutParmProblems: 1, ...sentV6 },
    ],
  ])('has its counters, type, code and second word: %s', (_, family, packet, type, code, word, counters) => {
    const machine = new IpMachine();
    machine.receive(packet);
    const sent = machine.takeOne();
    expect(counted(machine)).toEqual({ ...(isV6(family) ? CAME_V6 : CAME_V4), ...counters });
    checkError(sent, family, type, code, word, packet);
  });

  it.each<[string, Family, Partial<IpCounters>]>([
    ['IPv4', V4, { ...CAME_V4, ReasmReqds: 1, ReasmFails: 1, ReasmTimeout: 1, IcmpOutTimeExcds: 1, ...sentV4 }],
    [
      'IPv6',
      V6,
      { ...CAME_V6, Ip6ReasmReqds: 1, Ip6ReasmFails: 1, Ip6ReasmTimeout: 1, Icmp6OutTimeExcds: 1, ...sentV6 },
    ],
  ])('has its counters, type, code and second word: %s, time exceeded', (_, family, counters) => {
    const machine = new IpMachine();
    const [first] = cut(echo(family, 200), [80]);
    machine.receive(first!);
    machine.wait(60_000);
    checkError(machine.takeOne(), family, isV6(family) ? 3 : 11, 1, 0, first!);
    expect(counted(machine)).toEqual(counters);
  });

  function checkError(sent: Sent, family: Family, type: number, code: number, word: number, quoted: Uint8Array): void {
    expect(sent).toMatchObject({ src: family.ours, dst: family.peer, protocol: protocolOf(family), tos: 0, ttl: 64 });
    const { payload } = sent;
    expect([payload[0], payload[1]]).toEqual([type, code]);
    expect(new DataView(payload.buffer, payload.byteOffset).getUint32(4)).toBe(word >>> 0);
    expect(payload.subarray(8)).toEqual(quoted);
    const again = summed(family.ours, family.peer, protocolOf(family), 2, [type, code, 0, 0, ...payload.subarray(4)]);
    expect(again).toEqual(payload);
  }
});

describe('no ICMP error answers', () => {
  const errorBehind = (protocol: number, options: readonly number[], type = 1): Uint8Array => {
    const payload = error(V6, type, 0).subarray(40);
    return ip({ src: V6.peer, dst: V6.ours, protocol, options, payload });
  };
  const v4 = (type: number): Uint8Array => {
    const payload = error(V4, type, 0).subarray(20);
    return ip({ src: V4.peer, dst: V4.ours, protocol: ICMP, options: [1, 7, 1, 0], payload });
  };
  const PADDED = [ICMPV6, 0, 1, 4, 0, 0, 0, 0];

  it.each([
    ['an ICMP error with malformed options', v4(3), 'IpOptions'],
    ['a redirect with malformed options', v4(5), 'IpOptions'],
    ['an ICMP message of an unknown type with malformed options', v4(77), 'IpOptions'],
    ['an ICMPv6 error with an unknown option', errorBehind(60, [ICMPV6, 0, 0x80, 4, 0, 0, 0, 0]), 'Ip6Option'],
    ['one behind other headers too', errorBehind(60, [60, 0, 0x80, 4, 0, 0, 0, 0, ...PADDED]), 'Ip6Option'],
    ['an ICMPv6 error with a routing header', errorBehind(43, [ICMPV6, 0, 0, 1, 0, 0, 0, 0]), 'Ip6RoutingHeader'],
    ['an ICMPv6 redirect with one', errorBehind(43, [ICMPV6, 0, 0, 1, 0, 0, 0, 0], 137), 'Ip6RoutingHeader'],
    ['an ICMPv6 error with misplaced options', errorBehind(60, [0, 0, 1, 4, 0, 0, 0, 0, ...PADDED]), 'Ip6NextHeader'],
  ])('%s (RFC 1122, section 3.2.2; RFC 4443, section 2.4 (e))', (_, packet, reason) => {
    const machine = new IpMachine();
    machine.receive(packet);
    expect(machine.drops()).toEqual({ [reason]: 1 });
    expect(machine.take()).toEqual([]);
  });

  it.each([
    ...[0, 8, 9, 10, 13, 14, 15, 16, 17, 18].map((type): [string, Uint8Array, number] => [
      `type ${type}`,
      v4(type),
      12,
    ]),
    ['an Echo Request', errorBehind(60, [ICMPV6, 0, 0x80, 4, 0, 0, 0, 0], 128), 4] as const,
  ])('but %s that is malformed is answered', (_, packet, type) => {
    const machine = new IpMachine();
    machine.receive(packet);
    expect(machine.takeOne().payload[0]).toBe(type);
  });
});

describe('a ping', () => {
  it.each([
    ['IPv4', V4],
    ['IPv6', V6],
  ])('is answered when it comes with TTL 0: we are its destination, and no router (%s)', (_, family) => {
    const machine = new IpMachine();
    const packet = ip({
      src: family.peer,
      dst: family.ours,
      protocol: protocolOf(family),
      payload: echo(family, 9).subarray(isV6(family) ? 40 : 20),
      ttl: 0,
    });
    machine.receive(packet);
    expect(machine.takeOne()).toMatchObject({ ttl: 64, payload: echoReply(family, 9) });
    expect(machine.drops()).toEqual({});
  });

  it.each([
    ['IPv4', V4],
    ['IPv6', V6],
  ])('is answered with the same TOS, in fragments too (%s)', (_, family) => {
    const machine = new IpMachine();
    const asked = echo(family, 2000);
    if (isV6(family)) asked.set([0x6b, 0x80]);
    const v4 = ip({ src: V4.peer, dst: V4.ours, protocol: ICMP, payload: asked.subarray(20), tos: 0xb8 });
    for (const packet of cut(isV6(family) ? asked : v4, [1000])) machine.receive(packet);
    expect(machine.take().map(({ tos }) => tos)).toEqual([0xb8, 0xb8]);
  });

  const OURS = [10, 9, 0, 2];
  const FREE = [0, 0, 0, 0];
  /** One second and no idea of the time of day. */
  const STAMP = [0x80, 0, 0x03, 0xe8];
  it.each([
    ['a record route', [7, 11, 4, ...FREE, ...FREE, 0], [7, 11, 8, ...OURS, ...FREE, 0]],
    ['a record route that has a stop', [7, 11, 8, 9, 9, 9, 9, ...FREE, 0], [7, 11, 12, 9, 9, 9, 9, ...OURS, 0]],
    ['a record route that is full', [7, 7, 8, 9, 9, 9, 9, 0], [7, 7, 8, 9, 9, 9, 9, 0]],
    ['timestamps', [68, 12, 5, 0, ...FREE, ...FREE], [68, 12, 9, 0, ...STAMP, ...FREE]],
    ['timestamps and addresses', [68, 12, 5, 1, ...FREE, ...FREE], [68, 12, 13, 1, ...OURS, ...STAMP]],
    ['a timestamp of ours that is asked for', [68, 12, 5, 3, ...OURS, ...FREE], [68, 12, 13, 3, ...OURS, ...STAMP]],
    ['one of another host', [68, 12, 5, 3, 9, 9, 9, 9, ...FREE], [68, 12, 5, 3, 9, 9, 9, 9, ...FREE]],
    ['timestamps that are full', [68, 8, 9, 0x20, 1, 2, 3, 4], [68, 8, 9, 0x30, 1, 2, 3, 4]],
    ['timestamps that have overflown', [68, 8, 9, 0xf0, 1, 2, 3, 4], [68, 8, 9, 0xf0, 1, 2, 3, 4]],
    ['both, behind padding', [1, 7, 7, 4, ...FREE, 68, 8, 5, 0, ...FREE], [7, 7, 8, ...OURS, 68, 8, 9, 0, ...STAMP, 0]],
    ['an option that is not for the way back', [148, 4, 0, 0], []],
  ])('is answered with %s, and we are in it (RFC 1122, section 3.2.2.6)', (_, options, back) => {
    const machine = new IpMachine();
    machine.receive(echo(V4, 30, options));
    expect(machine.takeOne()).toMatchObject({ dst: V4.peer, options: back, payload: echoReply(V4, 30) });
  });

  it('whose options fill the header is answered with no more of them', () => {
    const machine = new IpMachine({ sysctls: { accept_source_route: 1 } });
    const stops = Array.from({ length: 7 }, (_, i) => [10, 9, 1, i + 1]);
    const full = [7, 9, 10, 9, 9, 9, 9, 9, 9];
    machine.receive(echo(V4, 30, [...full, 131, 31, 32, ...stops.flat()]));
    const back = [...stops.slice(0, 6).reverse().flat(), 10, 9, 0, 1];
    expect(machine.takeOne()).toMatchObject({ dst: '10.9.1.7', options: [...full, 131, 31, 4, ...back] });
  });

  it('by a source route is answered along it, with what it recorded', () => {
    const machine = new IpMachine({ sysctls: { accept_source_route: 1 } });
    machine.receive(echo(V4, 30, [131, 11, 12, 10, 9, 1, 1, 10, 9, 2, 2, 7, 7, 4, ...FREE, 0, 0]));
    expect(machine.takeOne()).toMatchObject({
      dst: '10.9.2.2',
      options: [7, 7, 8, ...OURS, 131, 11, 4, 10, 9, 1, 1, 10, 9, 0, 1, 0, 0],
    });
  });

  it.each([
    ['a record route without a pointer', [7, 2, 0, 0], 21],
    ['a record route that points into its header', [7, 7, 3, ...FREE, 0], 22],
    ['a record route with room for half an address', [7, 9, 8, ...FREE, 0, 0, 0, 0, 0], 22],
    ['timestamps without a flag', [68, 3, 5, 0], 21],
    ['timestamps whose pointer is in the header', [68, 8, 4, 0, ...FREE], 22],
    ['timestamps with a flag that means nothing', [68, 12, 5, 2, ...FREE, ...FREE], 23],
    ['timestamps with room for an address alone', [68, 8, 5, 1, ...FREE], 22],
  ])('with %s is malformed', (_, options, pointer) => {
    const machine = new IpMachine();
    machine.receive(echo(V4, 30, options));
    const { payload } = machine.takeOne();
    expect([payload[0], payload[4]]).toEqual([12, pointer]);
    expect(machine.drops()).toEqual({ IpOptions: 1 });
  });
});

describe('a UDP datagram', () => {
  const change = (packet: Uint8Array, ...changes: [at: number, value: number][]): Uint8Array => {
    for (const [at, value] of changes) packet[at] = value;
    return packet;
  };
  const v4 = (): Uint8Array => udp(V4.peer, V4.ours, 5);
  const v6 = (): Uint8Array => udp(V6.peer, V6.ours, 5);
  const asUdp = (payload: readonly number[]): Uint8Array => ip({ src: V4.peer, dst: V4.ours, protocol: UDP, payload });

  it.each<[string, Uint8Array, string, Record<string, number>]>([
    ['with a wrong checksum', spoiled(v4()), 'UdpChecksum', { UdpInErrors: 1, UdpInCsumErrors: 1 }],
    ['that is longer than its packet', change(v4(), [25, 14]), 'UdpLength', { UdpInErrors: 1 }],
    ['that is shorter than its header', change(v4(), [25, 7]), 'UdpLength', { UdpInErrors: 1 }],
    ['of half a header', asUdp([0, 9, 0, 9]), 'UdpLength', { UdpInErrors: 1 }],
    ['over IPv6 with a wrong checksum', spoiled(v6()), 'UdpChecksum', { Udp6InErrors: 1, Udp6InCsumErrors: 1 }],
    ['over IPv6 without one', change(v6(), [46, 0], [47, 0]), 'UdpChecksum', { Udp6InErrors: 1, Udp6InCsumErrors: 1 }],
    ['over IPv6 that is longer than its packet', change(v6(), [45, 14]), 'UdpLength', { Udp6InErrors: 1 }],
  ])('%s is silently discarded', (_, packet, reason, counters) => {
    const machine = new IpMachine();
    machine.receive(packet);
    expect(machine.take()).toEqual([]);
    expect(machine.drops()).toEqual({ [reason]: 1 });
    const both = packet[0]! >> 4 === 6 ? { ...CAME_V6, Ip6InDelivers: 1 } : { ...CAME_V4, InDelivers: 1 };
    expect(counted(machine)).toEqual({ ...both, ...counters });
  });

  it.each<[string, Uint8Array]>([
    ['over IPv4 without a checksum', change(v4(), [26, 0], [27, 0])],
    ['that is shorter than its packet', asUdp([...v4().subarray(20), 9, 9])],
  ])('but one %s is answered', (_, packet) => {
    const machine = new IpMachine();
    machine.receive(packet);
    expect(machine.takeOne().payload[0]).toBe(3);
  });
});

/** The last octet is another one. */
function spoiled(packet: Uint8Array): Uint8Array {
  packet[packet.length - 1]! ^= 1;
  return packet;
}
