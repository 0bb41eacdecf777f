import { describe, expect, it } from 'vitest';
import { SocketOptions } from '../../../src/tcp/terms/socket-options.ts';
import { Peer } from '../../support/peer.ts';
import { takeRaw } from '../../support/raw-packets.ts';

describe('sending', () => {
  it('[SHLD-7] Nagle’s algorithm: one short segment may be out, the next waits for its ACK (3.7.4)', () => {
    const peer = new Peer().connectsToHost();
    peer.write(1);
    peer.expect({ flags: 'P.', seq: 1, data: 1 });
    for (let i = 0; i < 50; i++) peer.write(1);
    peer.expectNothing();
    peer.send({ flags: '.', seq: 1, ack: 2 });
    peer.expect({ flags: 'P.', seq: 2, data: 50 });
  });

  it('[SHLD-7] full segments don’t wait, nor a short one behind them alone (3.7.4; Minshall’s variant, as Linux)', () => {
    const peer = new Peer().connectsToHost();
    peer.write(1500);
    expect(peer.takeAll().map((s) => s.data)).toEqual([1460, 40]);
    peer.write(1460);
    peer.expect({ flags: 'P.', seq: 1501, data: 1460 });
    peer.write(30);
    peer.expectNothing();
    peer.send({ flags: '.', seq: 1, ack: 1501 });
    peer.expect({ flags: 'P.', seq: 2961, data: 30 });
  });

  it('[MUST-17] without it each write leaves at once, switched during the connection or before it (3.7.4)', () => {
    const peer = new Peer().connectsToHost();
    peer.write(1);
    peer.write(2);
    peer.expect({ flags: 'P.', data: 1 });
    peer.expectNothing();
    peer.c.setNoDelay(true);
    peer.expect({ flags: 'P.', seq: 2, data: 2 });
    peer.write(3);
    peer.expect({ flags: 'P.', seq: 4, data: 3 });
    const other = new Peer();
    other.open({ socketOptions: Object.assign(new SocketOptions(), { noDelay: true }) });
    other.expect({ flags: 'S' });
    other.send({ flags: 'S.', seq: 0, ack: 1 });
    other.expect({ flags: '.' });
    for (let i = 0; i < 3; i++) other.write(1);
    expect(other.takeAll().map((s) => s.data)).toEqual([1, 1, 1]);
  });

  it('[MUST-17] one connection’s choice is not another’s (3.7.4)', () => {
    const peer = new Peer().connectsToHost();
    peer.c.setNoDelay(true);
    const other = new Peer({ machine: peer.machine, port: 41_000 });
    other.listener = peer.listener;
    other.connectsToHost();
    for (const one of [peer, other]) {
      one.write(1);
      one.write(1);
    }
    expect([peer.takeAll().length, other.takeAll().length]).toEqual([2, 1]);
  });

  it('[MUST-38] no segment for a window that opens a little (3.8.6.2.1)', () => {
    const peer = new Peer().connectsToHost({ wnd: 4000, mss: 1000 });
    peer.write(4000);
    expect(peer.takeAll()).toHaveLength(4);
    peer.write(4000);
    for (const wnd of [1, 100, 999]) {
      peer.send({ flags: '.', seq: 1, ack: 4001, wnd });
      peer.expectNothing();
    }
    peer.send({ flags: '.', seq: 1, ack: 4001, wnd: 1000 });
    peer.expect({ flags: '.', seq: 4001, data: 1000 });
    peer.expectNothing();
  });

  it('[MUST-38] half of the largest window is worth a short segment (3.8.6.2.1, (3))', () => {
    const peer = new Peer().connectsToHost({ wnd: 800, mss: 1000 });
    peer.write(4000);
    peer.expect({ flags: '.', seq: 1, data: 800 });
    peer.send({ flags: '.', seq: 1, ack: 801, wnd: 399 });
    peer.expectNothing();
    peer.send({ flags: '.', seq: 1, ack: 801, wnd: 400 });
    peer.expect({ flags: '.', seq: 801, data: 400 });
  });

  it('[MUST-38] after a time-out what fits is sent, or both sides could wait for ever (3.8.6.2.1, (4))', () => {
    const peer = new Peer().connectsToHost({ wnd: 4000, mss: 1000 });
    peer.send({ flags: '.', seq: 1, ack: 1, wnd: 100 });
    peer.write(4000);
    peer.expectNothing();
    const { after, segment } = peer.next();
    expect(segment).toMatchObject({ seq: 1, data: 100 });
    expect(after).toBeLessThanOrEqual(1000);
  });

  it('[MUST-49] TTL is 64, by sysctl or connection another (3.9.2)', () => {
    const ttl = (sysctls = {}, socketOptions = new SocketOptions()): number => {
      const peer = new Peer({ sysctls });
      peer.open({ socketOptions });
      return takeRaw(peer).ttl;
    };
    expect(ttl()).toBe(64);
    expect(ttl({ ip_default_ttl: 33 })).toBe(33);
    expect(ttl({ ip_default_ttl: 33 }, Object.assign(new SocketOptions(), { ttl: 5 }))).toBe(5);
  });

  it('[MUST-49] data, ACKs and RSTs bear the TTL of their connection (3.9.2)', () => {
    const peer = new Peer();
    peer.listen(undefined, Object.assign(new SocketOptions(), { ttl: 7 }));
    peer.connectsToHost();
    peer.write(10);
    expect(takeRaw(peer).ttl).toBe(7);
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 1 });
    expect(takeRaw(peer).ttl).toBe(7);
    peer.c.ownOptions().ttl = 9;
    peer.abort();
    expect(takeRaw(peer).ttl).toBe(9);
  });
});
