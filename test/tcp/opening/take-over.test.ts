import { describe, expect, it } from 'vitest';
import type { Sysctls } from '../../../src/host/host.ts';
import { address } from '../../../src/wire/address.ts';
import { Machine, PEER_ADDRESS } from '../../support/machine.ts';
import { Peer, type SegmentSpec } from '../../support/peer.ts';

const ONE_PORT: Partial<Sysctls> = { ip_local_port_range: [1000, 1000] };

/** The host opened from port 1000, closed first, and waits: SND.NXT 2, RCV.NXT 2. */
function waiting(sysctls: Partial<Sysctls>, timestamps = true): Peer {
  const peer = new Peer({ port: 80, sysctls: { ...ONE_PORT, ...sysctls } });
  const ts = (val: number): Partial<SegmentSpec> => (timestamps ? { ts: [val, 0] } : {});
  peer.acceptsFromHost(ts(500));
  peer.close();
  peer.expect({ flags: 'F.', seq: 1 });
  peer.send({ flags: 'F.', seq: 1, ack: 2, ...ts(510) });
  peer.expect({ flags: '.', seq: 2, ack: 2 });
  expect(peer.state).toBe('TIME_WAIT');
  return peer;
}

const again = (peer: Peer, options: { localPort?: number } = {}): Peer => {
  const next = new Peer({ machine: peer.machine, port: 80, peerIss: 9_000_000 });
  peer.host.advance(peer.machine.now); // the host learns the time
  next.open(options);
  return next;
};

const notAvailable = expect.objectContaining({ code: 'EADDRNOTAVAIL' });

describe('tcp_tw_reuse', () => {
  it('1: a port in TIME_WAIT for longer than tcp_tw_reuse_delay is used again, with an ISS beyond the last SND.NXT', () => {
    const peer = waiting({ tcp_tw_reuse: 1 });
    peer.wait(1000);
    expect(() => again(peer)).toThrow(notAvailable);
    peer.wait(1);
    const next = again(peer);
    const syn = next.expect({ flags: 'S' });
    expect(syn.ts).toBeDefined();
    expect((next.hostIss! - peer.hostIss!) | 0).toBe(2 + 65_537);
    expect([peer.host.tcp.counters.TWRecycled, peer.host.tcp.timeWait.count]).toEqual([1, 0]);
    // An old duplicate FIN of the last life, and its SYN-ACK, mean nothing to it.
    peer.hostIss = next.hostIss;
    peer.send({ flags: 'F.', seq: 1, ack: 2, ts: [510, 0] });
    peer.expect({ flags: 'R', seq: 2 });
    next.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460, ts: [600, 0] });
    next.expect({ flags: '.', seq: 1, ack: 1 });
    expect(next.c.state).toBe('ESTABLISHED');
  });

  it('tcp_tw_reuse_delay says how long', () => {
    const peer = waiting({ tcp_tw_reuse: 1, tcp_tw_reuse_delay: 5000 });
    peer.wait(5000);
    expect(() => again(peer)).toThrow(notAvailable);
    peer.wait(1);
    again(peer).expect({ flags: 'S' });
  });

  it('0: never', () => {
    const peer = waiting({ tcp_tw_reuse: 0 });
    peer.wait(59_000);
    expect(() => again(peer)).toThrow(notAvailable);
  });

  it('2, the default: only from the host to itself', () => {
    const peer = waiting({});
    expect(peer.host.sysctls.tcp_tw_reuse).toBe(2);
    peer.wait(59_000);
    expect(() => again(peer)).toThrow(notAvailable);
    const { ip } = peer.host;
    const { isLocal } = ip;
    ip.isLocal = (where) => where.equals(PEER_ADDRESS) || isLocal.call(ip, where);
    again(peer).expect({ flags: 'S' });
  });

  it('not without timestamps, whatever the knob: sequence numbers alone could meet again', () => {
    const peer = waiting({ tcp_tw_reuse: 1 }, false);
    peer.wait(59_000);
    expect(() => again(peer)).toThrow(notAvailable);
    expect(() => again(peer, { localPort: 1000 })).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }));
  });

  it('not in FIN_WAIT_2, where the peer still has something to say', () => {
    const peer = new Peer({ port: 80, sysctls: { ...ONE_PORT, tcp_tw_reuse: 1 } });
    peer.acceptsFromHost({ ts: [500, 0] });
    peer.close();
    peer.expect({ flags: 'F.', seq: 1 });
    peer.send({ flags: '.', seq: 1, ack: 2, ts: [510, 0] });
    expect([peer.state, peer.host.tcp.timeWait.count]).toEqual(['FIN_WAIT_2', 1]);
    peer.wait(30_000);
    expect(() => again(peer)).toThrow(notAvailable);
  });

  it('who insists on a port gets it at any time, given timestamps (as Linux: bind before connect)', () => {
    const peer = waiting({ tcp_tw_reuse: 0 });
    const next = again(peer, { localPort: 1000 });
    next.expect({ flags: 'S' });
    expect(peer.host.tcp.counters.TWRecycled).toBe(1);
  });

  it('a simultaneous SYN older than the last life is dropped', () => {
    const peer = waiting({ tcp_tw_reuse: 0 });
    const next = again(peer, { localPort: 1000 });
    next.expect({ flags: 'S' });
    next.send({ flags: 'S', seq: 0, ts: [400, 0] });
    next.expectNothing();
    expect(next.host.tcp.drops.get('PawsSyn')).toBe(1);
    next.send({ flags: 'S', seq: 0, ts: [511, 0] });
    next.expect({ flags: 'S.', ack: 1 });
  });
});

describe('a SYN-ACK whose timestamp echoes no SYN of ours', () => {
  it('is answered with a RST: PAWSActive', () => {
    const peer = new Peer();
    peer.open();
    peer.expect({ flags: 'S', ts: [0, 0] });
    peer.wait(100);
    for (const echo of [-1, 101]) {
      peer.send({ flags: 'S.', seq: 0, ack: 1, ts: [500, echo] });
      peer.expect({ flags: 'R', seq: 1 });
    }
    expect([peer.c.state, peer.host.tcp.counters.PAWSActive]).toEqual(['SYN_SENT', 2]);
    peer.send({ flags: 'S.', seq: 0, ack: 1, ts: [500, 0] });
    peer.expect({ flags: '.', seq: 1 });
  });
});

describe('timestamps in TIME_WAIT', () => {
  it('older ones are counted (PAWSTimewait), and neither end nor restart it', () => {
    const peer = waiting({});
    peer.wait(30_000);
    peer.send({ flags: 'R', seq: 2, ts: [400, 0] });
    peer.send({ flags: 'F.', seq: 1, ack: 2, ts: [400, 0] });
    peer.expect({ flags: '.', seq: 2, ack: 2 });
    expect([peer.state, peer.host.tcp.counters.PAWSTimewait]).toEqual(['TIME_WAIT', 2]);
    peer.wait(30_000);
    expect(peer.state).toBe('CLOSED');
  });

  it('TW counts waits that begin, TWKilled those of 4 s at most, TWRecycled none that a peer ends', () => {
    const { counters } = waiting({}).host.tcp;
    expect([counters.TW, counters.TWKilled]).toEqual([1, 0]);
    const short = waiting({ tcp_timewait_len: 4000 }).host.tcp.counters;
    expect([short.TW, short.TWKilled]).toEqual([0, 1]);
  });
});

describe('EADDRNOTAVAIL', () => {
  it('says where the ports are and what would help', () => {
    const machine = new Machine({ sysctls: { ip_local_port_range: [1000, 1001] } });
    const one = new Peer({ machine, port: 80 });
    one.acceptsFromHost();
    one.close();
    one.expect({ flags: 'F.' });
    one.send({ flags: 'F.', seq: 1, ack: 2 });
    one.expect({ flags: '.', ack: 2 });
    const two = new Peer({ machine, port: 80 });
    two.open();
    two.expect({ flags: 'S' });
    machine.wait(20_000);
    machine.host.advance(machine.now);
    two.takeAll();
    const { tcp } = machine.host;
    const connect = (remotePort: number) => tcp.connect({ remote: PEER_ADDRESS, remotePort, user: two.user });
    expect(() => connect(80)).toThrow(
      'All 2 ports of ip_local_port_range (1000 to 1001) are in use towards 10.0.0.2:80: 1 by connections, 1 in TIME_WAIT, ' +
        'the first of them for 40 s more. Keep connections open and reuse them, widen the range, or set tcp_tw_reuse=1',
    );
    connect(81);
    machine.settle();
    machine.packets.length = 0;
  });

  it('a port that is listened on is not chosen', () => {
    const machine = new Machine({ sysctls: { ip_local_port_range: [1000, 1001] } });
    machine.host.tcp.listen({ port: 1000, onAcceptable: () => {} });
    const peer = new Peer({ machine });
    expect(peer.open().localPort).toBe(1001);
    peer.expect({ flags: 'S' });
  });
});

describe('listening again (SO_REUSEADDR)', () => {
  it('is possible at once, unless reuseAddress is false: then not before the last TIME_WAIT is over', () => {
    const peer = new Peer().connectsToHost();
    peer.close();
    peer.expect({ flags: 'F.' });
    peer.send({ flags: 'F.', seq: 1, ack: 2 });
    peer.expect({ flags: '.', ack: 2 });
    const { tcp } = peer.host;
    peer.listener!.close();
    const strict = () => tcp.listen({ port: 80, reuseAddress: false, onAcceptable: () => {} });
    expect(strict).toThrow('Port 80 is still used by 0 connections and 1 in TIME_WAIT');
    tcp.listen({ port: 80, onAcceptable: () => {} }).close();
    peer.wait(60_000);
    strict().close();
  });

  it('two listeners never share a port at one address', () => {
    const { tcp } = new Machine().host;
    tcp.listen({ port: 80, local: address('10.0.0.1'), onAcceptable: () => {} });
    expect(() => tcp.listen({ port: 80, onAcceptable: () => {} })).toThrow(
      expect.objectContaining({ code: 'EADDRINUSE' }),
    );
  });
});

describe('tcp_tw_recycle, as it was until Linux 4.11', () => {
  /** A host behind the NAT address: a server connection of it that the host closes first. */
  function served(machine: Machine, port: number, clock: number): Peer {
    const peer = new Peer({ machine, port });
    peer.listener = [...machine.host.tcp.allListeners()][0]!;
    peer.connectsToHost({ ts: [clock, 0] });
    peer.close();
    peer.expect({ flags: 'F.', seq: 1 });
    peer.send({ flags: 'F.', seq: 1, ack: 2, ts: [clock + 5, 0] });
    peer.expect({ flags: '.', seq: 2, ack: 2 });
    return peer;
  }

  it('1: TIME_WAIT is short, and a client behind the same NAT whose clock is behind cannot connect for a minute', () => {
    const machine = new Machine({ sysctls: { tcp_tw_recycle: 1 } });
    machine.host.tcp.listen({ port: 80, onAcceptable: () => {} });
    const first = served(machine, 1, 900_000);
    const { counters, timeWait } = machine.host.tcp;
    expect([timeWait.count, counters.TW, counters.TWKilled]).toEqual([1, 0, 1]);
    first.wait(4000);
    expect(timeWait.count).toBe(0);
    const second = new Peer({ machine, port: 2 });
    second.send({ flags: 'S', seq: 0, ts: [100, 0] });
    second.send({ flags: 'S', seq: 0 });
    second.expectNothing();
    expect([counters.PAWSPassive, counters.ListenDrops]).toEqual([2, 2]);
    served(machine, 3, 900_100);
    machine.wait(60_000);
    second.send({ flags: 'S', seq: 0, ts: [100, 0] });
    second.expect({ flags: 'S.' });
  });

  it('0, the only value that makes sense: they can', () => {
    const machine = new Machine();
    machine.host.tcp.listen({ port: 80, onAcceptable: () => {} });
    served(machine, 1, 900_000);
    const second = new Peer({ machine, port: 2 });
    second.send({ flags: 'S', seq: 0, ts: [100, 0] });
    second.expect({ flags: 'S.' });
    expect(machine.host.tcp.counters.PAWSPassive).toBe(0);
  });

  it('is bounded in memory', () => {
    const machine = new Machine({ sysctls: { tcp_tw_recycle: 1 } });
    const { peerStamps } = machine.host.tcp;
    for (let i = 0; i < 10_000; i++) peerStamps.remember(address(`10.1.${i >> 8}.${i & 255}`), i, 0);
    expect((peerStamps as unknown as { stamps: Map<string, unknown> }).stamps.size).toBe(4096);
  });
});
