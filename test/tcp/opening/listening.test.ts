import { describe, expect, it } from 'vitest';
import { address } from '../../../src/wire/address.ts';
import { HOST_ADDRESS, Machine } from '../../support/machine.ts';
import { Peer } from '../../support/peer.ts';

/** Peers with different ports towards one listener. */
function crowd(count: number, backlog: number, sysctls = {}): { peers: Peer[]; first: Peer } {
  const machine = new Machine({ sysctls });
  const peers = Array.from({ length: count }, (_, i) => new Peer({ machine, port: 5000 + i }));
  const first = peers[0]!;
  first.listen(backlog);
  for (const peer of peers) peer.listener = first.listener;
  return { peers, first };
}

const open = (peer: Peer): void => {
  peer.send({ flags: 'S', seq: 0, mss: 1460 });
  peer.expect({ flags: 'S.', seq: 0, ack: 1 });
  peer.send({ flags: '.', seq: 1, ack: 1 });
};

describe('a listener', () => {
  it('tells once per batch that connections wait, in the order of their handshakes', () => {
    const machine = new Machine();
    let told = 0;
    const listener = machine.host.tcp.listen({ port: 80, onAcceptable: () => told++ });
    const peers = [1, 2].map((port) => new Peer({ machine, port }));
    for (const peer of peers) {
      peer.send({ flags: 'S', seq: 0 });
      peer.expect({ flags: 'S.' });
    }
    machine.batch(() => {
      for (const peer of peers) peer.send({ flags: '.', seq: 1, ack: 1 });
    });
    expect(told).toBe(1);
    expect([listener.accept()?.remotePort, listener.accept()?.remotePort, listener.accept()]).toEqual([1, 2, null]);
  });

  it('with a full accept queue takes no more SYNs, and no handshake is completed', () => {
    const { peers, first } = crowd(4, 1);
    const [a, b, late, next] = peers as [Peer, Peer, Peer, Peer];
    late.send({ flags: 'S', seq: 0, mss: 1460 });
    late.expect({ flags: 'S.', seq: 0, ack: 1 });
    open(a);
    open(b); // a backlog of 1 holds two, as in Linux
    late.send({ flags: '.', seq: 1, ack: 1 });
    late.expectNothing();
    expect(late.state).toBe('SYN_RECEIVED');
    next.send({ flags: 'S', seq: 0 });
    next.expectNothing();
    const { counters } = first.host.tcp;
    expect([counters.ListenOverflows, counters.ListenDrops]).toEqual([2, 2]);
    a.accept();
    // The SYN-ACK goes out again; its ACK is welcome now.
    expect(late.next().segment).toMatchObject({ flags: 'S.', seq: 0, ack: 1 });
    late.send({ flags: '.', seq: 1, ack: 1 });
    expect(late.state).toBe('ESTABLISHED');
  });

  it('hands over a connection that was reset before it was accepted: its octets, then its error', () => {
    for (const told of ['in the same batch', 'later'] as const) {
      const peer = new Peer();
      const listener = peer.listen();
      peer.send({ flags: 'S', seq: 0, mss: 1460 });
      peer.expect({ flags: 'S.', seq: 0, ack: 1 });
      const arrives = (): void => {
        peer.send({ flags: '.', seq: 1, ack: 1 });
        peer.send({ flags: 'P.', seq: 1, ack: 1, data: 500 });
        peer.send({ flags: 'R', seq: 501 });
      };
      if (told === 'later') arrives();
      else peer.batch(arrives);
      peer.takeAll();
      expect(listener.acceptQueueLength).toBe(1);
      expect(peer.accept().state).toBe('CLOSED');
      peer.machine.settle();
      expect([peer.user.received, peer.user.events.at(-1)]).toEqual([500, 'closed ECONNRESET']);
      expect(listener.accept()).toBe(null);
    }
  });

  it('closes with reset connections in its accept queue: no RST, and none is left', () => {
    const peer = new Peer();
    const listener = peer.listen();
    open(peer);
    peer.send({ flags: 'R', seq: 1 });
    listener.close();
    peer.machine.settle();
    peer.expectNothing();
    expect([peer.host.tcp.connections.count, peer.host.tcp.orphans]).toEqual([0, 0]);
  });

  it('with a full SYN queue drops SYNs where there are no cookies (tcp_syncookies 0)', () => {
    const { peers, first } = crowd(3, 1, { tcp_syncookies: 0 });
    for (const peer of peers) peer.send({ flags: 'S', seq: 0, mss: 1460 });
    peers[0]!.expect({ flags: 'S.' });
    peers[1]!.expect({ flags: 'S.' });
    peers[2]!.expectNothing();
    expect(first.host.tcp.counters.ListenDrops).toBe(1);
  });

  it('closed, resets what was not accepted, and leaves what was', () => {
    const { peers, first } = crowd(3, 10);
    const [accepted, waiting, half] = peers as [Peer, Peer, Peer];
    open(accepted);
    accepted.accept();
    open(waiting);
    half.send({ flags: 'S', seq: 0, mss: 1460 });
    half.expect({ flags: 'S.' });
    first.listener!.close();
    waiting.expect({ flags: 'R.', seq: 1, ack: 1 });
    half.expectNothing(); // it learns when it goes on
    half.send({ flags: '.', seq: 1, ack: 1 });
    half.expect({ flags: 'R', seq: 1 });
    expect(peers.map((p) => p.state)).toEqual(['ESTABLISHED', 'CLOSED', 'CLOSED']);
    const after = new Peer({ machine: first.machine, port: 6000 });
    after.send({ flags: 'S', seq: 0 });
    after.expect({ flags: 'R.' });
  });

  it('keeps data and FIN that come before accept', () => {
    const { first } = crowd(1, 10);
    open(first);
    first.send({ flags: 'FP.', seq: 1, ack: 1, data: 100 });
    first.accept();
    expect(first.user.received).toBe(100);
    expect(first.user.events).toEqual(['readable', 'end']);
  });

  it('a port is taken once: EADDRINUSE; a foreign address: EADDRNOTAVAIL', () => {
    const { tcp } = new Machine().host;
    const listen = (port: number, local?: string) =>
      tcp.listen({ port, local: local ? address(local) : undefined, onAcceptable: () => {} });
    const one = listen(80);
    expect(() => listen(80)).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }));
    expect(() => listen(80, '10.0.0.1')).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }));
    expect(() => listen(81, '10.0.0.9')).toThrow(expect.objectContaining({ code: 'EADDRNOTAVAIL' }));
    one.close();
    one.close();
    expect(listen(80, '10.0.0.1').local.equals(HOST_ADDRESS)).toBe(true);
    const [low, high] = tcp.sysctls.ip_local_port_range as [number, number];
    const any = listen(0).port;
    expect(any >= low && any <= high).toBe(true);
  });
});
