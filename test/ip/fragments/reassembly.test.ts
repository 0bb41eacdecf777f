import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fragment, Reassembly } from '../../../src/ip/fragments/reassembly.ts';
import type { FragmentDrop } from '../../../src/ip/terms/drops.ts';
import { SeededRandom } from '../../../src/time/random.ts';
import { sipHash } from '../../../src/time/siphash.ts';
import { address } from '../../../src/wire/address.ts';
import { cut, echo, echoReply, fragment, joined, seal } from '../../support/ip-fragments.ts';
import {
  ACK,
  asTcp,
  type Family,
  ICMPV6,
  IpMachine,
  icmpError,
  ip,
  SYN,
  summed,
  TCP,
  tcp,
  UDP,
  udp,
  V4,
  V6,
} from '../../support/ip-machine.ts';
import { u16 } from '../../support/octets.ts';

const FAMILIES: [string, Family][] = [
  ['IPv4', V4],
  ['IPv6', V6],
];

/** The counters of a family, under one name for both. */
const reasm = (machine: IpMachine, family: Family) => {
  const { counters: c } = machine.host.ip;
  return family === V4
    ? { asked: c.ReasmReqds, oks: c.ReasmOKs, fails: c.ReasmFails, timeouts: c.ReasmTimeout }
    : { asked: c.Ip6ReasmReqds, oks: c.Ip6ReasmOKs, fails: c.Ip6ReasmFails, timeouts: c.Ip6ReasmTimeout };
};
const tableOf = (machine: IpMachine, family: Family): Reassembly =>
  (family === V4 ? machine.host.ip.fragments4 : machine.host.ip.fragments6).table;
const receiveAll = (machine: IpMachine, packets: readonly Uint8Array[]): void => {
  for (const packet of packets) machine.receive(packet);
};

describe.each(FAMILIES)('%s fragments', (_, family) => {
  it('of a ping, in any order and wherever they are cut, are put together', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: 100, max: 9000 }), fc.integer({ min: 60_000, max: 65_507 })),
        fc.uniqueArray(fc.integer({ min: 1, max: 8000 }), { maxLength: 40 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        fc.boolean(),
        (length, units, chance, twice) => {
          const machine = new IpMachine();
          const places = units
            .map((unit) => unit * 8)
            .filter((place) => place >= (family === V6 ? 8 : 1) && place < length + 8)
            .sort((a, b) => a - b);
          if (places.length === 0) return;
          const packets = cut(echo(family, length), places).map((packet) => ({ packet, order: chance.next().value }));
          packets.sort((a, b) => a.order - b.order);
          const again = twice ? packets.slice(0, -1) : [];
          receiveAll(
            machine,
            [...again, ...packets].map(({ packet }) => packet),
          );
          expect(hex(joined(machine.take()))).toBe(hex(echoReply(family, length)));
          expect(reasm(machine, family)).toEqual({
            asked: packets.length + again.length,
            oks: 1,
            fails: 0,
            timeouts: 0,
          });
          expect(machine.drops()).toEqual(twice ? { FragmentDuplicate: again.length } : {});
          expect([tableOf(machine, family).size, tableOf(machine, family).memory]).toEqual([0, 0]);
          expect(machine.host.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of 8 octets each make the longest datagram', () => {
    const machine = new IpMachine({ sysctls: { ipfrag_max_dist: 0 } });
    const length = family === V4 ? 65_507 : 65_527;
    const places = Array.from({ length: Math.ceil(length / 8) }, (_, i) => (i + 1) * 8).filter((p) => p < length + 8);
    receiveAll(machine, cut(echo(family, length), places).reverse());
    expect(hex(joined(machine.take()))).toBe(hex(echoReply(family, length)));
  });

  it('of a segment reach TCP, and of a UDP datagram lead to "port unreachable"', () => {
    const machine = new IpMachine();
    machine.host.tcp.listen({ port: 80, onAcceptable() {} });
    const { ours: dst, peer: src } = family;
    const syn = tcp({ src, dst, srcPort: 4000, dstPort: 80, seq: 9, flags: SYN, mss: 1000 });
    // In IPv4 the first may end within the header, in IPv6 behind 20 octets of it at the earliest.
    const data = Array.from({ length: 32 }, (_, i) => i);
    receiveAll(machine, cut(syn, family === V4 ? [8, 16] : []));
    expect(asTcp(machine.takeOne())).toMatchObject({ flags: SYN | ACK, ack: 10 });
    const late = tcp({ src, dst, srcPort: 4001, dstPort: 81, seq: 9, flags: SYN, data });
    receiveAll(machine, cut(late, [24]));
    expect(asTcp(machine.takeOne())).toMatchObject({ flags: 4 | ACK, ack: 10 + 32 });
    const datagram = udp(src, dst, 3000);
    receiveAll(machine, cut(datagram, [1480, 2960]));
    const { payload } = machine.takeOne();
    expect([payload[0], payload[1]]).toEqual(family === V4 ? [3, 3] : [1, 4]);
    // What it quotes is the datagram, whole.
    const quoted = seal4(datagram);
    expect(payload.subarray(8)).toEqual(quoted.subarray(0, payload.length - 8));
  });

  it.each<[string, (e: Uint8Array) => Uint8Array[], FragmentDrop]>([
    ['overlap at its end', (e) => [fragment(e, 8, 200, { more: true })], 'FragmentOverlap'],
    ['lies within (teardrop)', (e) => [fragment(e, 16, 32)], 'FragmentOverlap'],
    ['covers it', (e) => [fragment(e, 0, 808)], 'FragmentOverlap'],
    ['is at its place, and longer', (e) => [fragment(e, 0, 208)], 'FragmentOverlap'],
    ['is at its place, and shorter', (e) => [fragment(e, 0, 192)], 'FragmentOverlap'],
    [
      'has other octets',
      (e) => [fragment(e, 0, 200).map((x, i, { length }) => (i === length - 1 ? x ^ 1 : x))],
      'FragmentOverlap',
    ],
    [
      'says that it is the last',
      (e) => [fragment(e, 200, 400), fragment(e, 200, 400, { more: false })],
      'FragmentOverlap',
    ],
    [
      'ends before it begins',
      (e) => [fragment(e, 400, 600, { more: true }), fragment(e, 200, 300, { more: false })],
      'FragmentBeyondEnd',
    ],
    [
      'lies behind the end',
      (e) => [fragment(e, 400, 500, { more: false }), fragment(e, 600, 800)],
      'FragmentBeyondEnd',
    ],
    [
      'ends behind the end',
      (e) => [fragment(e, 400, 500, { more: false }), fragment(e, 600, 700, { more: false })],
      'FragmentBeyondEnd',
    ],
  ])('of which one %s: the datagram is refused without a word, and what still comes of it', (_, more, reason) => {
    const machine = new IpMachine();
    const asked = echo(family, 1000);
    receiveAll(machine, [fragment(asked, 0, 200), ...more(asked)]);
    expect(machine.drops()).toEqual({ [reason]: 1 });
    expect(reasm(machine, family)).toMatchObject({ oks: 0, fails: 1 });
    if (family === V4) expect(machine.host.ip.counters.ReasmOverlaps).toBe(reason === 'FragmentOverlap' ? 1 : 0);
    receiveAll(machine, cut(asked, [200, 400, 600, 800]));
    expect(machine.drops()).toEqual({ [reason]: 1, FragmentRefused: 5 });
    expect(machine.take()).toEqual([]);
    // As long as it could have waited; its identification is free then.
    machine.wait(family === V4 ? 30_000 : 60_000);
    expect(machine.take()).toEqual([]);
    expect(tableOf(machine, family).memory).toBe(0);
    receiveAll(machine, cut(asked, [200, 400, 600, 800]));
    expect(joined(machine.take())).toEqual(echoReply(family, 1000));
  });

  it.each([
    ['no data', (e: Uint8Array) => fragment(e, 80, 80, { more: true }), 'FragmentLength', null],
    ['no data at the end', (e: Uint8Array) => fragment(e, 80, 80, { more: false }), 'FragmentLength', null],
    ['half a unit', (e: Uint8Array) => fragment(e, 80, 84, { more: true }), 'FragmentLength', 4],
    [
      'data beyond what fits (the ping of death)',
      (e: Uint8Array) => moved(fragment(e, 0, 100, { more: false }), 65_528),
      'FragmentTooLong',
      42,
    ],
  ] as const)('with %s are dropped', (_, make, reason, pointer) => {
    const machine = new IpMachine();
    const packet = make(echo(family, 1000));
    machine.receive(packet);
    expect(machine.drops()).toEqual({ [reason]: 1 });
    expect(reasm(machine, family)).toEqual({ asked: 1, oks: 0, fails: 1, timeouts: 0 });
    expect(tableOf(machine, family).size).toBe(0);
    if (family === V4 || pointer === null) {
      expect(machine.take()).toEqual([]);
      return;
    }
    const { payload } = machine.takeOne();
    expect([...payload.subarray(0, 2), ...payload.subarray(4, 8)]).toEqual([4, 0, 0, 0, 0, pointer]);
    expect(payload.subarray(8)).toEqual(packet);
  });

  it.each([
    ['the first', [0, 200], true],
    ['a later one', [200, 400], false],
  ] as const)('that wait in vain, %s there: the sender is told only if it was the first', (_, [from, to], told) => {
    const machine = new IpMachine();
    const packet = fragment(echo(family, 1000), from, to);
    machine.receive(packet);
    const time = family === V4 ? 30 : 60;
    machine.wait(time * 1000 - 10);
    expect(machine.take()).toEqual([]);
    expect(tableOf(machine, family).size).toBe(1);
    machine.wait(20);
    expect(reasm(machine, family)).toEqual({ asked: 1, oks: 0, fails: 1, timeouts: 1 });
    expect(machine.drops()).toEqual({ FragmentTimeout: 1 });
    expect([tableOf(machine, family).size, tableOf(machine, family).memory]).toEqual([0, 0]);
    const { counters } = machine.host.ip;
    expect(family === V4 ? counters.IcmpOutTimeExcds : counters.Icmp6OutTimeExcds).toBe(told ? 1 : 0);
    if (!told) {
      expect(machine.take()).toEqual([]);
      return;
    }
    const { dst, payload } = machine.takeOne();
    expect(dst).toBe(family.peer);
    expect([...payload.subarray(0, 2), ...payload.subarray(4, 8)]).toEqual([family === V4 ? 11 : 3, 1, 0, 0, 0, 0]);
    expect(payload.subarray(8)).toEqual(packet);
  });

  it('wait as long as counted from the first of them to arrive, each datagram by itself', () => {
    const name = family === V4 ? 'ipfrag_time' : 'ip6frag_time';
    const machine = new IpMachine({ sysctls: { [name]: 10 } });
    const asked = echo(family, 1000);
    machine.receive(fragment(asked, 200, 400, { id: 1 }));
    machine.wait(6000);
    machine.receive(fragment(asked, 400, 600, { id: 1 }));
    machine.receive(fragment(asked, 200, 400, { id: 2 }));
    machine.wait(5000);
    expect(reasm(machine, family).timeouts).toBe(1);
    machine.wait(4000);
    expect(reasm(machine, family).timeouts).toBe(1);
    machine.wait(2000);
    expect(reasm(machine, family).timeouts).toBe(2);
  });

  it('of different senders, destinations, identifications are not mixed', () => {
    const machine = new IpMachine();
    const other = family === V4 ? '10.9.0.9' : 'fd00:9::9';
    const mine = cut(echo(family, 1000), [400], { id: 1 });
    const his = cut(echo(family, 1000, [], other), [400], { id: 1 });
    const next = cut(echo(family, 1000), [400], { id: 2 });
    receiveAll(machine, [mine[0]!, his[1]!, next[1]!]);
    expect(machine.take()).toEqual([]);
    receiveAll(machine, [mine[1]!, his[0]!, next[0]!]);
    expect(machine.take().map(({ dst }) => dst)).toEqual([family.peer, other, family.peer]);
  });

  it('of a flood take no more memory than they may, and what completes soon gets through', () => {
    const memory = 200_000;
    const name = family === V4 ? 'ipfrag_high_thresh' : 'ip6frag_high_thresh';
    const machine = new IpMachine({ sysctls: { [name]: memory } });
    const table = tableOf(machine, family);
    const asked = cut(echo(family, 1000), [400], { id: 5 });
    for (let i = 0; i < 3000; i++) {
      // Many senders; none of them finishes.
      const src = family === V4 ? `10.8.${i >> 8}.${i & 255}` : `fd00:8::${i.toString(16)}`;
      machine.receive(fragment(echo(family, 1400, [], src), 0, 1400, { id: i }));
      expect(table.memory).toBeLessThanOrEqual(memory);
      if (i === 2500) machine.receive(asked[0]!);
      if (i === 2520) machine.receive(asked[1]!);
    }
    expect(joined(machine.take())).toEqual(echoReply(family, 1000));
    const dropped = machine.drops().FragmentMemory!;
    expect(dropped).toBeGreaterThan(2900);
    expect(reasm(machine, family).fails).toBe(dropped);
    machine.wait(61_000);
    expect([table.size, table.memory]).toEqual([0, 0]);
  });

  it('of one sender that floods push out its own: another one keeps what it has', () => {
    const name = family === V4 ? 'ipfrag_high_thresh' : 'ip6frag_high_thresh';
    const machine = new IpMachine({ sysctls: { [name]: 100_000 } });
    const honest = cut(echo(family, 1000), [400], { id: 5 });
    machine.receive(honest[0]!);
    const bad = family === V4 ? '10.9.0.66' : 'fd00:9::66';
    for (let i = 0; i < 2000; i++) machine.receive(fragment(echo(family, 1400, [], bad), 8, 1400, { id: i }));
    machine.receive(honest[1]!);
    expect(joined(machine.take())).toEqual(echoReply(family, 1000));
  });

  it('are dropped when they may take no memory', () => {
    const name = family === V4 ? 'ipfrag_high_thresh' : 'ip6frag_high_thresh';
    const machine = new IpMachine({ sysctls: { [name]: 0 } });
    receiveAll(machine, cut(echo(family, 1000), [400]));
    expect(machine.drops()).toEqual({ FragmentMemory: 2 });
    expect(machine.take()).toEqual([]);
  });

  it.each([
    ['one with CE among others with ECT', [2, 3, 2], 3],
    ['all without ECT', [0, 0, 0], 0],
    ['all with ECT(1)', [1, 1, 1], 1],
    ['some without ECT', [2, 0, 2], null],
    ['CE without ECT', [3, 0, 0], null],
  ])('carry ECN on to the datagram (RFC 3168, section 5.3): %s', (_, marks, result) => {
    const machine = new IpMachine();
    const packets = cut(echo(family, 1000), [400, 800]);
    for (const [i, packet] of packets.entries()) {
      if (family === V4) packet[1] = marks[i]!;
      else packet[1]! |= marks[i]! << 4;
      if (family === V4) seal(packet);
    }
    receiveAll(machine, packets);
    if (result === null) expect(machine.drops()).toEqual({ FragmentEcn: 1 });
    else expect(machine.takeOne().tos & 3).toBe(result);
  });

  it('of ICMP errors that wait in vain are not answered with an error', () => {
    const machine = new IpMachine();
    const error = icmpError(family, family === V4 ? 3 : 1, 1, echo(family, 400));
    const message = Uint8Array.from([...error, ...new Uint8Array(400)]);
    machine.receive(fragment(message, 0, 200, { more: true }));
    machine.wait(61_000);
    expect(reasm(machine, family).timeouts).toBe(1);
    expect(machine.take()).toEqual([]);
  });

  it('of any kind cost no more than is allowed, throw nothing, and are gone in the end', () => {
    const sysctls = { ipfrag_high_thresh: 50_000, ip6frag_high_thresh: 50_000, ipfrag_max_dist: 5 };
    const whole = echo(family, 1300);
    const piece = fc.record({
      id: fc.integer({ min: 0, max: 3 }),
      from: fc.integer({ min: 0, max: 20 }),
      length: fc.oneof(
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 1, max: 20 }).map((n) => n * 8),
      ),
      place: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 8191 })),
      more: fc.boolean(),
      noise: fc.option(fc.tuple(fc.nat(60), fc.nat(255)), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const machine = new IpMachine({ sysctls });
        const table = tableOf(machine, family);
        for (const { id, from, length, place, more, noise } of pieces) {
          let packet = fragment(whole, from * 8, from * 8 + length, { id, more });
          if (place >= 0) packet = moved(packet, place * 8);
          if (noise !== undefined && noise[0] < packet.length) packet[noise[0]] = noise[1];
          if (packet[0]! >> 4 === 4) seal(packet);
          machine.receive(packet);
          expect(table.memory).toBeLessThanOrEqual(50_000);
          expect(table.memory).toBeGreaterThanOrEqual(0);
        }
        machine.wait(61_000);
        expect([table.size, table.memory]).toEqual([0, 0]);
        expect(machine.host.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
      }),
      { numRuns: 400 },
    );
  });
});

describe('IPv4 fragments', () => {
  it('carry options in the first of them, which are looked at when the datagram is whole', () => {
    const machine = new IpMachine();
    const bad = echo(V4, 1000, [7, 1, 0, 0]);
    const [first, second] = cut(bad, [400]);
    receiveAll(machine, [first!]);
    expect(machine.take()).toEqual([]);
    machine.receive(second!);
    const { payload } = machine.takeOne();
    expect([payload[0], payload[1], payload[4]]).toEqual([12, 0, 21]);
    expect(machine.drops()).toEqual({ IpOptions: 1 });
  });

  it('whose first has longer headers than the others can come to be too long together', () => {
    const machine = new IpMachine({ sysctls: { ipfrag_max_dist: 0 } });
    const long = new Uint8Array(20 + 65_515);
    long.set(echo(V4, 65_507));
    const withOptions = fragment(echo(V4, 65_000, [1, 1, 1, 0]), 0, 1480);
    receiveAll(machine, [withOptions, fragment(long, 1480, 65_515)]);
    expect(machine.drops()).toEqual({ FragmentTooLong: 1 });
  });

  it('of different protocols are not mixed', () => {
    const machine = new IpMachine();
    const [first] = cut(echo(V4, 1000), [400]);
    const udp = ip({ src: V4.peer, dst: V4.ours, protocol: UDP, payload: new Uint8Array(1008) });
    receiveAll(machine, [first!, cut(udp, [400])[1]!]);
    expect(machine.host.ip.fragments4.table.size).toBe(2);
  });

  it('are not taken for those of an earlier datagram when many of the same peer came since (ipfrag_max_dist)', () => {
    for (const [between, oks] of [
      [63, 1],
      [64, 0],
    ] as const) {
      const machine = new IpMachine();
      const [first, second] = cut(echo(V4, 1000), [400], { id: 1 });
      machine.receive(first!);
      for (let i = 0; i < between; i++) machine.receive(fragment(echo(V4, 100), 8, 16, { id: 100 + i }));
      machine.receive(second!);
      expect(machine.host.ip.counters.ReasmOKs).toBe(oks);
      expect(machine.drops().FragmentDistance ?? 0).toBe(1 - oks);
      // What came last is the beginning of a new one.
      machine.receive(first!);
      expect(machine.host.ip.counters.ReasmOKs).toBe(1);
    }
  });

  it('to other hosts, to groups and from nowhere are dropped before they cost memory', () => {
    const machine = new IpMachine();
    const packets = (['10.9.0.77', '224.0.0.1', '10.9.0.255'] as const).map((dst) =>
      ip({ src: V4.peer, dst, protocol: UDP, payload: new Uint8Array(100) }),
    );
    packets.push(ip({ src: '127.0.0.1', dst: V4.ours, protocol: UDP, payload: new Uint8Array(100) }));
    receiveAll(
      machine,
      packets.map((packet) => fragment(packet, 0, 48)),
    );
    expect(machine.host.ip.fragments4.table.size).toBe(0);
    expect(machine.host.ip.counters.ReasmReqds).toBe(0);
  });
});

describe('IPv6 fragments', () => {
  it('keep what is in front of the first fragment header, and nothing else of it', () => {
    const machine = new IpMachine();
    const options = [ICMPV6, 0, 1, 4, 0, 0, 0, 0];
    const asked = echo(V6, 1000);
    const message = asked.subarray(40);
    const packet = ip({ src: V6.peer, dst: V6.ours, protocol: 60, options, payload: message });
    receiveAll(machine, cut(packet, [400], { kept: 8 }).reverse());
    expect(joined(machine.take())).toEqual(echoReply(V6, 1000));
  });

  it('may differ in what they say follows: the first decides (RFC 8200, section 4.5)', () => {
    const machine = new IpMachine();
    const [first, second] = cut(echo(V6, 1000), [400]);
    second![40] = 99;
    receiveAll(machine, [second!, first!]);
    expect(joined(machine.take())).toEqual(echoReply(V6, 1000));
  });

  it.each([
    ['TCP', TCP, 16],
    ['UDP', UDP, 0],
    ['ICMPv6', ICMPV6, 0],
    ['destination options without what is behind them', 60, 8],
    ['half a header of options', 60, 0],
  ])('must have all headers in the first: %s (RFC 7112)', (_, protocol, length) => {
    const machine = new IpMachine();
    const payload = new Uint8Array(100);
    payload.set([TCP, 0, 1, 4, 0, 0, 0, 0]);
    const packet = ip({ src: V6.peer, dst: V6.ours, protocol, payload });
    const first = length === 0 ? fragment(packet, 0, 0, { more: true }) : fragment(packet, 0, length);
    machine.receive(first);
    expect(machine.drops()).toEqual({ FragmentHeaders: 1 });
    expect(reasm(machine, V6)).toMatchObject({ asked: 1, fails: 1 });
    const { payload: said } = machine.takeOne();
    expect([...said.subarray(0, 2), ...said.subarray(4, 8)]).toEqual([4, 3, 0, 0, 0, 0]);
  });

  it('that are whole by themselves have nothing to do with others (RFC 6946)', () => {
    const machine = new IpMachine();
    const [first, second] = cut(echo(V6, 1000), [400]);
    machine.receive(first!);
    machine.receive(fragment(echo(V6, 10), 0, 18));
    expect(machine.takeOne().payload).toEqual(echoReply(V6, 10));
    machine.receive(second!);
    expect(joined(machine.take())).toEqual(echoReply(V6, 1000));
  });

  it('of fragments are dropped', () => {
    const machine = new IpMachine();
    const inner = fragment(echo(V6, 1000), 0, 400);
    receiveAll(machine, cut(inner, [200], { id: 9 }));
    expect(machine.drops()).toEqual({ Ip6Fragment: 1 });
    expect(machine.host.ip.fragments6.table.size).toBe(0);
  });

  it('to a group are dropped', () => {
    const machine = new IpMachine();
    const payload = summed(V6.peer, 'ff02::1', ICMPV6, 2, [128, 0, 0, 0, ...u16(1), ...u16(1), ...new Uint8Array(80)]);
    const packet = ip({ src: V6.peer, dst: 'ff02::1', protocol: ICMPV6, payload });
    receiveAll(machine, cut(packet, [40]));
    expect(machine.drops()).toEqual({ IpNotUnicast: 2 });
    expect(machine.host.ip.fragments6.table.size).toBe(0);
  });
});

it('two datagrams with one hash are not mixed: the later displaces the earlier', () => {
  // The key that a Reassembly with this seed will have.
  const random = new SeededRandom(3);
  const key = [random.next(), random.next(), random.next(), random.next()] as const;
  const { w0, w1, w2, w3 } = address('10.0.0.1');
  const words = Int32Array.of(w0, w1, w2, w3, w0, w1, w2, w3, 0, 0);
  const seen = new Map<number, number>();
  let pair: [number, number] | null = null;
  for (let id = 0; pair === null; id++) {
    words[9] = id;
    const hash = sipHash(key, words, 10);
    if (seen.has(hash)) pair = [seen.get(hash)!, id];
    seen.set(hash, id);
  }
  const gone: string[] = [];
  const owner = {
    limits: { memory: 1e6, time: 1e6, distance: 0 },
    gaveUp: (reason: FragmentDrop) => void gone.push(reason),
  };
  const table = new Reassembly(owner, new SeededRandom(3));
  const piece = new Fragment();
  piece.bytes = new Uint8Array(100);
  Object.assign(piece, {
    headerEnd: 20,
    dataStart: 20,
    dataEnd: 60,
    src: address('10.0.0.1'),
    dst: address('10.0.0.1'),
  });
  Object.assign(piece, { maxEnd: 65_515, more: true, id: pair[0] });
  expect(table.add(piece, 0)).toBe('waits');
  Object.assign(piece, { id: pair[1], offset: 40, more: false });
  expect(table.add(piece, 0)).toBe('waits');
  expect(gone).toEqual(['FragmentCollision']);
  expect(table.size).toBe(1);
});

/** Long arrays are compared as text: quickly. */
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The same fragment at another place. */
function moved(packet: Uint8Array, offset: number): Uint8Array {
  const bytes = packet.slice();
  const v6 = bytes[0]! >> 4 === 6;
  const at = v6 ? 42 : 6;
  const flags = v6 ? bytes[at + 1]! & 1 : (bytes[at]! & 0x20) << 8;
  bytes.set(u16(v6 ? offset | flags : (offset >> 3) | flags), at);
  return v6 ? bytes : seal(bytes);
}

/** The header that a datagram has which was put together from `cut(packet)`. */
function seal4(packet: Uint8Array): Uint8Array {
  if (packet[0]! >> 4 === 6) return packet;
  const bytes = packet.slice();
  bytes.set([...u16(77), 0, 0], 4);
  return seal(bytes);
}
