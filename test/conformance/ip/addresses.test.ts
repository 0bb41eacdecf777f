import { describe, expect, it } from 'vitest';
import { address } from '../../../src/wire/address.ts';
import { IpMachine, Told, V4, V6 } from '../../support/ip-machine.ts';
import { Peer } from '../../support/peer.ts';
import { F, sendRaw, takeRaw } from '../../support/raw-packets.ts';

const open = (machine: IpMachine, remote: string) =>
  machine.host.tcp.connect({ remote: address(remote), remotePort: 80, user: new Told() });
const error = expect.objectContaining({ code: 'ENETUNREACH' });

/** What a host with a listener on port 80 does with a segment: the packets it sends. */
function answersTo(spec: { src?: string; dst?: string; flags: number }): number {
  const peer = new Peer();
  peer.listen();
  sendRaw(peer, spec);
  const count = peer.machine.packets.length;
  peer.machine.packets.length = 0;
  return count;
}

describe('addresses', () => {
  it('[MUST-46 group] OPEN towards broadcast or multicast is an error, and no SYN leaves (3.9.1.1)', () => {
    const machine = new IpMachine();
    for (const remote of ['255.255.255.255', '10.9.0.255', '224.0.0.1', '239.255.255.255', 'ff02::1', 'ff0e::5']) {
      expect(() => open(machine, remote), remote).toThrow(error);
    }
    machine.settle();
    expect(machine.take()).toEqual([]);
  });

  it('[MUST-46 invalid] OPEN towards an address that no host has is an error (3.9.1.1; RFC 1122, section 3.2.1.3)', () => {
    const machine = new IpMachine();
    for (const remote of ['0.0.0.0', '0.1.2.3', '240.0.0.1', '::']) {
      expect(() => open(machine, remote), remote).toThrow(error);
    }
    machine.settle();
    expect(machine.take()).toEqual([]);
  });

  it('[MUST-46 invalid] a loopback address is this host: the OPEN is no error, and no SYN leaves (RFC 1122, section 3.2.1.3 (g))', () => {
    const machine = new IpMachine();
    for (const remote of ['127.0.0.1', '127.255.255.254', '::1', ...machine.host.addresses.map(String)]) {
      open(machine, remote);
      machine.settle();
      expect(machine.take(), remote).toEqual([]);
      expect(machine.host.hasLooped, remote).toBe(true);
      machine.host.receiveLooped(0);
    }
  });

  it('[MUST-46 group] the neighbours of those are addresses like any other', () => {
    const machine = new IpMachine();
    for (const remote of ['10.9.0.254', '10.9.1.255', '223.255.255.254', '126.0.0.1', '128.0.0.1', 'fe00::1']) {
      open(machine, remote);
      machine.settle();
      expect(machine.takeOne().dst).toBe(remote);
    }
  });

  it('[MUST-63] a SYN from an address that no host has is ignored (3.9.2.3)', () => {
    expect(answersTo({ flags: F.SYN })).toBe(1);
    const impossible = ['0.0.0.0', '127.0.0.1', '224.0.0.1', '239.1.2.3', '255.255.255.255', '10.0.0.255', '10.0.0.1'];
    for (const src of impossible) expect(answersTo({ src, flags: F.SYN }), src).toBe(0);
  });

  it('[MUST-57 SYN] a SYN to broadcast or multicast is dropped in silence (3.9.2.3)', () => {
    for (const dst of ['255.255.255.255', '10.0.0.255', '224.0.0.1']) {
      expect(answersTo({ dst, flags: F.SYN }), dst).toBe(0);
    }
  });

  it('[MUST-57 segment] so is any other segment: no RST is sent (3.9.2.3)', () => {
    expect(answersTo({ flags: F.ACK })).toBe(1);
    for (const dst of ['255.255.255.255', '10.0.0.255', '224.0.0.1']) {
      expect(answersTo({ dst, flags: F.ACK }), dst).toBe(0);
      expect(answersTo({ dst, flags: F.FIN }), dst).toBe(0);
    }
  });

  it('[MUST-43] OPEN takes a local address: segments bear it, and peers of others are not answered (3.9.1.1)', () => {
    const addresses = ['10.9.0.2', '10.9.0.3'].map((own) => ({ address: address(own), prefix: 24 }));
    const machine = new IpMachine({ addresses });
    for (const { address: local } of addresses) {
      machine.host.tcp.connect({ remote: address(V4.peer), remotePort: 80, local, user: new Told() });
      machine.settle();
      expect(machine.takeOne().src).toBe(local.toString());
    }
    const wrong = { remote: address(V4.peer), remotePort: 80, local: address('10.9.0.9'), user: new Told() };
    expect(() => machine.host.tcp.connect(wrong)).toThrow(expect.objectContaining({ code: 'EADDRNOTAVAIL' }));
  });

  it('[MUST-43] a passive OPEN takes one as well: it hears what comes to that address only (3.9.1.1)', () => {
    const peer = new Peer();
    peer.host.ip.addresses.own.push({ address: address('10.0.0.7'), prefix: 24 });
    peer.host.tcp.listen({ port: 80, local: address('10.0.0.7'), onAcceptable: () => {} });
    sendRaw(peer, { flags: F.SYN });
    expect(takeRaw(peer).flags).toBe(F.RST | F.ACK);
    sendRaw(peer, { flags: F.SYN, dst: '10.0.0.7' });
    const answer = takeRaw(peer);
    expect(answer.flags).toBe(F.SYN | F.ACK);
    expect(answer.bytes.slice(12, 16)).toEqual([10, 0, 0, 7]);
  });

  it('[MUST-44] of several addresses IP chooses: of the peer’s family, the longest common prefix (3.9.1.1; RFC 6724)', () => {
    const own = ['192.168.5.1', '10.9.0.2', 'fd00:9::2'];
    const machine = new IpMachine({ addresses: own.map((text) => ({ address: address(text), prefix: 24 })) });
    const chosen = [V4.peer, '192.168.7.7', V6.peer].map((remote) => {
      open(machine, remote);
      machine.settle();
      return machine.takeOne().src;
    });
    expect(chosen).toEqual(['10.9.0.2', '192.168.5.1', 'fd00:9::2']);
  });

  it('[MUST-45] a passive OPEN answers from the address that the SYN came to, and goes on so (3.9.1.1)', () => {
    const peer = new Peer();
    peer.host.ip.addresses.own.push({ address: address('10.0.0.7'), prefix: 24 });
    peer.listen();
    sendRaw(peer, { flags: F.SYN, dst: '10.0.0.7' });
    for (let i = 0; i < 3; i++) {
      expect(takeRaw(peer).bytes.slice(12, 16)).toEqual([10, 0, 0, 7]);
      peer.machine.wait(1000 * 2 ** i);
    }
    takeRaw(peer);
  });
});

describe('the MSS over IPv6', () => {
  it('[SHLD-5 IPv6] it is sent in SYN and SYN-ACK: MTU less 60 (3.7.1)', () => {
    for (const mtu of [1280, 1500, 9000]) {
      const machine = new IpMachine({ mtu });
      machine.connect(V6);
      const syn = machine.takeOne().payload;
      expect([...syn.subarray(20, 24)]).toEqual([2, 4, (mtu - 60) >> 8, (mtu - 60) & 255]);
    }
  });

  it('[MUST-15 IPv6] without one, 1220 is assumed (3.7.1)', () => {
    const machine = new IpMachine();
    const talk = machine.established(V6, undefined, null);
    expect(talk.send(4000).map((sent) => sent.payload.length - 20)).toContain(1220);
    const other = new IpMachine().established(V4, undefined, null);
    expect(other.send(4000).map((sent) => sent.payload.length - 20)).toContain(536);
  });

  it('[MUST-16] with one, the smaller of both sides (3.7.1)', () => {
    const lengths = [800, 65_000].map((mss) => {
      const sent = new IpMachine().established(V6, undefined, mss).send(4000);
      return sent[0]!.payload.length - 20;
    });
    expect(lengths).toEqual([800, 1440]);
  });
});
