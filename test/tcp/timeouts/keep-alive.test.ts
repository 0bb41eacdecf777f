import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

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

  it('asked for when both FINs are exchanged, never begins: the connection is over', () => {
    const peer = new Peer().connectsToHost();
    peer.shutdown();
    peer.expect({ flags: 'F.', seq: 1, ack: 1 });
    peer.send({ flags: 'F.', seq: 1, ack: 2 });
    peer.expect({ flags: '.', seq: 2, ack: 2 });
    peer.c.setKeepAlive(true, 1000);
    peer.c.close();
    peer.wait(HOUR);
    peer.expectNothing();
    const { tcp } = peer.host;
    expect([peer.state, peer.user.error, tcp.orphans, tcp.connections.count]).toEqual(['CLOSED', null, 0, 0]);
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

  it('the peer’s probes are answered whatever else is sent in its name: each kind of answer has a throttle of its own', () => {
    const peer = new Peer().connectsToHost();
    const { counters } = peer.host.tcp;
    const forged = [
      { flags: 'S', seq: 70_000 }, // in the window, and outside
      { flags: 'S', seq: 777_777 },
      { flags: '.', seq: 777_777, ack: 1 },
      { flags: '.', seq: 1, ack: 777_777 },
      { flags: 'R', seq: 500 },
    ];
    for (let i = 0; i < 20; i++) {
      for (const spec of forged) peer.send(spec);
      peer.takeAll();
      peer.send({ flags: '.', seq: 0, ack: 1 });
      peer.expect({ flags: '.', seq: 1, ack: 1 });
      peer.wait(500);
    }
    expect(counters.TCPACKSkippedSeq).toBe(0);
    peer.send({ flags: '.', seq: 0, ack: 1 });
    peer.send({ flags: '.', seq: 0, ack: 1 });
    expect([peer.takeAll().length, counters.TCPACKSkippedSeq]).toEqual([1, 1]);
  });

  it('an ACK that is older than SND.UNA is no sign of life', () => {
    const peer = new Peer().connectsToHost();
    peer.write(100);
    peer.expect({ flags: 'P.', data: 100 });
    peer.send({ flags: '.', seq: 1, ack: 101 });
    peer.c.setKeepAlive(true, 100_000);
    peer.wait(50_000);
    peer.send({ flags: '.', seq: 1, ack: 51 });
    peer.wait(49_999);
    peer.expectNothing();
    peer.wait(1);
    peer.expect({ flags: '.', seq: 100, ack: 1 });
  });
});
