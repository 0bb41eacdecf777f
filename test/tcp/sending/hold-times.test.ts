import { describe, expect, it } from 'vitest';
import { HOLD_REASONS } from '../../../src/tcp/terms/holds.ts';
import { Peer, type PeerOptions } from '../../support/peer.ts';

/**
 * What holds a connection back, to the microsecond. Times are those of tcp_info where Linux has them (tcp_get_info_chrono_stats in
 * net/ipv4/tcp.c): busy is from the first octet, or FIN, that is queued to the ACK of the last.
 */

/** With a host that looks at the clock when it is asked for times. */
function world(options: PeerOptions = {}): Peer {
  const peer = new Peer(options);
  peer.host.tcp.clock = () => peer.machine.now;
  return peer;
}

/** What each thing took, in milliseconds; it all adds up to the connection's age. */
function heldFor(peer: Peer, age: number): Record<string, number> {
  const { times } = peer.c.holds();
  const sum = HOLD_REASONS.reduce((all, reason) => all + (times[reason] ?? 0), 0);
  expect(sum).toBe(age * 1000);
  return Object.fromEntries(Object.entries(times).map(([reason, time]) => [reason, time / 1000]));
}

/** Busy, limited by the peer's window and by the send buffer, as tcp_info has them, in milliseconds. */
function asLinuxCounts(peer: Peer): [busy: number, rwnd: number, sndbuf: number] {
  const { tcpi_busy_time, tcpi_rwnd_limited, tcpi_sndbuf_limited } = peer.c.info();
  return [tcpi_busy_time / 1000, tcpi_rwnd_limited / 1000, tcpi_sndbuf_limited / 1000];
}

describe('what holds a connection back', () => {
  it('is nothing to send, then the application while its octets are on their way', () => {
    const peer = world().connectsToHost();
    peer.wait(5);
    peer.write(1000);
    peer.expect({ flags: 'P.', data: 1000 });
    peer.wait(7);
    expect(peer.c.holds().now).toBe('application');
    peer.send({ flags: '.', seq: 1, ack: 1001 });
    peer.wait(11);
    expect(heldFor(peer, 23)).toEqual({ idle: 16, application: 7 });
    expect(asLinuxCounts(peer)).toEqual([7, 0, 0]);
  });

  it('is the handshake, for octets that wait for it, which Linux does not count as busy', () => {
    const peer = world();
    peer.open();
    peer.expect({ flags: 'S' });
    peer.wait(2);
    peer.write(100);
    peer.wait(30);
    expect(peer.c.holds().now).toBe('handshake');
    peer.send({ flags: 'S.', seq: 0, ack: 1, wnd: 65535, mss: 1460 });
    peer.expect({ flags: 'P.', data: 100 });
    peer.wait(4);
    expect(heldFor(peer, 36)).toEqual({ idle: 2, handshake: 30, application: 4 });
    expect(asLinuxCounts(peer)).toEqual([4, 0, 0]);
  });

  it("is the peer's window: shut, full, or smaller than what is left", () => {
    const peer = world().connectsToHost({ wnd: 3000, mss: 1000 });
    peer.write(5000);
    for (const seq of [1, 1001, 2001]) peer.expect({ flags: '.', seq, data: 1000 });
    peer.wait(10);
    expect(peer.c.holds().now).toBe('rwnd'); // full
    peer.send({ flags: '.', seq: 1, ack: 3001, wnd: 0 });
    peer.wait(20);
    expect(peer.c.holds().now).toBe('rwnd'); // shut
    peer.send({ flags: '.', seq: 1, ack: 3001, wnd: 1800 });
    peer.expect({ flags: '.', seq: 3001, data: 1000 });
    peer.wait(40);
    expect(peer.c.holds().now).toBe('rwnd'); // 800 left, 1000 wait
    peer.send({ flags: '.', seq: 1, ack: 4001, wnd: 5000 });
    peer.expect({ flags: 'P.', seq: 4001, data: 1000 });
    peer.wait(80);
    expect(heldFor(peer, 150)).toEqual({ rwnd: 70, application: 80 });
    expect(asLinuxCounts(peer)).toEqual([150, 70, 0]);
  });

  it("is the peer's window, not Nagle's algorithm, for a short segment that it has no room for", () => {
    const peer = world().connectsToHost({ wnd: 3000, mss: 1000 });
    peer.c.setNoDelay(true);
    peer.write(2900);
    for (const data of [1000, 1000, 900]) peer.expect({ flags: data === 900 ? 'P.' : '.', data });
    peer.write(500); // and 100 octets are left of the window
    peer.wait(10);
    expect(heldFor(peer, 10)).toEqual({ rwnd: 10 });
  });

  it("is Nagle's algorithm for the last, short segment, and the cork, which waits also where nothing is out", () => {
    const peer = world().connectsToHost();
    peer.write(100);
    peer.expect({ flags: 'P.', data: 100 });
    peer.wait(1);
    peer.write(100);
    peer.wait(10);
    expect(peer.c.holds().now).toBe('nagle');
    peer.send({ flags: '.', seq: 1, ack: 101 });
    peer.expect({ flags: 'P.', data: 100 });
    peer.wait(2);
    peer.send({ flags: '.', seq: 1, ack: 201 });
    peer.wait(4);
    peer.c.ownOptions().cork = true;
    peer.write(100);
    peer.wait(20);
    expect(peer.c.holds().now).toBe('cork');
    expect(heldFor(peer, 37)).toEqual({ application: 3, nagle: 10, idle: 4, cork: 20 });
    expect(asLinuxCounts(peer)).toEqual([33, 0, 0]);
  });

  it('is the congestion window, and recovery only once something is lost', () => {
    const sysctls = { tcp_recovery: 0, tcp_early_retrans: 0 }; // neither RACK's timer nor a probe in between
    const peer = world({ sysctls }).connectsToHost({ mss: 1000, sackOk: true });
    peer.write(20_000);
    for (let seq = 1; seq < 10_001; seq += 1000) peer.expect({ flags: '.', seq, data: 1000 });
    peer.wait(10);
    expect(peer.c.holds().now).toBe('cwnd');
    const duplicate = (right: number): void => peer.send({ flags: '.', seq: 1, ack: 1, sack: [[1001, right]] });
    duplicate(2001);
    peer.expect({ flags: '.', seq: 10_001, data: 1000 }); // limited transmit: nothing counts as lost yet
    peer.wait(3);
    expect(peer.c.holds().now).toBe('cwnd');
    duplicate(3001);
    peer.expect({ flags: '.', seq: 11_001, data: 1000 });
    duplicate(4001);
    peer.expect({ flags: '.', seq: 1, data: 1000 });
    peer.wait(20);
    expect(peer.c.holds().now).toBe('recovery');
    expect(heldFor(peer, 33)).toEqual({ cwnd: 13, recovery: 20 });
  });

  it('is the send buffer, once all that fits into it is out, for a user who has asked for more room', () => {
    const peer = world({ sysctls: { tcp_wmem: [4096, 4096, 4096] } }).connectsToHost({ mss: 1000 });
    peer.write(6000);
    for (let seq = 1; seq < 6001; seq += 1000) peer.expect({ flags: seq === 5001 ? 'P.' : '.', seq, data: 1000 });
    peer.wait(10);
    expect(peer.c.holds().now).toBe('application');
    expect(peer.c.sendSpace).toBe(-1904);
    peer.send({ flags: '.', seq: 1, ack: 1001 });
    peer.wait(10);
    expect(peer.c.holds().now).toBe('sndbuf');
    peer.send({ flags: '.', seq: 1, ack: 2001 });
    peer.wait(3);
    expect(heldFor(peer, 23)).toEqual({ sndbuf: 10, application: 13 });
    expect(asLinuxCounts(peer)).toEqual([23, 0, 10]);
  });

  it('is the congestion window where the one of the peer is full, too', () => {
    const peer = world().connectsToHost({ wnd: 10_000, mss: 1000 });
    peer.write(15_000);
    for (let seq = 1; seq < 10_001; seq += 1000) peer.expect({ flags: '.', seq, data: 1000 });
    peer.wait(10);
    expect(heldFor(peer, 10)).toEqual({ cwnd: 10 });
  });

  it('is recovery after a time-out, and the FIN keeps the connection busy until it is acknowledged', () => {
    const peer = world().connectsToHost();
    peer.write(100);
    peer.expect({ flags: 'P.', data: 100 });
    peer.shutdown();
    peer.expect({ flags: 'F.', seq: 101 });
    peer.wait(250);
    peer.expect({ flags: 'P.', seq: 1, data: 100 });
    peer.send({ flags: '.', seq: 1, ack: 102 });
    peer.wait(50);
    expect(asLinuxCounts(peer)).toEqual([250, 0, 0]);
    expect(heldFor(peer, 300)).toMatchObject({ idle: 50 });
  });
});
