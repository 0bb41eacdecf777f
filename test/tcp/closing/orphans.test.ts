import { describe, expect, it } from 'vitest';
import type { Sysctls } from '../../../src/host/host.ts';
import { Machine } from '../../support/machine.ts';
import { Peer } from '../../support/peer.ts';

function crowd(count: number, sysctls: Partial<Sysctls>): Peer[] {
  const machine = new Machine({ sysctls });
  const peers = Array.from({ length: count }, (_, i) => new Peer({ machine, port: 5000 + i }));
  const listener = peers[0]!.listen();
  for (const peer of peers) {
    peer.listener = listener;
    peer.connectsToHost();
  }
  return peers;
}

describe('tcp_max_orphans', () => {
  it('beyond it a closed connection is reset at once: TCPAbortOnMemory', () => {
    const [a, b, c] = crowd(3, { tcp_max_orphans: 2 }) as [Peer, Peer, Peer];
    const { tcp } = a.host;
    for (const peer of [a, b]) {
      peer.close();
      peer.expect({ flags: 'F.' });
    }
    expect([tcp.orphans, tcp.counters.TCPAbortOnMemory]).toEqual([2, 0]);
    c.close();
    c.expect({ flags: 'R.' });
    expect([c.state, tcp.orphans, tcp.counters.TCPAbortOnMemory]).toEqual(['CLOSED', 2, 1]);
  });

  it('counts neither TIME_WAIT nor what waits in its table for a FIN, and forgets those that end', () => {
    const [a, b, c, d] = crowd(4, { tcp_max_orphans: 1 }) as [Peer, Peer, Peer, Peer];
    const { tcp } = a.host;
    a.close();
    a.expect({ flags: 'F.' });
    a.send({ flags: '.', seq: 1, ack: 2 });
    expect([a.state, tcp.orphans]).toEqual(['FIN_WAIT_2', 0]);
    b.close();
    b.expect({ flags: 'F.' });
    b.send({ flags: 'F.', seq: 1, ack: 2 });
    b.expect({ flags: '.' });
    expect([b.state, tcp.orphans]).toEqual(['TIME_WAIT', 0]);
    c.close();
    c.expect({ flags: 'F.' });
    expect(tcp.orphans).toBe(1);
    c.send({ flags: 'R', seq: 1 });
    expect(tcp.orphans).toBe(0);
    d.abort();
    d.expect({ flags: 'R.' });
    d.c.abort();
    d.c.close();
    expect([tcp.orphans, tcp.counters.TCPAbortOnMemory]).toEqual([0, 0]);
  });

  it('an orphan that the network speaks ill of counts double when its timer fires', () => {
    const [a, b] = crowd(2, { tcp_max_orphans: 2 }) as [Peer, Peer];
    for (const peer of [a, b]) {
      peer.close();
      peer.expect({ flags: 'F.' });
    }
    // As an ICMP error leaves it (src/tcp/arriving/icmp-error.ts).
    a.c.softError = Object.assign(new Error('x'), { code: 'EHOSTUNREACH' }) as never;
    a.wait(1000);
    expect(a.takeAll().at(-1)!.flags).toBe('R.');
    expect([a.state, b.state]).toEqual(['CLOSED', 'FIN_WAIT_1']);
    expect(a.host.tcp.counters.TCPAbortOnMemory).toBe(1);
    b.takeAll();
  });
});

describe('tcp_orphan_retries', () => {
  /** Closed by its user, and no FIN of it is ever answered. @returns how many FINs were sent */
  function finsOf(sysctls: Partial<Sysctls>, prepare: (peer: Peer) => void = () => {}): number {
    const peer = new Peer({ sysctls }).connectsToHost();
    prepare(peer);
    peer.close();
    peer.wait(2_000_000);
    expect([peer.state, peer.host.tcp.orphans]).toEqual(['CLOSED', 0]);
    expect(peer.host.tcp.counters.TCPAbortOnTimeout).toBe(1);
    return peer.takeAll().filter((segment) => segment.flags.includes('F')).length;
  }

  it('is how often a FIN is sent again in FIN_WAIT_1; 0 means 8', () => {
    expect(finsOf({ tcp_orphan_retries: 3 })).toBe(4);
    expect(finsOf({})).toBe(9);
  });

  it('in LAST_ACK and in CLOSING as well', () => {
    const theyClose = (peer: Peer): void => {
      peer.send({ flags: 'F.', seq: 1, ack: 1 });
      peer.expect({ flags: '.', ack: 2 });
    };
    expect(finsOf({ tcp_orphan_retries: 2 }, theyClose)).toBe(3);
    const closing = new Peer({ sysctls: { tcp_orphan_retries: 2 } }).connectsToHost();
    closing.close();
    closing.expect({ flags: 'F.', seq: 1 });
    closing.send({ flags: 'F.', seq: 1, ack: 1 });
    expect(closing.state).toBe('CLOSING');
    closing.wait(2_000_000);
    expect(closing.state).toBe('CLOSED');
    expect(closing.takeAll().filter((s) => s.flags === 'F.').length).toBe(2);
  });

  it('0 means none once the time-out has grown to tcp_rto_max_ms', () => {
    // 200 ms, doubled: 0.2, 0.4, 0.8, 1 s, and there it ends.
    expect(finsOf({ tcp_rto_max_ms: 1000 })).toBeLessThanOrEqual(4);
  });

  it('an orphan does not wait for ever for a peer that keeps its window shut, though it answers', () => {
    const peer = new Peer({ sysctls: { tcp_rto_max_ms: 2000 } }).connectsToHost();
    peer.write(10);
    peer.expect({ flags: 'P.', data: 10 });
    peer.send({ flags: '.', seq: 1, ack: 11, wnd: 0 });
    peer.write(10);
    peer.close();
    for (let second = 0; second < 100 && peer.state !== 'CLOSED'; second++) {
      peer.wait(1000);
      if (peer.takeAll().length > 0) peer.send({ flags: '.', seq: 1, ack: 11, wnd: 0 });
    }
    expect(peer.state).toBe('CLOSED');
    peer.takeAll();
  });

  it('nor for one that shut its window over what is on its way', () => {
    const peer = new Peer().connectsToHost();
    peer.write(100);
    peer.expect({ flags: 'P.', data: 100 });
    peer.close();
    for (let second = 0; second < 600 && peer.state !== 'CLOSED'; second++) {
      peer.wait(1000);
      if (peer.takeAll().length > 0) peer.send({ flags: '.', seq: 1, ack: 1, wnd: 0 });
    }
    expect(peer.state).toBe('CLOSED');
    peer.takeAll();
  });
});

describe('SO_LINGER and TCP_LINGER2', () => {
  it('linger 0: a RST, no TIME_WAIT, and what was not sent is gone: TCPAbortOnData', () => {
    const peer = new Peer().connectsToHost();
    peer.c.ownOptions().linger = 0;
    peer.write(10);
    peer.expect({ flags: 'P.', data: 10 });
    peer.write(10);
    peer.close();
    peer.expect({ flags: 'R.', seq: 11 });
    const { counters, timeWait } = peer.host.tcp;
    expect([peer.state, timeWait.count, counters.TCPAbortOnData, counters.TCPAbortOnClose]).toEqual([
      'CLOSED',
      0,
      1,
      0,
    ]);
  });

  it('with data unread as well, that is the reason: TCPAbortOnClose', () => {
    const peer = new Peer().connectsToHost();
    peer.user.autoRead = false;
    peer.c.ownOptions().linger = 0;
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10 });
    peer.expect({ flags: '.', ack: 11 });
    peer.close();
    peer.expect({ flags: 'R.' });
    const { counters } = peer.host.tcp;
    expect([counters.TCPAbortOnData, counters.TCPAbortOnClose]).toEqual([0, 1]);
  });

  it('linger 0 where both FINs are out: silence', () => {
    const peer = new Peer().connectsToHost();
    peer.c.ownOptions().linger = 0;
    peer.send({ flags: 'F.', seq: 1, ack: 1 });
    peer.expect({ flags: '.', ack: 2 });
    peer.shutdown();
    peer.expect({ flags: 'F.' });
    peer.close();
    peer.expectNothing();
    expect(peer.state).toBe('CLOSED');
  });

  it('TCP_LINGER2 below zero: no FIN_WAIT_2 after close: TCPAbortOnLinger', () => {
    const peer = new Peer().connectsToHost();
    peer.c.ownOptions().linger2 = -1;
    peer.shutdown();
    peer.expect({ flags: 'F.' });
    peer.send({ flags: '.', seq: 1, ack: 2 });
    expect(peer.state).toBe('FIN_WAIT_2');
    peer.close();
    peer.expect({ flags: 'R.' });
    expect([peer.state, peer.host.tcp.counters.TCPAbortOnLinger]).toEqual(['CLOSED', 1]);
  });

  it('TCP_LINGER2 above zero: so many seconds of it', () => {
    const peer = new Peer().connectsToHost();
    peer.c.ownOptions().linger2 = 5;
    peer.close();
    peer.expect({ flags: 'F.' });
    peer.send({ flags: '.', seq: 1, ack: 2 });
    peer.wait(4999);
    expect(peer.state).toBe('FIN_WAIT_2');
    peer.wait(1);
    expect([peer.state, peer.host.tcp.orphans]).toEqual(['CLOSED', 0]);
  });
});

describe('tcp_max_tw_buckets', () => {
  it('bounds what waits for a FIN after close, too', () => {
    const [a, b] = crowd(2, { tcp_max_tw_buckets: 1 }) as [Peer, Peer];
    for (const peer of [a, b]) {
      peer.close();
      peer.expect({ flags: 'F.' });
      peer.send({ flags: '.', seq: 1, ack: 2 });
    }
    const { tcp } = a.host;
    expect([a.state, b.state, tcp.timeWait.count]).toEqual(['FIN_WAIT_2', 'CLOSED', 1]);
    expect([tcp.counters.TCPTimeWaitOverflow, tcp.orphans]).toEqual([1, 0]);
  });
});
