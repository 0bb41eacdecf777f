import { describe, expect, it } from 'vitest';
import { SocketOptions } from '../../../src/tcp/terms/socket-options.ts';
import { Peer } from '../../support/peer.ts';

const limit = (userTimeout: number): SocketOptions => Object.assign(new SocketOptions(), { userTimeout });

const listening = (userTimeout: number): Peer => {
  const peer = new Peer();
  peer.listen(undefined, limit(userTimeout));
  return peer;
};

describe('TCP_USER_TIMEOUT (RFC 5482; RFC 9293, 3.10.8)', () => {
  it('ends a connection whose window is shut over what is out, though each retransmission is answered', () => {
    const peer = listening(5000).connectsToHost();
    peer.write(100);
    peer.expect({ flags: 'P.', data: 100 });
    let sent = 0;
    for (let quarters = 0; peer.state === 'ESTABLISHED' && quarters < 100; quarters++) {
      peer.wait(250);
      for (const { data } of peer.takeAll()) {
        expect(data).toBe(100);
        peer.send({ flags: '.', seq: 1, ack: 1, wnd: 0 });
        sent++;
      }
    }
    expect(peer.user.error?.code).toBe('ETIMEDOUT');
    expect(peer.now).toBeGreaterThanOrEqual(5000);
    expect(peer.now).toBeLessThan(5500);
    expect(sent).toBeLessThan(10);
  });

  it('counts from the first copy of what is unacknowledged, not from the last', () => {
    const peer = listening(5000).connectsToHost();
    peer.write(100);
    peer.wait(2000);
    peer.takeAll();
    peer.send({ flags: '.', seq: 1, ack: 101 });
    peer.write(100);
    peer.wait(4990);
    expect(peer.state).toBe('ESTABLISHED');
    peer.wait(20);
    expect(peer.user.error?.code).toBe('ETIMEDOUT');
    peer.takeAll();
  });

  it('a window that opened meanwhile starts it afresh', () => {
    const peer = listening(5000).connectsToHost({ wnd: 1000 });
    peer.send({ flags: '.', seq: 1, ack: 1, wnd: 0 });
    peer.write(100);
    peer.wait(4000);
    expect(peer.takeAll().length).toBeGreaterThan(2);
    peer.send({ flags: '.', seq: 1, ack: 1, wnd: 1000 });
    peer.expect({ flags: 'P.', data: 100 });
    peer.send({ flags: '.', seq: 1, ack: 101, wnd: 0 });
    peer.write(100);
    peer.wait(4000);
    expect(peer.state).toBe('ESTABLISHED');
    peer.wait(2000);
    expect(peer.user.error?.code).toBe('ETIMEDOUT');
    peer.takeAll();
  });

  it('of a listener is for its connections: a handshake keeps to tcp_synack_retries', () => {
    const peer = listening(30_000);
    peer.wait(100_000);
    peer.send({ flags: 'S', seq: 0, mss: 1460 });
    peer.expect({ flags: 'S.' });
    expect([1, 2, 3, 4, 5].map(() => Math.round(peer.next().after / 1000))).toEqual([1, 2, 4, 8, 16]);
    peer.send({ flags: '.', seq: 1, ack: 1 });
    peer.accept();
    expect(peer.state).toBe('ESTABLISHED');
  });

  it('does not lengthen an active OPEN beyond tcp_syn_retries', () => {
    const peer = new Peer({ sysctls: { tcp_syn_retries: 1, tcp_syn_linear_timeouts: 0 } });
    peer.open({ socketOptions: limit(60_000) });
    peer.wait(3001);
    expect(peer.user.error?.code).toBe('ETIMEDOUT');
    expect(peer.takeAll()).toHaveLength(2);
  });
});
