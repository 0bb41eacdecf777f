import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stream } from '../../support/user.ts';
import { BadNetwork } from '../support/bad-network.ts';
import { BadPath, segmentBytes } from '../support/bad-path.ts';

describe('two hosts with a bad path between them, in virtual time', () => {
  it('a round trip takes twice the delay, exactly', () => {
    const net = new BadNetwork('delay 50ms');
    const user = net.connect();
    net.wait(99.999);
    expect(user.events).toEqual([]);
    net.wait(0.001);
    expect(user.events).toEqual(['connected']);
  });

  it('SYNs that are lost for ever: after 1, 3, 7, 15, 31, 63 s one more, ETIMEDOUT after 127', () => {
    const net = new BadNetwork('drop SYN out', { sysctls: { tcp_syn_retries: 6, tcp_syn_linear_timeouts: 0 } });
    const user = net.connect();
    net.wait(126_000);
    expect(net.told).toEqual([0, 1, 3, 7, 15, 31, 63].map((at) => `${at * 1000} dropped out by drop SYN out`));
    expect(user.events).toEqual([]);
    net.wait(2000);
    expect(user.events).toEqual(['closed ETIMEDOUT']);
  });

  it('the handshake’s third segment is lost: the client is connected, the server is not', () => {
    const net = new BadNetwork('drop ACK of SYN-ACK out');
    const user = net.connect();
    net.wait(500);
    expect(user.connection!.state).toBe('ESTABLISHED');
    expect(net.accepted).toEqual([]);
    net.do(() => user.connection!.send(stream('peer', 0, 100)));
    expect(net.accepted).toHaveLength(1);
    expect(net.accepted[0]!.received).toBe(100);
  });

  it('a FIN that is lost once is repeated, and both ends still end', () => {
    const net = new BadNetwork('drop FIN 1');
    const user = net.connect();
    net.wait(10);
    net.do(() => user.connection!.shutdown());
    net.wait(1000);
    net.do(() => net.accepted[0]!.connection!.shutdown());
    net.wait(1000);
    expect(user.events.at(-1)).toBe('closed');
    expect(net.accepted[0]!.events.at(-1)).toBe('closed');
    expect(net.told.map((line) => line.replace(/^[\d.]+ /, ''))).toEqual([
      'dropped out by drop FIN 1',
      'dropped in by drop FIN 1',
    ]);
  });

  it('a RST at an octet ends both', () => {
    const net = new BadNetwork('out: delay 5ms; rst after 64KiB out');
    const user = net.connect();
    net.wait(100);
    net.do(() => user.connection!.send(stream('peer', 0, 200_000)));
    net.wait(1000);
    expect(user.events.at(-1)).toBe('closed ECONNRESET');
    expect(net.accepted[0]!.events.at(-1)).toBe('closed ECONNRESET');
    expect(net.accepted[0]!.received).toBeLessThanOrEqual(65_536);
    expect(net.accepted[0]!.received).toBeGreaterThan(65_536 - 1460);
  });

  it('whatever happens on the way, every octet arrives once and in its order, and it repeats with the seed', () => {
    const impairments =
      'delay 10ms jitter 8ms, loss 3% burst 2, duplicate 3%, reorder 4%, corrupt 3%, truncate 1%; rate 20mbit queue 40 codel';
    const run = (seed: number): readonly string[] => {
      const net = new BadNetwork(impairments, { seed });
      const user = net.connect();
      net.wait(5000);
      net.do(() => user.connection!.send(stream('peer', 0, 300_000)));
      net.wait(600_000);
      expect(net.accepted[0]?.received, `seed ${seed}`).toBe(300_000);
      return net.told;
    };
    for (let seed = 1; seed <= 6; seed++) expect(run(seed)).toEqual(run(seed));
  });
});

describe('garbage', () => {
  const EVERYTHING = `delay 1ms jitter 1ms, loss gemodel 5% 50% ecn, duplicate 10%, reorder 10%, corrupt 10%, truncate 10%;
    rate 10mbit queue 20 codel ecn; drop SYN 2; hold any 3 1ms; hold any 5 behind 2; duplicate any every 4; corrupt checksum of any 5%;
    corrupt header of any 5%; corrupt payload of any 5%; truncate any 3% to 21 bytes; mark any; rst DATA 20%; rst after 100 bytes;
    blackhole after FIN 3; drop seq 5-9; drop any port 1`;

  it('is passed on or dropped, and nothing throws, hangs or stays', () => {
    const octets = fc.uint8Array({ maxLength: 120 });
    const spoiled = fc
      .tuple(fc.nat(150), fc.nat(255), fc.constantFrom(4, 6), fc.nat(0x1ff), fc.nat(80), fc.nat(150))
      .map(([at, value, version, flags, length, keep]) => {
        const bytes = segmentBytes({ version: version as 4 | 6, flags, length, tos: 2 });
        bytes[at % bytes.length] = value;
        return bytes.slice(0, keep < 100 ? bytes.length : keep);
      });
    const packets = fc.array(fc.tuple(fc.oneof(octets, spoiled), fc.boolean(), fc.boolean()), { maxLength: 40 });
    fc.assert(
      fc.property(packets, fc.integer(), (list, seed) => {
        const path = new BadPath(EVERYTHING, seed);
        for (const [bytes, inward, trusted] of list) {
          path.sendBytes(bytes.slice(), inward ? 'in' : 'out', trusted);
          path.wait(0.3);
        }
        path.wait(10_000);
        expect(path.impairment.isEmpty).toBe(true);
        for (const direction of ['out', 'in'] as const) {
          const { packets: came, passed, duplicated, injected, drops } = path.impairment.counters(direction);
          const dropped = drops.entries().reduce((sum, [, count]) => sum + count, 0);
          expect(passed).toBe(came + duplicated + injected - dropped);
        }
      }),
      { numRuns: 300 },
    );
  });
});
