import { describe, expect, it } from 'vitest';
import type { Sysctls } from '../../../src/host/host.ts';
import { SocketOptions } from '../../../src/tcp/terms/socket-options.ts';
import { Machine } from '../../support/machine.ts';
import { Peer } from '../../support/peer.ts';

/** Peers towards one listener. */
function crowd(count: number, backlog: number, sysctls: Partial<Sysctls> = {}): Peer[] {
  const machine = new Machine({ sysctls });
  const peers = Array.from({ length: count }, (_, i) => new Peer({ machine, port: 5000 + i }));
  peers[0]!.listen(backlog);
  for (const peer of peers) peer.listener = peers[0]!.listener;
  return peers;
}

const syn = (peer: Peer): void => peer.send({ flags: 'S', seq: 0, mss: 1460 });
const handshake = (peer: Peer): void => {
  syn(peer);
  peer.expect({ flags: 'S.', ack: 1 });
  peer.send({ flags: '.', seq: 1, ack: 1 });
};

describe('the accept queue overflows', () => {
  it('tcp_abort_on_overflow 0: the last ACK is ignored, and data or the next SYN-ACK try again', () => {
    const [a, b, late] = crowd(3, 1) as [Peer, Peer, Peer];
    syn(late);
    late.expect({ flags: 'S.', ack: 1 });
    handshake(a);
    handshake(b);
    late.send({ flags: '.', seq: 1, ack: 1 });
    late.expectNothing();
    a.accept();
    late.send({ flags: 'P.', seq: 1, ack: 1, data: 10 });
    late.expect({ flags: '.', seq: 1, ack: 11 });
    expect(late.state).toBe('ESTABLISHED');
    const { counters } = late.host.tcp;
    expect([counters.ListenOverflows, counters.ListenDrops, counters.EmbryonicRsts]).toEqual([1, 1, 0]);
  });

  it('tcp_abort_on_overflow 1: the last ACK is answered with a RST', () => {
    const [a, b, late] = crowd(3, 1, { tcp_abort_on_overflow: 1 }) as [Peer, Peer, Peer];
    syn(late);
    late.expect({ flags: 'S.', ack: 1 });
    handshake(a);
    handshake(b);
    late.send({ flags: '.', seq: 1, ack: 1 });
    late.expect({ flags: 'R', seq: 1 });
    expect(late.state).toBe('CLOSED');
    const { counters } = late.host.tcp;
    expect([counters.ListenOverflows, counters.ListenDrops, counters.EmbryonicRsts]).toEqual([1, 1, 1]);
  });

  it('somaxconn bounds what a listener asks for', () => {
    const peers = crowd(4, 1000, { somaxconn: 1 });
    for (const peer of peers.slice(0, 2)) handshake(peer);
    syn(peers[2]!);
    peers[2]!.expectNothing();
    expect(peers[0]!.listener!.backlog).toBe(1);
    // And below zero that is what it is.
    expect(new Peer({ sysctls: { somaxconn: 7 } }).listen(-1).backlog).toBe(7);
  });
});

describe('the SYN queue', () => {
  it('without cookies keeps the last quarter of tcp_max_syn_backlog free', () => {
    const peers = crowd(10, 100, { tcp_syncookies: 0, tcp_max_syn_backlog: 8 });
    for (const peer of peers) syn(peer);
    const answered = peers.filter((peer) => peer.takeAll().length > 0);
    expect(answered.length).toBe(7); // with 7 in it, 1 place is left: less than 2
    expect(peers[0]!.host.tcp.drops.get('SynBacklogLow')).toBe(3);
    const cookies = crowd(10, 100, { tcp_syncookies: 1, tcp_max_syn_backlog: 8 });
    for (const peer of cookies) syn(peer);
    expect(cookies.filter((peer) => peer.takeAll().length > 0).length).toBe(10);
  });

  it('lets the old have fewer SYN-ACKs while they fill more than half of it', () => {
    const counts = (queued: number, backlog: number): number[] => {
      const peers = crowd(queued, backlog);
      for (const peer of peers) syn(peer);
      peers[0]!.wait(300_000);
      return peers.map((peer) => peer.takeAll().length).sort();
    };
    expect(counts(4, 100)).toEqual([6, 6, 6, 6]); // SYN-ACK and tcp_synack_retries 5
    // None of 20 is young any more: 2 again and no more, until the queue is only half full.
    expect(counts(20, 30)).toEqual([...Array(5).fill(3), ...Array(15).fill(6)]);
  });

  it('lets the old have one SYN-ACK less each time that the young would have to double to outnumber them', () => {
    const retries = (young: number): number => {
      const peers = crowd(24, 30);
      for (const peer of peers.slice(young)) syn(peer);
      peers[0]!.wait(1000);
      for (const peer of peers.slice(0, young)) syn(peer);
      for (const peer of peers) peer.takeAll();
      return peers[0]!.listener!.synAckRetries;
    };
    expect([13, 12, 7, 6, 4, 3, 2].map(retries)).toEqual([5, 4, 4, 3, 3, 2, 2]);
  });

  it('takes a SYN for a connection in TIME_WAIT even when it is full', () => {
    const [peer, filler] = crowd(2, 0, { tcp_syncookies: 0 }) as [Peer, Peer];
    handshake(peer);
    peer.accept();
    peer.close();
    peer.expect({ flags: 'F.', seq: 1 });
    peer.send({ flags: 'F.', seq: 1, ack: 2 });
    peer.expect({ flags: '.', ack: 2 });
    syn(filler);
    filler.expect({ flags: 'S.' });
    peer.send({ flags: 'S', seq: 5000, mss: 1460 });
    peer.expect({ flags: 'S.', ack: 5001 });
  });

  it('TCP_SYNCNT of the listener overrides tcp_synack_retries', () => {
    const options = new SocketOptions();
    options.synCount = 1;
    const peer = new Peer();
    peer.listen(10, options);
    syn(peer);
    peer.wait(300_000);
    expect(peer.takeAll().length).toBe(2);
    expect(peer.state).toBe('CLOSED');
  });
});

describe('TCP_DEFER_ACCEPT', () => {
  function deferring(seconds: number, sysctls = {}): Peer {
    const options = new SocketOptions();
    options.deferAccept = seconds;
    const peer = new Peer({ sysctls });
    peer.listen(10, options);
    syn(peer);
    peer.expect({ flags: 'S.', ack: 1 });
    return peer;
  }

  it('drops the bare ACK, and accepts with the first data', () => {
    const peer = deferring(5);
    peer.send({ flags: '.', seq: 1, ack: 1 });
    peer.expectNothing();
    expect([peer.state, peer.listener!.accept()]).toEqual(['SYN_RECEIVED', null]);
    expect(peer.host.tcp.counters.TCPDeferAcceptDrop).toBe(1);
    peer.wait(900);
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10 });
    peer.expect({ flags: '.', seq: 1, ack: 11 });
    peer.accept();
    expect(peer.user.received).toBe(10);
  });

  it.each([
    [5, {}, 1 + 2 + 4],
    [10, {}, 1 + 2 + 4 + 8],
    [10, { tcp_rto_max_ms: 2000 }, 1 + 2 + 2 + 2 + 2 + 2],
  ])(
    'sends no SYN-ACK while it waits, one when the time is over, and then a bare ACK will do (%#)',
    (least, sysctls, most) => {
      const peer = deferring(least, sysctls);
      peer.send({ flags: '.', seq: 1, ack: 1 });
      const { after, segment } = peer.next();
      expect([after, segment.flags]).toEqual([most * 1000, 'S.']);
      peer.send({ flags: '.', seq: 1, ack: 1 });
      expect(peer.state).toBe('ESTABLISHED');
    },
  );

  it('a SYN-ACK that was never acknowledged goes out again as ever', () => {
    const peer = deferring(5);
    expect(peer.next().after).toBe(1000);
    expect(peer.next().after).toBe(2000);
  });
});

describe('half-open connections (RFC 9293, 3.5.1)', () => {
  it('a SYN from a peer that forgot us: challenge, its RST, and its next SYN is welcome', () => {
    const peer = new Peer().connectsToHost();
    peer.send({ flags: 'S', seq: 70_000, mss: 1460 });
    peer.expect({ flags: '.', seq: 1, ack: 1 });
    peer.send({ flags: 'R', seq: 1 });
    expect(peer.user.events.at(-1)).toBe('closed ECONNRESET');
    peer.send({ flags: 'S', seq: 70_000, mss: 1460 });
    peer.expect({ flags: 'S.', ack: 70_001 });
  });

  it('data for a connection that we forgot: RST', () => {
    const peer = new Peer().connectsToHost();
    peer.abort();
    peer.expect({ flags: 'R.' });
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10 });
    peer.expect({ flags: 'R', seq: 1 });
  });
});
