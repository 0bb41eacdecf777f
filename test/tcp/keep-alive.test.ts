import { describe, expect, it } from 'vitest';
import { Peer } from '../support/peer.ts';

const HOUR = 3_600_000;

describe('keep-alive (RFC 9293, 3.8.4)', () => {
  it('is off unless asked for (MUST-25)', () => {
    const peer = new Peer().connectsToHost();
    peer.wait(100 * HOUR);
    expect(peer.state).toBe('ESTABLISHED');
  });

  it('begins after two hours of silence (MUST-27), every 75 s, and gives up after nine unanswered', () => {
    const peer = new Peer().connectsToHost();
    peer.c.setKeepAlive(true);
    peer.wait(2 * HOUR - 1);
    peer.expectNothing();
    peer.wait(1);
    peer.expect({ flags: '.', seq: 0, ack: 1 });
    for (let i = 1; i < 9; i++) {
      const { after, segment } = peer.next();
      expect([after, segment.seq]).toEqual([75_000, 0]);
    }
    peer.wait(74_999);
    expect(peer.state).toBe('ESTABLISHED');
    peer.wait(1);
    expect(peer.user.error?.code).toBe('ETIMEDOUT');
    peer.takeAll();
  });

  it('an answer begins the silence anew', () => {
    const peer = new Peer().connectsToHost();
    peer.c.setKeepAlive(true, 100_000);
    for (let i = 0; i < 20; i++) {
      const { after, segment } = peer.next();
      expect([after, segment.seq]).toEqual([100_000, 0]);
      peer.send({ flags: '.', seq: 1, ack: 1 });
    }
    expect(peer.state).toBe('ESTABLISHED');
  });

  it('data begins the silence anew, and so does an ACK of ours', () => {
    const peer = new Peer().connectsToHost();
    peer.c.setKeepAlive(true, 10_000);
    peer.wait(9000);
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10 });
    peer.expect({ flags: '.', ack: 11 });
    peer.wait(9999);
    peer.expectNothing();
    peer.wait(1);
    peer.expect({ flags: '.', seq: 0, ack: 11 });
  });

  it('is answered when the peer asks, whether with an octet or without (3.8.4, last paragraph)', () => {
    const peer = new Peer().connectsToHost();
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10 });
    peer.expect({ flags: '.', ack: 11 });
    peer.send({ flags: '.', seq: 10, ack: 1 });
    peer.expect({ flags: '.', seq: 1, ack: 11 });
    peer.send({ flags: '.', seq: 10, ack: 1, data: new Uint8Array(1) });
    peer.expect({ flags: '.', seq: 1, ack: 11 });
    expect(peer.user.received).toBe(10);
  });

  it('switched off, is silent', () => {
    const peer = new Peer().connectsToHost();
    peer.c.setKeepAlive(true, 10_000);
    peer.wait(5000);
    peer.c.setKeepAlive(false);
    peer.wait(HOUR);
    peer.expectNothing();
  });
});
