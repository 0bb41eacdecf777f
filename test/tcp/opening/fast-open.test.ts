import { describe, expect, it } from 'vitest';
import { SocketOptions } from '../../../src/tcp/terms/socket-options.ts';
import { address } from '../../../src/wire/address.ts';
import { Machine } from '../../support/machine.ts';
import { Peer } from '../../support/peer.ts';

const SYN = { flags: 'S', seq: 0, wnd: 65535, mss: 1460 } as const;

function listenerOptions(queue: number): SocketOptions {
  const options = new SocketOptions();
  options.fastOpenQueue = queue;
  return options;
}

/** Peers of one host, each with an address of its own. */
function peers(machine: Machine, count: number): Peer[] {
  return Array.from({ length: count }, (_, i) => new Peer({ machine, address: address(`10.1.${i >> 8}.${i & 255}`) }));
}

describe('a flood of SYNs with Fast Open', () => {
  it('with guessed cookies takes no data, and fills nothing but the SYN queue', () => {
    const machine = new Machine({ sysctls: { tcp_fastopen: 2, tcp_syncookies: 0 } });
    const all = peers(machine, 100);
    const listener = all[0]!.listen(10, listenerOptions(5));
    for (const [i, peer] of all.entries()) {
      peer.send({ ...SYN, data: 100, fastOpen: i.toString(16).padStart(16, '0') });
      peer.takeAll();
    }
    expect([listener.acceptQueueLength, listener.synQueueLength, listener.fastOpen.length]).toEqual([0, 11, 0]);
    expect(machine.host.tcp.counters.TCPFastOpenPassive).toBe(0);
    expect(machine.host.tcp.counters.TCPFastOpenPassiveFail).toBe(11);
  });

  it('with good ones has as many pending as TCP_FASTOPEN allows; the others get an ordinary handshake', () => {
    const machine = new Machine({ sysctls: { tcp_fastopen: 0x202 } });
    const all = peers(machine, 100);
    const listener = all[0]!.listen(200, listenerOptions(5));
    const taken = all.map((peer) => {
      peer.send({ ...SYN, data: 100 });
      return peer.takeAll()[0]!.ack;
    });
    expect(taken.filter((ack) => ack === 101)).toHaveLength(5);
    expect([listener.acceptQueueLength, listener.fastOpen.length]).toEqual([5, 5]);
    // Accepting them makes no room: their handshakes are not complete.
    for (let i = 0; i < 5; i++) listener.accept();
    const late = new Peer({ machine, address: address('10.2.0.1') });
    late.send({ ...SYN, data: 100 });
    late.expect({ flags: 'S.', ack: 1 });
    expect(machine.host.tcp.counters.TCPFastOpenListenOverflow).toBe(96);
    // What nobody acknowledges is given up in the end, and its place is free.
    machine.wait(200_000);
    for (const peer of [...all, late]) peer.takeAll();
    expect(listener.fastOpen.length).toBe(0);
  });

  it('a full accept queue drops the SYN, as any other', () => {
    const machine = new Machine({ sysctls: { tcp_fastopen: 0x202 } });
    const all = peers(machine, 5);
    all[0]!.listen(1, listenerOptions(5));
    for (const peer of all) peer.send({ ...SYN, data: 10 });
    expect(all.map((peer) => peer.takeAll().length)).toEqual([1, 1, 0, 0, 0]);
  });
});

describe('a pending Fast Open', () => {
  const early = (): Peer => {
    const peer = new Peer({ sysctls: { tcp_fastopen: 0x202 } });
    peer.listen(5, listenerOptions(5));
    peer.send({ ...SYN, data: 10 });
    peer.expect({ flags: 'S.', seq: 0, ack: 11 });
    return peer;
  };

  it('has measured a round trip when its SYN-ACK is acknowledged, but not of one that was sent again', () => {
    const peer = early();
    peer.accept();
    peer.wait(30);
    peer.send({ flags: '.', seq: 11, ack: 1 });
    expect(peer.c.info().tcpi_rtt).toBe(30_000);
    const again = early();
    again.accept();
    again.wait(1030);
    again.expect({ flags: 'S.', seq: 0, ack: 11 });
    again.send({ flags: '.', seq: 11, ack: 1 });
    expect(again.c.info().tcpi_rtt).toBe(0);
  });

  it('sends what its user wrote again when no ACK comes, once the SYN-ACK is acknowledged', () => {
    const peer = early();
    peer.accept();
    peer.write(100);
    peer.expect({ flags: 'P.', seq: 1, ack: 11, data: 100 });
    peer.wait(50);
    peer.send({ flags: '.', seq: 11, ack: 1 });
    expect(peer.next().segment).toMatchObject({ flags: 'P.', seq: 1, data: 100 });
  });

  it('answers a challenge to a SYN of another connection, and lives on', () => {
    const peer = early();
    peer.accept();
    peer.send({ ...SYN, seq: 5000 });
    peer.expect({ flags: '.', seq: 1, ack: 11 });
    expect(peer.state).toBe('SYN_RECEIVED');
  });

  it('is reset when its listener closes before anybody accepts it', () => {
    const peer = early();
    peer.listener!.close();
    peer.expect({ flags: 'R.', seq: 1, ack: 11 });
    expect(peer.state).toBe('CLOSED');
  });

  it('ends with ETIMEDOUT when nothing is ever heard, one SYN-ACK later than an ordinary one', () => {
    const peer = early();
    peer.accept();
    peer.wait(200_000);
    expect(peer.takeAll().filter(({ flags }) => flags === 'S.')).toHaveLength(6);
    expect(peer.user.error?.code).toBe('ETIMEDOUT');
  });
});

describe('an active Fast Open', () => {
  it('waits with its SYN for what is written in the same batch', () => {
    const peer = new Peer({ sysctls: { tcp_fastopen: 5 } });
    const c = peer.open({ fastOpen: true });
    peer.write(100);
    peer.expect({ flags: 'S', seq: 0, data: 100 });
    peer.send({ flags: 'S.', seq: 0, ack: 101, wnd: 65535, mss: 1460 });
    peer.expect({ flags: '.', seq: 101, ack: 1 });
    expect(c.bytesAcked).toBe(100);
  });

  it('goes without data at the end of the batch, where nothing was written', () => {
    const peer = new Peer({ sysctls: { tcp_fastopen: 5 } });
    peer.open({ fastOpen: true });
    peer.expect({ flags: 'S', seq: 0 });
    peer.write(100);
    peer.expectNothing();
    peer.send({ flags: 'S.', seq: 0, ack: 1, wnd: 65535, mss: 1460 });
    peer.expect({ flags: 'P.', seq: 1, ack: 1, data: 100 });
  });

  it('with TCP_FASTOPEN_CONNECT waits for the first write, however long, and can be closed before', () => {
    const socketOptions = new SocketOptions();
    socketOptions.fastOpenConnect = true;
    const peer = new Peer({ sysctls: { tcp_fastopen: 5 } });
    peer.open({ socketOptions });
    peer.wait(100_000);
    peer.expectNothing();
    peer.write(10);
    peer.expect({ flags: 'S', seq: 0, data: 10 });
    const other = new Peer({ sysctls: { tcp_fastopen: 5 } });
    other.open({ socketOptions: socketOptions.copy() }).close();
    other.expectNothing();
    expect(other.state).toBe('CLOSED');
  });

  it('is an ordinary one without the bit 1 of tcp_fastopen', () => {
    const peer = new Peer({ sysctls: { tcp_fastopen: 2 } });
    peer.open({ fastOpen: true });
    expect(peer.expect({ flags: 'S', seq: 0 }).fastOpen).toBeUndefined();
  });
});
