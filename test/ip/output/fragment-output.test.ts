import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Identification } from '../../../src/ip/context/identification.ts';
import { cutIntoFragments } from '../../../src/ip/output/fragment-output.ts';
import { SeededRandom } from '../../../src/time/random.ts';
import { address } from '../../../src/wire/address.ts';
import { Frame } from '../../../src/wire/frame.ts';
import { cut, echo, echoReply, joined, readFragment } from '../../support/ip-fragments.ts';
import { type Family, IpMachine, icmpError, type Sent, V4, V6 } from '../../support/ip-machine.ts';

const FAMILIES: [string, Family][] = [
  ['IPv4', V4],
  ['IPv6', V6],
];

/** What answers a ping that is longer than the MTU, and so came in fragments itself. */
function answer(machine: IpMachine, family: Family, length: number, options: readonly number[] = []): Sent[] {
  const asked = echo(family, length, options);
  for (const packet of cut(asked, [Math.floor(length / 16) * 8])) machine.receive(packet);
  return machine.take();
}

describe.each(FAMILIES)('a long %s datagram', (_, family) => {
  const headers = family === V4 ? 20 : 48;

  it.each([
    [1500, 1473],
    [1500, 65_507],
    [1280, 3000],
    [1300, 1300],
  ])('over an MTU of %i octets leaves in fragments that fit', (mtu, length) => {
    const machine = new IpMachine({ mtu });
    const sent = answer(machine, family, length);
    expect(sent.every(({ bytes }) => bytes.length <= mtu)).toBe(true);
    // All but the last are as long as they can be.
    const full = headers + Math.floor((mtu - headers) / 8) * 8;
    expect(sent.slice(0, -1).map(({ bytes }) => bytes.length)).toEqual(sent.slice(0, -1).map(() => full));
    expect(sent.length).toBe(Math.ceil((length + 8) / (full - headers)));
    expect(joined(sent)).toEqual(echoReply(family, length));
    expect(sent.map(readFragment).map(({ offset }) => offset)).toEqual(sent.map((_, i) => i * (full - headers)));
    const { counters: c } = machine.host.ip;
    const counted =
      family === V4 ? [c.OutRequests, c.FragOKs, c.FragCreates] : [c.Ip6OutRequests, c.Ip6FragOKs, c.Ip6FragCreates];
    expect(counted).toEqual([1, 1, sent.length]);
    expect(sent.every(({ df, version }) => version === 6 || !df)).toBe(true);
  });

  it('that just fits leaves whole', () => {
    const machine = new IpMachine({ mtu: 1500 });
    const length = family === V4 ? 1472 : 1452;
    const sent = answer(machine, family, length);
    expect(sent).toHaveLength(1);
    expect(sent[0]!.bytes.length).toBe(1500);
    expect(joined(sent)).toEqual(echoReply(family, length));
  });

  it('is cut for the narrowest link of its path, where that is known', () => {
    const machine = new IpMachine({ mtu: 1500 });
    const talk = machine.established(family);
    const [segment] = talk.send(1400);
    talk.icmp(family === V4 ? 3 : 2, family === V4 ? 4 : 0, segment!, 1290);
    machine.take();
    const sent = answer(machine, family, 2000);
    expect(Math.max(...sent.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(1290);
    expect(joined(sent)).toEqual(echoReply(family, 2000));
  });

  it('is dropped where no octet of it fits', () => {
    const machine = new IpMachine({ mtu: family === V4 ? 27 : 55 });
    expect(answer(machine, family, 100)).toEqual([]);
    const { counters: c } = machine.host.ip;
    expect(family === V4 ? [c.FragFails, c.FragOKs] : [c.Ip6FragFails, c.Ip6FragOKs]).toEqual([1, 0]);
  });

  it('has an identification that its neighbours do not tell', () => {
    const machine = new IpMachine();
    const ids = (n: number): number[] =>
      Array.from({ length: n }, () => readFragment(answer(machine, family, 2000)[0]!).id);
    const mine = ids(20);
    expect(new Set(mine).size).toBe(20);
    const others = Array.from({ length: 20 }, (_, i) => {
      const src = family === V4 ? `10.9.0.${i + 20}` : `fd00:9::${i + 20}`;
      for (const packet of cut(echo(family, 2000, [], src), [1000])) machine.receive(packet);
      return readFragment(machine.take()[0]!).id;
    });
    expect(new Set([...mine, ...others]).size).toBe(40);
    // Towards others they begin elsewhere: no two lie close together, as those of one counter would.
    const sorted = [...others].sort((a, b) => a - b);
    expect(sorted.filter((id, i) => i > 0 && id - sorted[i - 1]! < 20).length).toBeLessThan(3);
  });
});

it('IPv4: a source route is in every fragment, its last stop too; what is recorded is in the first only (RFC 791)', () => {
  const machine = new IpMachine({ sysctls: { accept_source_route: 1 } });
  const route = [131, 11, 12, 10, 9, 1, 1, 10, 9, 2, 2, 0];
  const sent = answer(machine, V4, 3000, route);
  const back = [131, 11, 4, 10, 9, 1, 1, 10, 9, 0, 1, 0];
  expect(sent).toHaveLength(3);
  for (const { dst, options, bytes } of sent) {
    expect([dst, options]).toEqual(['10.9.2.2', back]);
    expect(bytes.length).toBeLessThanOrEqual(1500);
  }
});

it('an error of 576 octets is cut for a path of 300', () => {
  const machine = new IpMachine({ mtu: 300 });
  const udp = echo(V4, 1000);
  udp[9] = 200;
  for (const packet of cut(udp, [800])) machine.receive(packet);
  const whole = joined(machine.take());
  expect([whole[0], whole[1], whole.length]).toEqual([3, 2, 556]);
});

it('fragments of any frame hold its octets, each once', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 6 }),
      fc.integer({ min: 8, max: 90 }),
      fc.constantFrom(0, 8),
      (head, slices, room, extra) => {
        const whole = new Frame();
        whole.reset(head.length);
        whole.header.set(head, whole.transportStart);
        for (const slice of slices) whole.addSlice(Uint8Array.from([1, 2, ...slice, 3]), 2, 2 + slice.length);
        const expected = [...head, ...slices.flatMap((slice) => [...slice])];
        const piece = new Frame();
        const got: number[] = [];
        const done = cutIntoFragments(whole, piece, room, extra, (offset, more) => {
          expect(offset).toBe(got.length);
          const before = got.length;
          got.push(...piece.header.subarray(piece.transportStart + extra, piece.headerEnd));
          for (let i = 0; i < piece.sliceCount; i++)
            got.push(...piece.slices[i]!.subarray(piece.sliceFrom[i], piece.sliceTo[i]));
          expect(got.length - before).toBeLessThanOrEqual(room);
          expect(more).toBe(got.length < expected.length);
          if (more) expect(got.length % 8).toBe(0);
        });
        expect(done).toBe(true);
        expect(got).toEqual(expected);
      },
    ),
  );
});

describe('the identification of IPv4 datagrams', () => {
  const from = address('10.0.0.1');

  it('counts up for one destination, and is never 0', () => {
    const identification = new Identification(new SeededRandom(1));
    let before = identification.ipv4(from, address('10.0.0.2'), 1, 1);
    const wrong: number[] = [];
    for (let i = 0; i < 70_000; i++) {
      const id = identification.ipv4(from, address('10.0.0.2'), 1, 1);
      if (id !== (before === 0xffff ? 1 : before + 1)) wrong.push(id);
      before = id;
    }
    expect(wrong).toEqual([]);
  });

  it('of a super-segment leaves as many as it will be cut into, none of them beyond the end', () => {
    const identification = new Identification(new SeededRandom(1));
    let before = 0;
    const wrong: number[] = [];
    for (let i = 0; i < 10_000; i++) {
      const id = identification.ipv4(from, address('10.0.0.2'), 6, 45);
      if (id < 1 || id + 44 > 0xffff || (i > 0 && id !== 1 && id !== before + 45)) wrong.push(id);
      before = id;
    }
    expect(wrong).toEqual([]);
  });

  it('begins elsewhere for another destination, source, protocol and host', () => {
    const one = new Identification(new SeededRandom(1));
    const two = new Identification(new SeededRandom(2));
    const to = address('10.0.0.2');
    const firsts = [
      one.ipv4(from, to, 1, 1),
      one.ipv4(from, address('10.0.0.3'), 1, 1),
      one.ipv4(address('10.0.0.9'), to, 1, 1),
      one.ipv4(from, to, 6, 1),
      two.ipv4(from, to, 1, 1),
    ];
    expect(new Set(firsts.map((id) => id >> 4)).size).toBe(5);
  });
});

it('an error about an answer in fragments finds nothing, and does no harm', () => {
  const machine = new IpMachine();
  const [first] = answer(machine, V4, 3000);
  machine.receive(icmpError(V4, 3, 1, first!));
  expect(machine.take()).toEqual([]);
});
