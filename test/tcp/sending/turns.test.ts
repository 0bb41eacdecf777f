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
    // Four have arrived, so four leave (PRR, RFC 9937).
    expect(order(machine)).toBe('aabbaabb');
  });
});

describe('several that have much to send', () => {
  it('take turns, each as long as `tcp_limit_output_bytes`, and get everything out', () => {
    const machine = new Machine({ sysctls: { tcp_limit_output_bytes: 3000 } });
    const peers = [1, 2, 3].map((n) => new Peer({ machine, port: 40_000 + n, hostPort: 80 + n }));
    for (const peer of peers) peer.connectsToHost({ mss: 1000 });
    for (const { c } of peers) c.send(new Uint8Array(6000));
    const turns: string[] = [];
    machine.host.onPending = () => turns.push('told'); // what `flush` returns says it already
    for (let more = true; more; ) {
      more = machine.host.flush(machine.now);
      turns.push(machine.packets.map(({ bytes }) => bytes[21]! - 80).join(''));
      machine.packets.length = 0;
    }
    expect(turns).toEqual(['111', '222', '333', '111', '222', '333']);
  });

  it('while one alone is not held up', () => {
    const peer = new Peer({ sysctls: { tcp_limit_output_bytes: 1 } }).connectsToHost();
    peer.verifyData = false;
    peer.c.send(new Uint8Array(14_600));
    expect(peer.host.flush(peer.machine.now)).toBe(false);
    expect(peer.takeAll()).toHaveLength(10);
  });
});
