import { describe, expect, it } from 'vitest';
import { SocketOptions } from '../../../src/tcp/terms/socket-options.ts';
import { Peer, type PeerOptions } from '../../support/peer.ts';

interface Report {
  at: number;
  retransmissions: number;
}

/** Ten octets are out and the peer is silent. Reports of trouble go to `reports`. */
function silentPeer(options: PeerOptions = {}, reports: Report[] = []): Peer {
  const peer = new Peer(options).connectsToHost();
  Object.assign(peer.user, {
    onRetransmissionThreshold: (retransmissions: number) => reports.push({ at: peer.now, retransmissions }),
  });
  peer.write(10);
  peer.expect({ flags: 'P.', seq: 1, data: 10 });
  return peer;
}

/** Counts bad news for IP. */
function countAdvice(peer: Peer): () => number {
  let count = 0;
  const { network } = peer.host.tcp;
  const original = network.noteTrouble.bind(network);
  network.noteTrouble = (dst) => {
    count++;
    original(dst);
  };
  return () => count;
}

describe('connection failures', () => {
  it('[MUST-20 R1] at R1 IP gets bad news of the path, once (3.8.3, (b))', () => {
    const peer = silentPeer();
    const advice = countAdvice(peer);
    peer.next();
    peer.next();
    expect(advice()).toBe(0);
    peer.next();
    expect(advice()).toBe(1);
    peer.next();
    expect(advice()).toBe(1);
  });

  it('[MUST-20 R2] at R2 the connection is closed and the user told (3.8.3, (c))', () => {
    const peer = silentPeer();
    for (let i = 0; i < 15; i++) expect(peer.next().segment).toMatchObject({ seq: 1, data: 10 });
    expect(peer.state).toBe('ESTABLISHED');
    peer.wait(120_001);
    expect(peer.user.events.at(-1)).toBe('closed ETIMEDOUT');
    expect(peer.state).toBe('CLOSED');
    peer.takeAll();
  });

  it('[MUST-20 R2] an ACK of new octets starts the count again (3.8.3)', () => {
    const peer = silentPeer();
    for (let i = 0; i < 14; i++) peer.next();
    peer.send({ flags: '.', seq: 1, ack: 11 });
    peer.write(10);
    peer.takeAll();
    for (let i = 0; i < 15; i++) peer.next();
    expect(peer.state).toBe('ESTABLISHED');
  });

  it('[MUST-21] R2 can be set by the user, for one connection (RFC 5482, TCP_USER_TIMEOUT), and for all (3.8.3, (d))', () => {
    const peer = silentPeer();
    peer.c.ownOptions().userTimeout = 5000;
    peer.wait(4999);
    expect(peer.state).toBe('ESTABLISHED');
    peer.wait(2);
    expect(peer.user.error?.code).toBe('ETIMEDOUT');
    peer.takeAll();
    const all = silentPeer({ sysctls: { tcp_retries2: 2 } });
    all.next();
    all.next();
    all.wait(1000);
    expect(all.user.error?.code).toBe('ETIMEDOUT');
    all.takeAll();
  });

  it('[MUST-21] a longer one than R2 holds as well (3.8.3, (d))', () => {
    const peer = silentPeer();
    peer.c.ownOptions().userTimeout = 3_600_000;
    peer.wait(3_599_000);
    expect(peer.state).toBe('ESTABLISHED');
    peer.wait(1001);
    expect(peer.user.error?.code).toBe('ETIMEDOUT');
    peer.takeAll();
  });

  it('[SHLD-9] from R1 on the user is told with each retransmission (3.8.3, (e))', () => {
    const reports: Report[] = [];
    const peer = silentPeer({}, reports);
    peer.wait(2_000_000);
    expect(reports.map((report) => report.retransmissions)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    expect(peer.user.error?.code).toBe('ETIMEDOUT');
    peer.takeAll();
  });

  it('[SHLD-10] R1 is 3 retransmissions (3.8.3)', () => {
    const reports: Report[] = [];
    const peer = silentPeer({}, reports);
    peer.next();
    peer.next();
    expect(reports).toEqual([]);
    peer.next();
    expect(reports).toHaveLength(1);
  });

  it('[SHLD-11] R2 is more than 100 s: 924.6 s at the least RTO (3.8.3)', () => {
    const peer = silentPeer();
    peer.wait(924_500);
    expect(peer.state).toBe('ESTABLISHED');
    peer.wait(200);
    expect(peer.state).toBe('CLOSED');
    peer.takeAll();
  });

  it('[MUST-22] a SYN without an answer: sent again, backed off, R1 and R2 told (3.8.3)', () => {
    const reports: Report[] = [];
    // From the first one on, as RFC 6298 has it: Linux waits as long four times more at first.
    const peer = new Peer({ sysctls: { tcp_syn_linear_timeouts: 0 } });
    Object.assign(peer.user, {
      onRetransmissionThreshold: (retransmissions: number) => reports.push({ at: peer.now, retransmissions }),
    });
    const advice = countAdvice(peer);
    peer.open();
    peer.expect({ flags: 'S' });
    const waits = Array.from({ length: 5 }, () => peer.next().after);
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000]);
    expect(reports.map((report) => report.retransmissions)).toEqual([3, 4, 5]);
    expect(advice()).toBe(1);
    peer.wait(300_000);
    expect(peer.user.events.at(-1)).toBe('closed ETIMEDOUT');
    peer.takeAll();
  });

  it('[MUST-22] a SYN-ACK without an answer as well (3.8.3)', () => {
    const peer = new Peer();
    peer.listen();
    peer.send({ flags: 'S', seq: 0 });
    peer.expect({ flags: 'S.' });
    expect([1, 2, 3].map(() => peer.next().after)).toEqual([1000, 2000, 4000]);
    peer.wait(300_000);
    expect(peer.state).toBe('CLOSED');
    peer.takeAll();
  });

  it('[MUST-23] a SYN is tried for more than three minutes (3.8.3)', () => {
    const peer = new Peer({ sysctls: { tcp_syn_linear_timeouts: 0 } });
    peer.open();
    peer.wait(180_000);
    expect(peer.state).toBe('SYN_SENT');
    peer.wait(67_000);
    expect(peer.user.error?.code).toBe('ETIMEDOUT');
    const times = peer.takeAll();
    expect(times).toHaveLength(8);
  });

  it('the user’s limit bounds a closed window too (RFC 5482, section 2; tcp(7))', () => {
    const peer = new Peer();
    peer.listen(undefined, Object.assign(new SocketOptions(), { userTimeout: 10_000 }));
    peer.connectsToHost({ wnd: 1000 });
    peer.send({ flags: '.', seq: 1, ack: 1, wnd: 0 });
    peer.write(100);
    peer.wait(30_000);
    expect(peer.user.error?.code).toBe('ETIMEDOUT');
    expect(peer.now).toBeGreaterThan(10_000);
    peer.takeAll();
  });
});
