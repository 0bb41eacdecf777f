import { describe, expect, it } from 'vitest';
import { Peer, type PeerOptions } from '../../support/peer.ts';

const HOUR = 3_600_000;

function idle(options: PeerOptions = {}): Peer {
  const peer = new Peer(options).connectsToHost();
  peer.host.tcp.clock = () => peer.machine.now;
  return peer;
}

describe('keep-alives', () => {
  it('[MAY-5] [MUST-24] the user turns them on and off, connection by connection (3.8.4)', () => {
    const peer = idle();
    const other = new Peer({ machine: peer.machine, port: 41_000 });
    other.listener = peer.listener;
    other.connectsToHost();
    peer.c.setKeepAlive(true, 10_000);
    peer.wait(10_001);
    peer.expect({ flags: '.', seq: 0, ack: 1 });
    other.expectNothing();
    peer.send({ flags: '.', seq: 1, ack: 1 });
    peer.c.setKeepAlive(false);
    peer.wait(10 * HOUR);
    peer.expectNothing();
  });

  it('[MUST-25] they are off by default: an idle connection is silent for a week (3.8.4)', () => {
    const peer = idle();
    peer.wait(7 * 24 * HOUR);
    peer.expectNothing();
    expect(peer.state).toBe('ESTABLISHED');
  });

  it('[MUST-28] by default the first comes after two hours (3.8.4)', () => {
    const peer = idle();
    peer.c.setKeepAlive(true);
    peer.wait(2 * HOUR - 1);
    peer.expectNothing();
    peer.wait(1);
    peer.expect({ flags: '.', seq: 0, ack: 1 });
  });

  it('[MUST-27] the interval can be set, for a connection and for the host (3.8.4)', () => {
    const peer = idle();
    peer.c.setKeepAlive(true, 30_000);
    expect(peer.next().after).toBe(30_000);
    const host = idle({ sysctls: { tcp_keepalive_time: 60 } });
    host.c.setKeepAlive(true);
    expect(host.next().after).toBe(60_000);
  });

  it('[MUST-26] whatever the peer sends puts them off: data, an ACK (3.8.4)', () => {
    const peer = idle();
    peer.c.setKeepAlive(true, 10_000);
    peer.wait(9000);
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10 });
    peer.wait(1);
    peer.takeAll();
    peer.wait(9000);
    peer.expectNothing();
    peer.send({ flags: '.', seq: 11, ack: 1 });
    peer.wait(9000);
    peer.expectNothing();
    expect(peer.next().after).toBe(1000);
  });

  it('[MUST-26] none is sent while octets are out: then retransmission judges (3.8.4)', () => {
    const peer = idle();
    peer.c.setKeepAlive(true, 1000);
    peer.write(10);
    peer.expect({ flags: 'P.', seq: 1, data: 10 });
    peer.wait(60_000);
    expect(peer.takeAll().every((s) => s.seq === 1 && s.data === 10)).toBe(true);
  });

  it('[SHLD-12] a probe has no octets, and stands before the window (3.8.4)', () => {
    const peer = idle();
    peer.c.setKeepAlive(true, 1000);
    expect(peer.next().segment).toMatchObject({ flags: '.', seq: 0, ack: 1, data: 0 });
  });

  it('[MAY-6] no option makes it carry an octet of garbage (3.8.4)', () => {
    const peer = idle();
    peer.c.setKeepAlive(true, 1000);
    for (let i = 0; i < 9; i++) expect(peer.next().segment.data).toBe(0);
  });

  it('[MUST-29] eight probes without an answer prove nothing: the ninth one’s answer will do (3.8.4)', () => {
    const peer = idle();
    peer.c.setKeepAlive(true, 100_000);
    peer.next();
    for (let i = 1; i < 9; i++) expect(peer.next().after).toBe(75_000);
    expect(peer.state).toBe('ESTABLISHED');
    peer.send({ flags: '.', seq: 1, ack: 1 });
    expect(peer.next().after).toBe(100_000);
    expect(peer.state).toBe('ESTABLISHED');
  });

  it('nine probes without an answer end the connection: RST, ETIMEDOUT (3.8.4)', () => {
    const peer = idle();
    peer.c.setKeepAlive(true, 1000);
    for (let i = 0; i < 9; i++) peer.next();
    const { after, segment } = peer.next();
    expect([after, segment.flags]).toEqual([75_000, 'R.']);
    expect(peer.user.error?.code).toBe('ETIMEDOUT');
  });

  it('the peer’s keep-alives are answered, with an octet of garbage and without (3.8.4)', () => {
    const peer = idle();
    peer.send({ flags: '.', seq: 0, ack: 1 });
    peer.expect({ flags: '.', seq: 1, ack: 1 });
    peer.wait(600);
    peer.send({ flags: '.', seq: 0, ack: 1, data: new Uint8Array(1) });
    peer.expect({ flags: '.', seq: 1, ack: 1 });
    expect(peer.user.received).toBe(0);
  });
});
