import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PathMtuCache, plateauBelow } from '../../../src/ip/context/path-mtu-cache.ts';
import { Address, address } from '../../../src/wire/address.ts';
import { seqDiff } from '../../../src/wire/seq.ts';
import { asTcp, type Conversation, IpMachine, icmpError, type Sent, tcp, V4, V6 } from '../../support/ip-machine.ts';

/** How each family's routers say that a packet was too big, and the octets of headers. */
const FAMILIES = [
  { name: 'IPv4', family: V4, type: 3, code: 4, headers: 40 },
  { name: 'IPv6', family: V6, type: 2, code: 0, headers: 60 },
];

const lengths = (sent: Sent[]): number[] => sent.map((each) => asTcp(each).data.length);
const tooBig = (talk: Conversation, quoted: Sent, mtu: number): void =>
  talk.family === V4 ? talk.icmp(3, 4, quoted, mtu) : talk.icmp(2, 0, quoted, mtu);

/** The packet as if it had begun elsewhere: a router sees segments where the host sent a super-segment. */
function withSeq({ bytes, payload }: Sent, seq: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setInt32(bytes.length - payload.length + 4, seq);
  return copy;
}

it.each([68, 80, 99])('a link of %i octets is never asked to carry more', (mtu) => {
  const machine = new IpMachine({ mtu });
  const talk = machine.established(V4);
  const sent = talk.send(500);
  expect(sent.length).toBeGreaterThan(1);
  expect(Math.max(...sent.map(({ bytes }) => bytes.length))).toBe(mtu);
});

describe.each(FAMILIES)('path MTU discovery over $name', ({ family, headers }) => {
  it('SHLD-6, MUST-16: sends what was too big at once, in pieces that fit, and leaves cwnd as it is', () => {
    const machine = new IpMachine();
    const talk = machine.established(family);
    const first = talk.send(5000);
    expect(lengths(first)).toEqual([1500 - headers, 1500 - headers, 1500 - headers, 5000 - 3 * (1500 - headers)]);
    const { cwnd } = talk.c.cc;
    tooBig(talk, first[0]!, 1300);
    const again = machine.take();
    expect(Math.max(...again.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(1300);
    expect(talk.c.snd.mss).toBe(1300 - headers);
    expect(talk.c.cc.cwnd).toBe(cwnd);
    expect(talk.c.sent.lost).toBe(talk.c.sent.retransmitted);
    // Not what had fitted all along: the last, short segment.
    const octets = again.reduce((sum, sent) => sum + asTcp(sent).data.length, 0);
    expect(octets).toBe(3 * (1500 - headers));
  });

  it('reports the retransmission and its reason', () => {
    const machine = new IpMachine();
    const talk = machine.established(family);
    const reasons: string[] = [];
    machine.host.observe((event) => event.type === 'retransmit' && reasons.push(event.reason));
    tooBig(talk, talk.send(3000)[0]!, 1300);
    expect(new Set(reasons)).toEqual(new Set(['path MTU']));
    expect(talk.c.info()).toMatchObject({ tcpi_pmtu: 1300, tcpi_snd_mss: 1300 - headers });
  });

  it('a time-out meanwhile is a sign of congestion all the same', () => {
    const machine = new IpMachine();
    const talk = machine.established(family);
    tooBig(talk, talk.send(8000)[0]!, 1300);
    const { ssthresh } = talk.c.cc;
    machine.take();
    machine.wait(2000);
    expect(talk.c.cc.cwnd).toBe(1);
    expect(talk.c.cc.ssthresh).toBeLessThan(ssthresh);
    machine.take();
  });

  it('delivers every octet, whatever was acknowledged before', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1280, max: 1499 }),
        fc.integer({ min: 1, max: 14_000 }),
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom(0, 65_535),
        (mtu, octets, acked, gsoMaxSize) => {
          const machine = new IpMachine({ gsoMaxSize });
          const talk = machine.established(family);
          const start = talk.c.snd.nxt;
          const sent = talk.send(octets);
          // On the end of a segment: part of one is not too long for the path, and waits for its timer.
          const boundary = Math.min(acked, Math.floor((octets - 1) / (1500 - headers))) * (1500 - headers);
          talk.peer({ ack: (start + boundary) | 0 });
          machine.take();
          tooBig(talk, { ...sent[0]!, bytes: withSeq(sent[0]!, talk.c.snd.una) }, mtu);
          // The peer gets only what fits, and acknowledges what is in order.
          const got = new Uint8Array(octets).fill(1, 0, boundary);
          for (let turn = 0, una = boundary; una < octets && turn < 40; turn++) {
            for (const each of machine.take()) {
              const { seq, data, bytes, gsoSize } = asTcp(each);
              const longest = gsoSize > 0 ? bytes.length - data.length + gsoSize : bytes.length;
              if (longest <= mtu) got.fill(1, seqDiff(seq, start), seqDiff(seq, start) + data.length);
            }
            // The last, short segment of the first flight had fitted.
            if ((octets % (1500 - headers)) + headers <= mtu) got.fill(1, octets - (octets % (1500 - headers)));
            una = got.indexOf(0) < 0 ? octets : got.indexOf(0);
            talk.peer({ ack: (start + una) | 0 });
          }
          expect(talk.c.snd.una).toBe((start + octets) | 0);
          expect(talk.c.sent).toMatchObject({ segments: 0, lost: 0, retransmitted: 0, sacked: 0 });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('ignores an error about what is not in flight (RFC 5927, section 4.1)', () => {
    const machine = new IpMachine();
    const talk = machine.established(family);
    const [sent] = talk.send(3000);
    talk.peer({ ack: talk.c.snd.nxt });
    machine.take();
    tooBig(talk, sent!, 1300);
    expect(machine.take()).toEqual([]);
    expect(talk.c.snd.mss).toBe(1500 - headers);
    expect(machine.host.tcp.counters.OutOfWindowIcmps).toBe(1);
  });

  it.each([1500, 1501, 9000, 65_535])('never believes that a path is as wide as %i', (mtu) => {
    const machine = new IpMachine();
    const talk = machine.established(family);
    tooBig(talk, talk.send(3000)[0]!, mtu);
    expect(machine.take()).toEqual([]);
    expect(talk.c.snd.mss).toBe(1500 - headers);
    expect(machine.host.ip.pathMtus.size).toBe(0);
  });

  it('MUST-67: lets new connections begin with it, and announces the MSS of the link all the same', () => {
    const machine = new IpMachine();
    const talk = machine.established(family);
    tooBig(talk, talk.send(3000)[0]!, 1350);
    machine.take();
    const next = machine.connect(family);
    expect(asTcp(machine.takeOne()).mss).toBe(1500 - headers);
    next.answer();
    machine.take();
    expect(lengths(next.send(3000))).toEqual([1350 - headers, 1350 - headers, 3000 - 2 * (1350 - headers)]);
  });

  it('one error has one connection send; the others to that destination follow when they next do, one to another never', () => {
    const machine = new IpMachine();
    const [one, two] = [machine.established(family), machine.established(family)];
    const other = machine.established({ ...family, peer: family.router });
    const [first] = one.send(1500 - headers);
    two.send(1500 - headers);
    other.send(1500 - headers);
    tooBig(one, first!, 1300);
    expect(machine.take().map((sent) => asTcp(sent).srcPort)).toEqual([one.c.localPort, one.c.localPort]);
    expect(lengths(two.send(2000))[0]).toBe(1300 - headers);
    expect(lengths(other.send(2000))[0]).toBe(1500 - headers);
  });

  it('one that has followed already sends what was too long when an error quotes that', () => {
    const machine = new IpMachine();
    const [one, two] = [machine.established(family), machine.established(family)];
    const [first] = one.send(1500 - headers);
    const [second] = two.send(1500 - headers);
    tooBig(one, first!, 1300);
    two.send(100);
    machine.take();
    tooBig(two, second!, 1300);
    expect(lengths(machine.take())).toEqual([1300 - headers, 200]);
    tooBig(two, second!, 1300);
    expect(machine.take()).toEqual([]);
  });

  it('one that has nothing to send but by its timer follows, too', () => {
    const machine = new IpMachine();
    const [one, two] = [machine.established(family), machine.established(family)];
    two.send(4000);
    tooBig(one, one.send(1500 - headers)[0]!, 1300);
    machine.take();
    machine.wait(1500);
    const again = machine.take().filter((sent) => asTcp(sent).srcPort === two.c.localPort);
    expect(Math.max(...again.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(1300);
  });

  it('a path that shrinks by an octet at a time is not believed for long', () => {
    const machine = new IpMachine();
    const talk = machine.established(family);
    talk.send(1500 - headers);
    let sent = 0;
    for (let mtu = 1499; mtu >= 1280; mtu--) {
      const at = { ...talk.spec({}), srcPort: talk.c.localPort, dstPort: talk.c.remotePort, seq: talk.c.snd.una };
      const quoted = tcp({ ...at, src: family.ours, dst: family.peer });
      machine.receive(icmpError(family, family === V4 ? 3 : 2, family === V4 ? 4 : 0, quoted, mtu));
      sent += machine.take().length;
    }
    // Two segments for each narrowing: eight that are taken as told, and one to the next plateau.
    expect(sent).toBeLessThanOrEqual(2 * 9);
    expect(machine.host.ip.mtuTo(address(family.peer))).toBe(family === V4 ? 1006 : 1280);
  });

  it('forgets it after mtu_expires, and sends long segments again', () => {
    const machine = new IpMachine({ sysctls: { tcp_keepalive_time: 7200 } });
    const talk = machine.established(family);
    tooBig(talk, talk.send(3000)[0]!, 1300);
    machine.take();
    talk.peer({ ack: talk.c.snd.nxt });
    machine.wait(598_000);
    expect(lengths(talk.send(1400))[0]).toBe(1300 - headers);
    talk.peer({ ack: talk.c.snd.nxt });
    machine.wait(3000);
    expect(lengths(talk.send(1400))).toEqual([1400]);
    expect(machine.host.ip.mtuTo(address(family.peer))).toBe(1500);
  });

  it('cuts a queued super-segment anew', () => {
    const machine = new IpMachine({ gsoMaxSize: 65_535 });
    const talk = machine.established(family);
    const [first] = talk.send(14_000);
    expect(first!.gsoSize).toBe(1500 - headers);
    tooBig(talk, first!, 1300);
    const again = machine.take();
    expect(new Set(again.map(({ gsoSize }) => gsoSize || 1300 - headers))).toEqual(new Set([1300 - headers]));
    // cwnd counts segments, and these are shorter: ten of them.
    expect(lengths(again).reduce((sum, length) => sum + length)).toBe(10 * (1300 - headers));
  });
});

describe('path MTU over IPv4', () => {
  const talkWith = (sysctls = {}): { machine: IpMachine; talk: Conversation; sent: Sent } => {
    const machine = new IpMachine({ sysctls });
    const talk = machine.established(V4);
    const [sent] = talk.send(3000);
    return { machine, talk, sent: sent! };
  };

  it('guesses from the plateaus when the router does not say (RFC 1191, section 7.1)', () => {
    const { machine, talk, sent } = talkWith();
    tooBig(talk, sent, 0);
    expect(machine.host.ip.mtuTo(address(V4.peer))).toBe(1492);
    const [again] = machine.take();
    tooBig(talk, again!, 0);
    expect(machine.host.ip.mtuTo(address(V4.peer))).toBe(1006);
    expect([1500, 1492, 68, 10, 100_000].map(plateauBelow)).toEqual([1492, 1006, 68, 68, 65_535]);
  });

  it.each([551, 100, 1])('does not cut segments for less than min_pmtu, but lets routers fragment: %i', (mtu) => {
    const { machine, talk, sent } = talkWith();
    expect(sent).toMatchObject({ df: true, id: 0 });
    tooBig(talk, sent, mtu);
    const again = machine.take();
    expect(again.every(({ df, id, bytes }) => !df && id !== 0 && bytes.length <= 552)).toBe(true);
    expect(new Set(again.map(({ id }) => id)).size).toBe(again.length);
    expect(machine.host.ip.mtuTo(address(V4.peer))).toBe(552);
    // To others nothing changes.
    expect(machine.established({ ...V4, peer: V4.router }).send(10)[0]).toMatchObject({ df: true, id: 0 });
  });

  it('min_pmtu can be another one', () => {
    const { machine, talk, sent } = talkWith({ min_pmtu: 400 });
    tooBig(talk, sent, 420);
    expect(machine.take().every(({ df, bytes }) => df && bytes.length <= 420)).toBe(true);
  });

  it.each([
    [1, 552],
    [2, 1500],
    [3, 1300],
  ])('ip_no_pmtu_disc %i: no DF, and a path of %i octets after an error', (mode, mtu) => {
    const { machine, talk, sent } = talkWith({ ip_no_pmtu_disc: mode });
    expect(sent.df).toBe(false);
    expect(sent.id).not.toBe(0);
    tooBig(talk, sent, 1300);
    expect(machine.host.ip.mtuTo(address(V4.peer))).toBe(mtu);
  });
});

describe('path MTU over IPv6', () => {
  it.each([1279, 500, 0])(
    'MUST-16: no path is narrower than 1280 octets, so an MTU of %i is ignored (RFC 8201, section 4)',
    (mtu) => {
      const machine = new IpMachine();
      const talk = machine.established(V6);
      tooBig(talk, talk.send(3000)[0]!, mtu);
      expect(machine.take()).toEqual([]);
      expect(talk.c.snd.mss).toBe(1440);
    },
  );

  it('takes an MTU beyond any packet for what it is', () => {
    const machine = new IpMachine();
    const talk = machine.established(V6);
    tooBig(talk, talk.send(3000)[0]!, 0x7fff0500);
    expect(talk.c.snd.mss).toBe(1440);
  });
});

describe('in the handshake', () => {
  it.each(FAMILIES)('$name: a SYN does not grow or shrink, but what follows does', ({ family, headers }) => {
    const machine = new IpMachine();
    const talk = machine.connect(family);
    tooBig(talk, machine.takeOne(), 1300);
    expect(talk.c.state).toBe('SYN_SENT');
    talk.answer();
    expect(talk.c.snd.mss).toBe(1300 - headers);
  });

  it('nothing is learned for a connection that is not there', () => {
    const machine = new IpMachine();
    const talk = machine.established(V4);
    const [sent] = talk.send(100);
    talk.c.abort();
    machine.receive(icmpError(V4, 3, 4, sent!, 1300));
    expect(machine.host.ip.pathMtus.size).toBe(0);
  });
});

describe('the cache', () => {
  it('has a bound, and forgets the oldest first', () => {
    const cache = new PathMtuCache(1);
    const nth = (n: number): Address => new Address(0x20010db8, 0, 0, n);
    for (let n = 0; n < 10_000; n++) cache.set(nth(n), 1280, n % 2 === 0, n);
    expect(cache.size).toBeLessThanOrEqual(4096);
    expect(cache.find(nth(9999))?.mtu).toBe(1280);
    expect(cache.find(nth(1))).toBeNull();
    expect(cache.nextExpiry).toBeGreaterThan(5000);
    cache.expire(1e9);
    expect(cache).toMatchObject({ size: 0, nextExpiry: Number.POSITIVE_INFINITY });
    expect(cache.isFragmented(nth(9998))).toBe(false);
  });

  it('is renewed by a repeated error', () => {
    const cache = new PathMtuCache(1);
    const [a, b] = [address('10.0.0.1'), address('10.0.0.2')];
    cache.set(a, 1300, false, 100);
    cache.set(b, 1300, false, 200);
    cache.set(a, 1200, false, 300);
    cache.expire(250);
    expect(cache.find(b)).toBeNull();
    expect(cache.find(a)?.mtu).toBe(1200);
  });
});
