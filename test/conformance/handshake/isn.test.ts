import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

/** The initial sequence number of an active OPEN from port 5000 to `port`, `milliseconds` after the host's birth. */
function isn({ port = 80, localPort = 5000, milliseconds = 0, seed = 1 } = {}): number {
  const peer = new Peer({ port, seed });
  peer.host.tcp.clock = () => peer.machine.now;
  peer.wait(milliseconds);
  peer.open({ localPort });
  peer.expect({ flags: 'S' });
  return peer.hostIss! >>> 0;
}

const distance = (a: number, b: number): number => (b - a + 2 ** 32) % 2 ** 32;

describe('initial sequence numbers', () => {
  it('[MUST-8] a clock of 4 us drives them: 250,000 a second, once around in 4.77 hours (3.4.1)', () => {
    const first = isn();
    expect(distance(first, isn({ milliseconds: 1000 }))).toBe(250_000);
    expect(distance(first, isn({ milliseconds: 3_600_000 }))).toBe(900_000_000);
    expect(distance(first, isn({ milliseconds: 6 * 3_600_000 }))).toBe((6 * 900_000_000) % 2 ** 32);
  });

  it('[MUST-8] those of one four-tuple grow from one incarnation to the next (RFC 6528, section 3)', () => {
    const peer = new Peer();
    peer.host.tcp.clock = () => peer.machine.now;
    const numbers = [0, 1, 2].map(() => {
      peer.open({ localPort: 5000 });
      peer.expect({ flags: 'S' });
      peer.close();
      peer.wait(40);
      return peer.hostIss!;
    });
    expect(distance(numbers[0]!, numbers[1]!)).toBe(10_000);
    expect(distance(numbers[1]!, numbers[2]!)).toBe(10_000);
  });

  it('[SHLD-1] at one moment, each four-tuple has a number of its own (3.4.1; RFC 6528, section 3)', () => {
    const byPort = Array.from({ length: 64 }, (_, i) => isn({ port: 80 + i }));
    const byLocal = Array.from({ length: 64 }, (_, i) => isn({ localPort: 5000 + i }));
    expect(new Set([...byPort, ...byLocal]).size).toBe(127);
    // Neighbouring tuples tell nothing of each other: each bit is set in about half of the numbers.
    for (let bit = 0; bit < 32; bit++) {
      const set = [...byPort, ...byLocal].filter((number) => (number >>> bit) & 1).length;
      expect(set).toBeGreaterThan(30);
      expect(set).toBeLessThan(98);
    }
    const steps = byPort.slice(1).map((number, i) => distance(byPort[i]!, number));
    expect(new Set(steps).size).toBe(63);
  });

  it('[MUST-9] they hang on a secret: the same tuple at the same time differs from host to host (3.4.1)', () => {
    expect(isn({ seed: 1 })).toBe(isn({ seed: 1 }));
    const hosts = Array.from({ length: 32 }, (_, i) => isn({ seed: i + 1 }));
    expect(new Set(hosts).size).toBe(32);
    // Nor does one tuple's number give another's: their difference is secret as well.
    const differences = Array.from({ length: 32 }, (_, i) =>
      distance(isn({ seed: i + 1 }), isn({ seed: i + 1, port: 81 })),
    );
    expect(new Set(differences).size).toBe(32);
  });

  it('passive OPENs take theirs from the same function (RFC 6528, section 3)', () => {
    const answer = (milliseconds: number, seed: number): number => {
      const peer = new Peer({ port: 80, hostPort: 5000, seed });
      peer.wait(milliseconds);
      peer.listen();
      peer.send({ flags: 'S', seq: 0 });
      peer.expect({ flags: 'S.' });
      return peer.hostIss! >>> 0;
    };
    expect(answer(0, 1)).toBe(isn());
    expect(distance(answer(0, 2), answer(8, 2))).toBe(2000);
  });
});

describe('ephemeral ports (RFC 6056, section 3.3.3)', () => {
  const ports = (port: number, count: number, seed = 1): number[] => {
    const peer = new Peer({ port, seed });
    return Array.from({ length: count }, () => {
      const { localPort } = peer.open();
      peer.machine.settle();
      peer.machine.packets.length = 0;
      return localPort;
    });
  };

  it('lie in ip_local_port_range and are all used before one is refused (section 3.2)', () => {
    const peer = new Peer({ sysctls: { ip_local_port_range: [40_000, 40_031] } });
    const used = Array.from({ length: 32 }, () => peer.open().localPort).sort();
    expect(used).toEqual(Array.from({ length: 32 }, (_, i) => 40_000 + i));
    expect(() => peer.open()).toThrow(expect.objectContaining({ code: 'EADDRNOTAVAIL' }));
    peer.machine.settle();
    peer.machine.packets.length = 0;
  });

  it('towards one destination do not come back soon: each is the next one (algorithm 3)', () => {
    const some = ports(80, 20);
    expect(some.slice(1).every((port, i) => port === some[i]! + 1 || port === 32_768)).toBe(true);
  });

  it('towards different destinations begin at places that a secret chooses', () => {
    const starts = Array.from({ length: 16 }, (_, i) => ports(80 + i, 1)[0]!);
    const others = Array.from({ length: 16 }, (_, i) => ports(80 + i, 1, 2)[0]!);
    expect(new Set(starts).size).toBeGreaterThan(14);
    expect(new Set(starts.slice(1).map((port, i) => port - starts[i]!)).size).toBeGreaterThan(12);
    expect(starts).not.toEqual(others);
  });
});
