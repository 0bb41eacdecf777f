import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SocketOptions } from '../../../src/tcp/terms/socket-options.ts';
import { address } from '../../../src/wire/address.ts';
import {
  ACK,
  asTcp,
  ICMPV6,
  IpMachine,
  icmpError,
  ip,
  SYN,
  summed,
  TCP,
  type TcpSpec,
  tcp,
  tcpMessage,
  UDP,
  udp,
  V4,
  V6,
} from '../../support/ip-machine.ts';
import { u16 } from '../../support/octets.ts';

const { ours, peer } = V6;
const TO_PORT_80: TcpSpec = { src: peer, dst: ours, srcPort: 4000, dstPort: 80, seq: 100, flags: SYN, mss: 1440 };

function listening(options = {}): IpMachine {
  const machine = new IpMachine(options);
  machine.host.tcp.listen({ port: 80, onAcceptable() {} });
  return machine;
}

const echo = (dst = ours, src = peer): Uint8Array => {
  const data = [0x12, 0x34, 0, 1, ...Array.from({ length: 301 }, (_, i) => i & 255)];
  return ip({ src, dst, protocol: ICMPV6, payload: summed(src, dst, ICMPV6, 2, [128, 0, 0, 0, ...data]) });
};

/** An extension header: next, its length in octets beyond 8, and what is in it. */
const extension = (next: number, body: readonly number[]): number[] => [next, (body.length + 2) / 8 - 1, ...body];
const PADDED = [1, 4, 0, 0, 0, 0];
const FRAGMENT = (next: number, offsetAndMore: number): number[] => [next, 0, ...u16(offsetAndMore), 0, 0, 0, 9];

/** A SYN behind extension headers. */
const synBehind = (first: number, options: number[]): Uint8Array => tcp(TO_PORT_80, { protocol: first, options });

describe('ICMPv6', () => {
  it('answers an echo request with the same octets', () => {
    const machine = new IpMachine();
    machine.receive(echo());
    const reply = machine.takeOne();
    const message = summed(ours, peer, ICMPV6, 2, [129, 0, 0, 0, ...echo().subarray(44)]);
    expect(reply).toMatchObject({ version: 6, src: ours, dst: peer, protocol: ICMPV6, ttl: 64 });
    expect([...reply.payload]).toEqual([...message]);
    expect(machine.host.ip.counters).toMatchObject({ Ip6InReceives: 1, Ip6InDelivers: 1, Ip6OutRequests: 1 });
    expect(machine.host.ip.counters).toMatchObject({ Icmp6InMsgs: 1, Icmp6InEchos: 1, Icmp6OutEchoReplies: 1 });
  });

  it('does not answer when echo_ignore_all is set', () => {
    const machine = new IpMachine({ sysctls: { echo_ignore_all: 1 } });
    machine.receive(echo());
    expect(machine.take()).toEqual([]);
  });

  it('does not answer one whose checksum is wrong', () => {
    const machine = new IpMachine();
    const bytes = echo();
    bytes[60]! ^= 1;
    machine.receive(bytes);
    expect(machine.take()).toEqual([]);
    expect(machine.drops()).toEqual({ IcmpChecksum: 1 });
    expect(machine.host.ip.counters).toMatchObject({ Icmp6InErrors: 1, Icmp6InCsumErrors: 1 });
  });

  it('tells that no UDP port is open, and quotes what fits in 1280 octets', () => {
    const machine = new IpMachine();
    const asked = udp(peer, ours, 1400);
    machine.receive(asked);
    const { payload, bytes } = machine.takeOne();
    expect([payload[0], payload[1]]).toEqual([1, 4]);
    expect(bytes.length).toBe(1280);
    expect(payload.subarray(8)).toEqual(asked.subarray(0, 1232));
    expect(summed(ours, peer, ICMPV6, 2, [1, 4, 0, 0, ...payload.subarray(4)])).toEqual(payload);
    expect(machine.host.ip.counters).toMatchObject({ Udp6NoPorts: 1, Icmp6OutDestUnreachs: 1 });
  });

  it('sends errors at a bounded rate', () => {
    const machine = new IpMachine({ sysctls: { icmp_msgs_per_sec: 3 } });
    const asked = udp(peer, ours, 8);
    for (let i = 0; i < 10; i++) machine.receive(asked);
    expect(machine.take()).toHaveLength(3);
    machine.wait(1000);
    machine.receive(asked);
    expect(machine.take()).toHaveLength(1);
  });

  it.each([
    ['a router solicitation', 133, 'Icmp6RouterDiscovery', 'Icmp6InRouterSolicits'],
    ['a neighbor solicitation', 135, 'Icmp6NeighborDiscovery', 'Icmp6InNeighborSolicits'],
    ['a listener report', 143, 'Icmp6MulticastListener', 'Icmp6InMLDv2Reports'],
  ] as const)('drops %s of the kernel by name', (_, type, reason, counter) => {
    for (const src of [peer, '::', 'fe80::1']) {
      const machine = new IpMachine();
      const dst = 'ff02::16';
      const payload = summed(src, dst, ICMPV6, 2, [type, 0, 0, 0, 0, 0, 0, 1]);
      machine.receive(ip({ src, dst, protocol: 0, options: extension(ICMPV6, [5, 2, 0, 0, 1, 0]), payload }));
      expect(machine.take()).toEqual([]);
      expect(machine.drops()).toEqual({ [reason]: 1 });
      expect(machine.host.ip.counters[counter]).toBe(1);
      expect(machine.host.ip.counters.Ip6InMcastPkts).toBe(1);
    }
  });
});

describe('IPv6 extension headers (RFC 8200, section 4)', () => {
  it.each([
    ['no extension header', TCP, []],
    ['hop-by-hop options', 0, extension(TCP, PADDED)],
    ['destination options that are unknown but harmless', 60, extension(TCP, [0x1e, 4, 1, 2, 3, 4])],
    ['destination options of single octets of padding', 60, extension(TCP, [0, 0, 0, 0, 0, 0])],
    ['a routing header without stops left, even of type 0', 43, extension(TCP, [0, 0, 0, 0, 0, 0])],
    ['an atomic fragment (RFC 6946)', 44, FRAGMENT(TCP, 0)],
    [
      'all of them',
      0,
      [
        ...extension(60, PADDED),
        ...extension(43, PADDED),
        ...extension(44, [2, 0, 0, 0, 0, 0]),
        ...FRAGMENT(60, 0),
        ...extension(TCP, PADDED),
      ],
    ],
  ])('are stepped over: %s', (_, first, options) => {
    const machine = listening();
    machine.receive(synBehind(first, options));
    expect(asTcp(machine.takeOne())).toMatchObject({ flags: SYN | ACK, ack: 101, src: ours, dst: peer, mss: 1440 });
    expect(machine.drops()).toEqual({});
  });

  it.each([
    // What comes, why it is dropped, and the code and pointer of the Parameter Problem that answers it.
    ['a routing header of type 0 with stops left', 43, extension(TCP, [0, 1, 0, 0, 0, 0]), 'Ip6RoutingHeader', [0, 42]],
    ['a routing header of an unknown type', 43, extension(TCP, [9, 1, 0, 0, 0, 0]), 'Ip6RoutingHeader', [0, 42]],
    [
      'hop-by-hop options that are not first',
      60,
      [...extension(0, PADDED), ...extension(TCP, PADDED)],
      'Ip6NextHeader',
      [1, 40],
    ],
    ['an option of the kind 01: discard', 60, extension(TCP, [0x40, 4, 0, 0, 0, 0]), 'Ip6Option', null],
    ['an option of the kind 10: discard and tell', 60, extension(TCP, [0x80, 4, 0, 0, 0, 0]), 'Ip6Option', [2, 42]],
    ['an option of the kind 11: tell by unicast', 60, extension(TCP, [0, 0xc0, 3, 0, 0, 0]), 'Ip6Option', [2, 43]],
    ['an option that is longer than its header', 60, extension(TCP, [1, 5, 0, 0, 0, 0]), 'Ip6ExtensionHeader', null],
    ['an option without a length', 60, extension(TCP, [0, 0, 0, 0, 0, 1]), 'Ip6ExtensionHeader', null],
    ['a header that is longer than the packet', 60, [TCP, 200, ...PADDED], 'Ip6ExtensionHeader', null],
    ['nothing behind the headers', 59, [], 'Ip6NoNextHeader', null],
    [
      'a chain without end',
      60,
      [...Array.from({ length: 8 }, () => extension(60, PADDED)).flat(), ...extension(TCP, PADDED)],
      'Ip6ExtensionHeader',
      null,
    ],
    ['an unknown protocol', 200, [], 'IpUnknownProtocol', [1, 6]],
    ['an unknown protocol behind options', 60, extension(200, PADDED), 'IpUnknownProtocol', [1, 40]],
  ] as const)('end the way of a packet: %s', (_, first, options, reason, problem) => {
    const machine = listening();
    const packet = synBehind(first, [...options]);
    machine.receive(packet);
    expect(machine.drops()).toEqual({ [reason]: 1 });
    if (problem === null) {
      expect(machine.take()).toEqual([]);
      return;
    }
    const { payload, dst } = machine.takeOne();
    expect(dst).toBe(peer);
    const [code, pointer] = problem;
    expect([...payload.subarray(0, 2), ...payload.subarray(4, 8)]).toEqual([4, code, 0, 0, 0, pointer]);
    expect(payload.subarray(8)).toEqual(packet);
  });

  it('answers a multicast packet only for an option of the kind 10, with an address of its own', () => {
    const dst = 'ff02::1';
    for (const [kind, answers] of [
      [0x80, 1],
      [0xc0, 0],
    ] as const) {
      const machine = new IpMachine();
      machine.receive(ip({ src: peer, dst, protocol: 60, options: extension(TCP, [kind, 4, 0, 0, 0, 0]) }));
      const sent = machine.take();
      expect(sent).toHaveLength(answers);
      if (answers) expect(sent[0]).toMatchObject({ src: ours, dst: peer });
    }
  });
});

describe('the IPv6 header', () => {
  it.each([
    ['shorter than a header', (b: Uint8Array) => b.subarray(0, 39), 'Ip6Truncated'],
    ['shorter than it says', (b: Uint8Array) => b.subarray(0, 50), 'Ip6PayloadLength'],
    ['of another version', (b: Uint8Array) => Uint8Array.from(b, (x, i) => (i === 0 ? 0x50 : x)), 'IpVersion'],
    ['for another host', () => echo('fd00:9::77'), 'IpNotOurs'],
    ['from us', () => echo(ours, ours), 'IpMartianSource'],
    ['from the unspecified address', () => echo(ours, '::'), 'IpMartianSource'],
    ['from the loopback address', () => echo(ours, '::1'), 'IpMartianSource'],
    ['from a group', () => echo(ours, 'ff02::1'), 'IpMartianSource'],
  ] as const)('is refused %s', (_, make, reason) => {
    const machine = new IpMachine();
    machine.receive(make(echo()));
    expect(machine.take()).toEqual([]);
    expect(machine.drops()).toEqual({ [reason]: 1 });
  });

  it('never carries an IPv4 address: it would pass for that of an IPv4 packet', () => {
    const mapped = (at: number, ipv4: string): Uint8Array => {
      const bytes = tcp(TO_PORT_80);
      bytes.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...ipv4.split('.').map(Number)], at);
      return bytes;
    };
    const machine = listening();
    machine.receive(mapped(8, V4.peer));
    machine.receive(mapped(24, V4.ours));
    expect(machine.take()).toEqual([]);
    expect(machine.drops()).toEqual({ IpMartianSource: 1, IpNotOurs: 1 });
  });

  it('is cut off what the link put behind the packet', () => {
    const machine = listening();
    const padded = new Uint8Array(tcp(TO_PORT_80).length + 7);
    padded.set(tcp(TO_PORT_80));
    machine.receive(padded);
    expect(asTcp(machine.takeOne()).ack).toBe(101);
  });
});

describe('TCP over IPv6', () => {
  it('announces an MSS of the MTU less 60 octets', () => {
    const machine = new IpMachine({ mtu: 1400 });
    const syn = machine.connect(V6);
    expect(asTcp(machine.takeOne())).toMatchObject({ flags: SYN, mss: 1340, src: ours, dst: peer });
    syn.answer(1300);
    expect(syn.c.snd.mss).toBe(1300);
  });

  it('MUST-15: takes a peer that names no MSS for one of 1220 octets, and over IPv4 for one of 536', () => {
    const six = new IpMachine().established(V6, undefined, null).send(3000);
    expect(six.map((sent) => asTcp(sent).data.length)).toEqual([1220, 1220, 560]);
    const four = new IpMachine().established(V4, undefined, null).send(1100);
    expect(four.map((sent) => asTcp(sent).data.length)).toEqual([536, 536, 28]);
  });

  it('MUST-48, MUST-49: carries the traffic class and hop limit that the user chose', () => {
    const options = new SocketOptions();
    options.tos = 0xb8;
    options.ttl = 7;
    const machine = new IpMachine();
    const talk = machine.connect(V6, options);
    expect(machine.takeOne()).toMatchObject({ tos: 0xb8, ttl: 7 });
    talk.answer();
    machine.take();
    talk.c.ownOptions().tos = 0x28;
    expect(talk.send(10)[0]).toMatchObject({ tos: 0x28, ttl: 7 });
  });

  it('MUST-49: has a default hop limit, and another one for IPv4', () => {
    const machine = new IpMachine({ sysctls: { hop_limit: 33, ip_default_ttl: 44 } });
    machine.connect(V6);
    machine.connect(V4);
    expect(machine.take().map(({ ttl }) => ttl)).toEqual([33, 44]);
  });

  it('hands super-segments to a link that cuts them', () => {
    const machine = new IpMachine({ gsoMaxSize: 65535 });
    const talk = machine.established(V6);
    const [first] = talk.send(60_000);
    expect(first).toMatchObject({ version: 6, gsoSize: 1440 });
    expect(asTcp(first!).data.length).toBe(14_400);
  });

  it('goes through handshake, data both ways, and close', () => {
    const machine = listening();
    machine.receive(tcp(TO_PORT_80));
    const synAck = asTcp(machine.takeOne());
    const next = { ...TO_PORT_80, mss: undefined as never, seq: 101, ack: synAck.seq + 1, flags: ACK };
    delete (next as Partial<TcpSpec>).mss;
    machine.receive(tcp(next));
    const [listener] = machine.host.tcp.allListeners();
    const c = listener!.accept()!;
    machine.receive(tcp({ ...next, data: [1, 2, 3] }));
    expect(c.read()).toEqual(Uint8Array.of(1, 2, 3));
    c.send(Uint8Array.of(9, 8));
    machine.settle();
    expect([...asTcp(machine.take().at(-1)!).data]).toEqual([9, 8]);
    expect(`${c.local} ${c.remote}`).toBe(`${ours} ${peer}`);
  });

  it('answers a segment without a connection with a RST', () => {
    const machine = new IpMachine();
    machine.receive(tcp(TO_PORT_80));
    expect(asTcp(machine.takeOne()).flags & 4).toBe(4);
  });

  it('tells listeners of one family from those of both', () => {
    const machine = new IpMachine();
    const { tcp: host } = machine.host;
    host.listen({ local: address('0.0.0.0'), port: 80, onAcceptable() {} });
    machine.receive(tcp(TO_PORT_80));
    expect(asTcp(machine.takeOne()).flags & 4).toBe(4);
    host.listen({ local: address(ours), port: 80, onAcceptable() {} });
    machine.receive(tcp(TO_PORT_80));
    expect(asTcp(machine.takeOne()).flags).toBe(SYN | ACK);
    expect(() => host.listen({ local: address('::'), port: 80, onAcceptable() {} })).toThrow(/listens/);
  });

  it('MUST-44: leaves from the address that is closest to the destination', () => {
    const addresses = [
      { address: address('fe80::2'), prefix: 64 },
      { address: address('fd00:9::2'), prefix: 64 },
      { address: address('2001:db8::2'), prefix: 64 },
    ];
    const { ip: layer } = new IpMachine({ addresses }).host;
    const from = (dst: string): string => `${layer.sourceFor(address(dst))}`;
    expect([from('fe80::1'), from('fd00:9::1'), from('2001:db8:1::1')]).toEqual([
      'fe80::2',
      'fd00:9::2',
      '2001:db8::2',
    ]);
    expect(layer.sourceFor(address('10.0.0.1'))).toBeNull();
  });
});

describe('hostile input', () => {
  const seeds = [
    tcp(TO_PORT_80),
    tcp({ ...TO_PORT_80, src: V4.peer, dst: V4.ours }),
    echo(),
    icmpError(V6, 2, 0, tcp({ ...TO_PORT_80, src: ours, dst: peer }), 1300),
    icmpError(V4, 3, 4, tcp({ ...TO_PORT_80, src: V4.ours, dst: V4.peer }), 1300),
    synBehind(0, [...extension(60, PADDED), ...extension(43, PADDED), ...extension(44, PADDED), ...FRAGMENT(TCP, 0)]),
    tcp({ ...TO_PORT_80, src: V4.peer, dst: V4.ours }, { options: [131, 7, 8, 10, 9, 0, 77, 0] }),
    ip({ src: peer, dst: ours, protocol: UDP, payload: tcpMessage(TO_PORT_80) }),
  ];

  it('throws nothing and answers each packet with at most one', () => {
    const machine = listening({ sysctls: { accept_source_route: 1 } });
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 6 }),
        fc.option(fc.nat(140), { nil: undefined }),
        (seed, changes, length) => {
          const bytes = seed.slice(0, length);
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          fixIpv4Checksum(bytes);
          machine.receive(bytes);
          expect(machine.take().length).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('throws nothing on noise', () => {
    const machine = listening();
    fc.assert(
      fc.property(fc.constantFrom(0x45, 0x4f, 0x60), fc.uint8Array({ maxLength: 200 }), (first, noise) => {
        if (noise.length > 0) noise[0] = first;
        machine.receive(noise);
        machine.take();
      }),
      { numRuns: 2000 },
    );
  });
});

/** Makes what was changed behind it be looked at. */
function fixIpv4Checksum(bytes: Uint8Array): void {
  const length = (bytes[0]! & 15) * 4;
  if (bytes.length < 20 || bytes[0]! >> 4 !== 4 || length < 20 || length > bytes.length) return;
  bytes[10] = bytes[11] = 0;
  let sum = 0;
  for (let i = 0; i < length; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  bytes[10] = (~sum >> 8) & 255;
  bytes[11] = ~sum & 255;
}
