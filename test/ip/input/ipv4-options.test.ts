import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSysctl } from '../../../src/host/sysctls.ts';
import { SocketOptions } from '../../../src/tcp/terms/socket-options.ts';
import {
  findBadIpv4Option,
  findSourceRoute,
  Ipv4Options,
  MAX_IPV4_OPTIONS,
  reverseRoute,
} from '../../../src/wire/ipv4-options.ts';
import { ACK, asTcp, ICMP, IpMachine, ip, SYN, summed, type TcpSpec, tcp, V4, V6 } from '../../support/ip-machine.ts';
import { u16 } from '../../support/octets.ts';

const LSRR = 131;
const SSRR = 137;
const RECORD_ROUTE = 7;
const TIMESTAMP = 68;

const R1 = [10, 9, 1, 1];
const R2 = [10, 9, 2, 2];
const R3 = [10, 9, 3, 3];
const PEER = [10, 9, 0, 1];

const route = (kind: number, pointer: number, ...stops: number[][]): number[] => [
  kind,
  3 + 4 * stops.length,
  pointer,
  ...stops.flat(),
];
/** One that has been at all its stops. */
const complete = (kind: number, ...stops: number[][]): number[] => route(kind, 4 + 4 * stops.length, ...stops);
const padded = (options: readonly number[]): number[] => [...options, ...Array((4 - (options.length % 4)) % 4).fill(0)];

const given = (options: readonly number[]): SocketOptions => {
  const socket = new SocketOptions();
  socket.ipOptions = Uint8Array.from(options);
  return socket;
};

const { ours, peer } = V4;
const SYN_TO_80: TcpSpec = { src: peer, dst: ours, srcPort: 4000, dstPort: 80, seq: 100, flags: SYN, mss: 1460 };

function listening(sysctls = {}, socketOptions?: SocketOptions): IpMachine {
  const machine = new IpMachine({ sysctls });
  machine.host.tcp.listen({ port: 80, onAcceptable() {}, socketOptions });
  return machine;
}

describe('MUST-50: IP options that TCP does not understand', () => {
  it.each([
    ['nothing but padding', [1, 1, 1, 0]],
    ['record route', padded([RECORD_ROUTE, 7, 4, 0, 0, 0, 0])],
    ['timestamp', [TIMESTAMP, 8, 5, 0, 0, 0, 0, 0]],
    ['router alert', [148, 4, 0, 0]],
    ['security', padded([130, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
    ['an unknown one', [0x9e, 4, 0xff, 0xff]],
    ['octets behind the end of the list', [0, LSRR, 0xff, 0xff]],
  ])('are ignored: %s', (_, options) => {
    const machine = listening();
    machine.receive(tcp(SYN_TO_80, { options }));
    const answer = machine.takeOne();
    expect(asTcp(answer)).toMatchObject({ flags: SYN | ACK, ack: 101 });
    expect(answer.options).toEqual([]);
  });

  it.each([
    ['no length', [1, 1, 1, RECORD_ROUTE], 23],
    ['a length of 0', [RECORD_ROUTE, 0, 0, 0], 21],
    ['a length of 1', [RECORD_ROUTE, 1, 0, 0], 21],
    ['a length beyond the header', [RECORD_ROUTE, 5, 4, 0], 21],
    ['two source routes', padded([...complete(LSRR, R1), ...complete(SSRR, R2)]), 27],
    ['a source route without a pointer', [LSRR, 2, 0, 0], 21],
    ['a source route that points into itself', padded(route(LSRR, 3, R1)), 22],
  ])('but malformed ones end the datagram, and the sender learns where: %s', (_, options, pointer) => {
    const machine = listening({ accept_source_route: 1 });
    machine.receive(tcp(SYN_TO_80, { options }));
    const { payload, protocol } = machine.takeOne();
    expect([protocol, payload[0], payload[1], payload[4]]).toEqual([ICMP, 12, 0, pointer]);
    expect(machine.drops()).toEqual({ IpOptions: 1 });
    expect(machine.host.ip.counters.InHdrErrors).toBe(1);
  });
});

describe('MUST-51: the user can specify a source route', () => {
  it.each([
    ['loose', LSRR],
    ['strict', SSRR],
  ])('%s, and every segment travels by it', (_, kind) => {
    const machine = new IpMachine();
    const talk = machine.connect(V4, given(route(kind, 4, R1, R2)));
    // The header leads to the first stop, the option on from there; the checksum is the final destination's.
    const wire = padded(route(kind, 4, R2, PEER));
    const check = (sent: ReturnType<IpMachine['take']>): void => {
      for (const each of sent) {
        expect(each).toMatchObject({ src: ours, dst: R1.join('.'), options: wire });
        asTcp(each, peer);
      }
    };
    check([machine.takeOne()]);
    talk.answer();
    check([machine.takeOne()]);
    check(talk.send(4000));
    talk.c.shutdown();
    talk.peer({});
    check(machine.take());
    talk.c.abort();
    const resets = machine.take();
    expect(resets.length).toBeGreaterThan(0);
    check(resets);
  });

  it('MUST-16: segments get shorter by the options, the MSS that we announce does not', () => {
    const machine = new IpMachine();
    const talk = machine.connect(V4, given(route(LSRR, 4, R1, R2)));
    expect(asTcp(machine.takeOne(), peer).mss).toBe(1460);
    talk.answer(1460);
    machine.take();
    const [first] = talk.send(3000);
    expect(asTcp(first!, peer).data.length).toBe(1460 - 12);
    expect(first!.bytes.length).toBe(1500);
  });

  it('a longer one shortens the next segment, and a shorter one lengthens it, to the MTU', () => {
    const machine = new IpMachine();
    const talk = machine.established(V4, given(route(LSRR, 4, R1)), 1460);
    for (const stops of [[R1], [R1, R2, R3], [R1, R2, R3, R1, R2, R3], [R1, R2]]) {
      talk.c.setIpOptions(Uint8Array.from(route(LSRR, 4, ...stops)));
      const [first] = talk.send(1460);
      const octets = 4 + 4 * stops.length;
      expect(asTcp(first!, peer).data.length).toBe(1460 - octets);
      expect(first!.bytes.length).toBe(1500);
      talk.peer({});
      machine.take();
      talk.peer({});
    }
  });

  it('asks no link to cut super-segments whose checksum it cannot know', () => {
    const machine = new IpMachine({ gsoMaxSize: 65_535 });
    const talk = machine.established(V4, given(route(LSRR, 4, R1)));
    expect(talk.send(3000).every(({ gsoSize }) => gsoSize === 0)).toBe(true);
  });

  it('an ICMP error about such a segment finds its connection', () => {
    const machine = new IpMachine();
    const talk = machine.connect(V4, given(route(LSRR, 4, R1, R2)));
    talk.icmp(3, 1, machine.takeOne());
    expect(talk.told.events).toEqual(['soft EHOSTUNREACH']);
  });

  it('it can be changed during the connection', () => {
    const machine = new IpMachine();
    const talk = machine.established(V4);
    talk.c.setIpOptions(Uint8Array.from(route(LSRR, 4, R3)));
    expect(talk.send(10)[0]).toMatchObject({ dst: R3.join('.'), options: padded(route(LSRR, 4, PEER)) });
    expect(talk.c.snd.mss).toBe(1460 - 8);
    talk.c.setIpOptions(null);
    talk.peer({});
    expect(talk.send(10)[0]).toMatchObject({ dst: peer, options: [] });
    expect(talk.c.snd.mss).toBe(1460);
    expect(() => talk.c.setIpOptions(Uint8Array.of(LSRR))).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it.each([
    ['longer than 40 octets', Array(41).fill(1)],
    ['malformed', [RECORD_ROUTE, 99]],
    ['a route without stops', route(LSRR, 4)],
    ['a route whose pointer is not at its first stop', route(LSRR, 8, R1, R2)],
    ['a route of half an address', [LSRR, 5, 4, 1, 2]],
  ])('OPEN refuses options that are %s', (_, options) => {
    expect(() => new IpMachine().connect(V4, given(options))).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it('OPEN over IPv6 has no such options', () => {
    expect(() => new IpMachine().connect(V6, given(route(LSRR, 4, R1)))).toThrow(
      expect.objectContaining({ code: 'EINVAL' }),
    );
  });

  it('the longest route fits in front of a whole segment', () => {
    const machine = new IpMachine();
    const talk = machine.established(V4, given(route(LSRR, 4, R1, R2, R3, R1, R2, R3, R1, R2, R3)));
    const [first] = talk.send(3000);
    expect(first!.options).toHaveLength(MAX_IPV4_OPTIONS);
    expect(first!.bytes.length).toBe(1500);
  });
});

describe('MAY-10, MAY-11: timestamps and record route', () => {
  it.each([
    ['timestamp', [TIMESTAMP, 12, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['record route', padded([RECORD_ROUTE, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0])],
    ['both, and padding between them', [1, ...[RECORD_ROUTE, 7, 4, 0, 0, 0, 0], TIMESTAMP, 8, 5, 0, 0, 0, 0, 0]],
  ])('leave as the user gave them: %s', (_, options) => {
    const machine = new IpMachine();
    const talk = machine.established(V4, given(options));
    expect(talk.send(10)[0]).toMatchObject({ dst: peer, options });
  });
});

describe('a datagram that came by a source route', () => {
  const arriving = complete(LSRR, R1, R2);

  it.each([
    ['one that is complete', arriving],
    ['one with stops left', route(LSRR, 8, R1, R2)],
    ['a strict one', complete(SSRR, R1)],
  ])('is dropped, as accept_source_route is 0: %s', (_, options) => {
    const machine = listening();
    machine.receive(tcp(SYN_TO_80, { options: padded(options) }));
    expect(machine.take()).toEqual([]);
    expect(machine.drops()).toEqual({ IpSourceRoute: 1 });
  });

  it('is dropped when the route does not end here: we are no router', () => {
    const machine = listening({ accept_source_route: 1 });
    machine.receive(tcp(SYN_TO_80, { options: padded(route(LSRR, 8, R1, R2)) }));
    expect(machine.take()).toEqual([]);
    expect(machine.drops()).toEqual({ IpSourceRoute: 1 });
  });

  it.each([
    ['loose', LSRR],
    ['strict', SSRR],
  ])('MUST-53: gives a passive OPEN its way back: %s', (_, kind) => {
    const machine = listening({ accept_source_route: 1 });
    machine.receive(tcp(SYN_TO_80, { options: padded(complete(kind, R1, R2)) }));
    const answer = machine.takeOne();
    const back = padded(route(kind, 4, R1, PEER));
    expect(answer).toMatchObject({ dst: R2.join('.'), options: back });
    const { seq } = asTcp(answer, peer);
    // All segments of the connection use it, whether or not the peer's still come by it.
    const { mss: _mss, ...rest } = SYN_TO_80;
    machine.receive(tcp({ ...rest, seq: 101, ack: seq + 1, flags: ACK }));
    const [listener] = machine.host.tcp.allListeners();
    const c = listener!.accept()!;
    expect(c.snd.mss).toBe(1460 - 12);
    c.send(Uint8Array.of(1));
    machine.settle();
    expect(machine.takeOne()).toMatchObject({ dst: R2.join('.'), options: back });
  });

  it('SHLD-24: a later route overrides an earlier one', () => {
    const machine = listening({ accept_source_route: 1 });
    machine.receive(tcp(SYN_TO_80, { options: padded(arriving) }));
    const { seq } = asTcp(machine.takeOne(), peer);
    const { mss: _mss, ...rest } = SYN_TO_80;
    const ack = { ...rest, seq: 101, ack: seq + 1, flags: ACK };
    machine.receive(tcp(ack, { options: padded(complete(LSRR, R3)) }));
    const [listener] = machine.host.tcp.allListeners();
    const c = listener!.accept()!;
    c.send(Uint8Array.of(1));
    machine.settle();
    expect(machine.takeOne()).toMatchObject({ dst: R3.join('.'), options: padded(route(LSRR, 4, PEER)) });
    // But not the route of a segment that is not acceptable.
    machine.receive(tcp({ ...ack, seq: 101 + 100_000, data: [1] }, { options: padded(complete(LSRR, R1)) }));
    expect(machine.takeOne().dst).toBe(R3.join('.'));
  });

  it('MUST-52: what the user specified overrides it', () => {
    const machine = listening({ accept_source_route: 1 }, given(route(LSRR, 4, R3)));
    machine.receive(tcp(SYN_TO_80, { options: padded(arriving) }));
    expect(machine.takeOne()).toMatchObject({ dst: R3.join('.'), options: padded(route(LSRR, 4, PEER)) });
  });

  it('a route that lists the source as its first stop is mended (RFC 1812, section 4.2.2.6)', () => {
    const machine = listening({ accept_source_route: 1 });
    machine.receive(tcp(SYN_TO_80, { options: padded(complete(LSRR, PEER, R1)) }));
    expect(machine.takeOne()).toMatchObject({ dst: R1.join('.'), options: padded(route(LSRR, 4, PEER)) });
  });

  it('a ping is answered along it (RFC 1122, section 3.2.2.6)', () => {
    const machine = new IpMachine({ sysctls: { accept_source_route: 1 } });
    const payload = summed(peer, ours, ICMP, 2, [8, 0, 0, 0, ...u16(7), ...u16(1), 1, 2, 3]);
    machine.receive(ip({ src: peer, dst: ours, protocol: ICMP, payload, options: padded(arriving) }));
    expect(machine.takeOne()).toMatchObject({ dst: R2.join('.'), options: padded(route(LSRR, 4, R1, PEER)) });
  });
});

describe('the option list', () => {
  it('of any octets is read without leaving it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 44 }), (octets) => {
        const bad = findBadIpv4Option(octets, 0, octets.length);
        expect(bad).toBeLessThan(Math.max(octets.length, 1));
        const at = findSourceRoute(octets, 0, octets.length);
        if (at >= 0) {
          expect(at + octets[at + 1]!).toBeLessThanOrEqual(octets.length);
          reverseRoute(octets, at, 0);
        }
        const prepared = Ipv4Options.prepare(octets);
        if (bad >= 0 || octets.length > MAX_IPV4_OPTIONS) expect(prepared).toBeNull();
        if (prepared) expect(prepared.length % 4).toBe(0);
      }),
      { numRuns: 3000 },
    );
  });

  it('reversed twice is the same route', () => {
    const octets = Uint8Array.from(complete(LSRR, R1, R2, R3));
    const back = reverseRoute(octets, 0, 0)!;
    const there = Uint8Array.from(complete(LSRR, R3, R2, R1));
    expect(back.firstHop).toBe((10 << 24) | (9 << 16) | (3 << 8) | 3);
    expect(reverseRoute(there, 0, 0)!.firstHop).toBe((10 << 24) | (9 << 16) | (1 << 8) | 1);
  });
});

describe('DSCP and TTL', () => {
  it('MUST-48, SHLD-22: the DS field goes to IP unchanged; SHLD-21: it can change during the connection', () => {
    for (const family of [V4, V6]) {
      const machine = new IpMachine();
      const options = new SocketOptions();
      options.tos = 0x88;
      const talk = machine.connect(family, options);
      expect(machine.takeOne().tos).toBe(0x88);
      talk.answer();
      expect(machine.takeOne().tos).toBe(0x88);
      talk.c.ownOptions().tos = 0x20;
      expect(talk.send(10)[0]!.tos).toBe(0x20);
      expect(talk.c.ownOptions().tos).toBe(0x20);
    }
  });

  it('MAY-9: the user sees the DS field that came', () => {
    for (const family of [V4, V6]) {
      const machine = new IpMachine();
      const talk = machine.established(family);
      expect(talk.c.receivedTos).toBe(0);
      talk.peer({ data: [1] }, { tos: 0xb8 });
      expect(talk.c.receivedTos).toBe(0xb8);
      // Not that of a segment that is not acceptable.
      talk.peer({ seq: 9_000_000, data: [1] }, { tos: 0x40 });
      expect(talk.c.receivedTos).toBe(0xb8);
      machine.take();
    }
  });

  it('MUST-49: the TTL is configurable, for a host and for a connection', () => {
    const machine = new IpMachine({ sysctls: { ip_default_ttl: 5 } });
    const options = new SocketOptions();
    options.ttl = 9;
    machine.connect(V4);
    machine.connect(V4, options);
    expect(machine.take().map(({ ttl }) => ttl)).toEqual([5, 9]);
  });
});

describe('sysctls', () => {
  it.each([
    ['net.ipv4.conf.all.accept_source_route=1', { accept_source_route: 1 }],
    ['net.ipv4.route.min_pmtu=600', { min_pmtu: 600 }],
    ['net.ipv6.route.mtu_expires=60', { mtu_expires: 60 }],
    ['net.ipv6.conf.all.hop_limit=9', { hop_limit: 9 }],
    ['net.ipv6.icmp.echo_ignore_all=1', { echo_ignore_all: 1 }],
    ['net.ipv4.ip_no_pmtu_disc=2', { ip_no_pmtu_disc: 2 }],
  ])('%s has its name from Linux', (text, value) => {
    expect(parseSysctl(text)).toEqual(value);
  });
});
