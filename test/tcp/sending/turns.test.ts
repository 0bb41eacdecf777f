import { describe, expect, it } from 'vitest';
import { Machine } from '../../support/machine.ts';
import { Peer } from '../../support/peer.ts';

/** Which of the two each packet is for, by its port: the third and fourth octet behind the IP header. */
const order = (machine: Machine): string =>
  machine.packets
    .splice(0)
    .map(({ bytes }) => (((bytes[22]! << 8) | bytes[23]!) === 1000 ? 'a' : 'b'))
    .join('');

describe('connections that have much to send take turns (tcp_limit_output_bytes)', () => {
  function pair(tcp_limit_output_bytes: number): { machine: Machine; a: Peer; b: Peer } {
    const machine = new Machine({ sysctls: { tcp_limit_output_bytes } });
    const [a, b] = [1000, 2000].map((port) => {
      return new Peer({ machine, port, hostPort: port }).connectsToHost({ mss: 1000, sackOk: true });
    }) as [Peer, Peer];
    return { machine, a, b };
  }

  it.each([
    [2000, 'aabbaabbaabb'],
    [2001, 'aaabbbaaabbb'],
    [6000, 'aaaaaabbbbbb'],
    [5999, 'aaaaaabbbbbb'],
    [5000, 'aaaaabbbbbab'],
  ])('when they send for the first time: %i octets each', (limit, expected) => {
    const { machine, a, b } = pair(limit);
    for (const peer of [a, b]) peer.c.send(new Uint8Array(6000));
    machine.settle();
    expect(order(machine)).toBe(expected);
  });

  it('and when they send again', () => {
    const { machine, a, b } = pair(2000);
    a.write(10_000);
    b.write(10_000);
    order(machine);
    machine.batch(() => {
      for (const peer of [a, b]) peer.send({ flags: '.', seq: 1, ack: 1, sack: [[6001, 10_001]] });
    });
    expect(order(machine)).toBe('aabbaabbab');
  });
});
