import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sysctls } from '../../../src/host/host.ts';
import { optionsOf, timestampOf } from '../../../src/tcp/opening/syn-cookies.ts';
import { Machine } from '../../support/machine.ts';
import { Peer, type SegmentSpec } from '../../support/peer.ts';

const LINUX_SYN = { mss: 1460, wscale: 7, sackOk: true, ts: [1000, 0] as [number, number] };

/** A listener with a backlog of 0 (which holds one) whose SYN queue another peer has filled, and a peer that gets cookies. */
function flooded(sysctls: Partial<Sysctls> = {}): {
  filler: Peer;
  peer: Peer;
  counters: Peer['host']['tcp']['counters'];
} {
  const machine = new Machine({ sysctls });
  const filler = new Peer({ machine, port: 1 });
  filler.listen(0);
  filler.send({ flags: 'S', seq: 0, mss: 1460 });
  filler.expect({ flags: 'S.' });
  const peer = new Peer({ machine, port: 2 });
  peer.listener = filler.listener;
  return { filler, peer, counters: machine.host.tcp.counters };
}

describe('SYN cookies (RFC 4987, 3.6; tcp_syncookies)', () => {
  it('1: when the SYN queue is full, a SYN-ACK that leaves no trace, and an ACK that makes the connection', () => {
    const { peer, counters } = flooded();
    peer.send({ flags: 'S', seq: 0, ...LINUX_SYN });
    peer.expect({ flags: 'S.', seq: 0, ack: 1, mss: 1460, wnd: 64240, wscale: 10, sackOk: true, ts: [0, 1000] });
    expect([peer.state, peer.host.tcp.connections.count, peer.listener!.synQueueLength]).toEqual(['CLOSED', 1, 1]);
    peer.wait(100);
    peer.send({ flags: '.', seq: 1, ack: 1, wnd: 500, ts: [1100, 0] });
    const c = peer.accept();
    expect(peer.state).toBe('ESTABLISHED');
    expect(c).toMatchObject({ timestamps: true, sackPermitted: true, windowScaling: true, peerMss: 1460 });
    expect(c.snd).toMatchObject({ wscale: 7, wnd: 500 << 7 });
    expect([counters.TCPReqQFullDoCookies, counters.SyncookiesSent, counters.SyncookiesRecv]).toEqual([1, 1, 1]);
    expect(counters.PassiveOpens).toBe(1);
    peer.write(5000);
    peer.expect({ flags: '.', seq: 1, data: 1448 });
    peer.takeAll();
    peer.abort();
    peer.takeAll();
  });

  it('begin with the time-out of a connection that was never measured, one second: nothing was lost (RFC 6298, 2.1)', () => {
    const peer = new Peer({ sysctls: { tcp_syncookies: 2 } });
    peer.listen();
    peer.send({ flags: 'S', seq: 0, ...LINUX_SYN });
    peer.expect({ flags: 'S.' });
    peer.send({ flags: '.', seq: 1, ack: 1, wnd: 500, ts: [1100, 0] });
    peer.accept();
    peer.write(100);
    peer.expect({ flags: 'P.', data: 100 });
    expect(peer.next()).toMatchObject({ segment: { flags: 'P.', data: 100 }, after: 1000 });
    peer.abort();
    peer.takeAll();
  });

  it('keep no more than the MSS, rounded down, where the peer has no timestamps', () => {
    const { peer } = flooded();
    peer.send({ flags: 'S', seq: 0, mss: 1400, wscale: 7, sackOk: true });
    const synAck = peer.expect({ flags: 'S.', seq: 0, ack: 1, sackOk: false });
    expect(synAck.wscale).toBeUndefined();
    peer.send({ flags: 'P.', seq: 1, ack: 1, wnd: 1000, data: 10 });
    peer.expect({ flags: '.', seq: 1, ack: 11 });
    const c = peer.accept();
    expect(c).toMatchObject({ timestamps: false, sackPermitted: false, windowScaling: false, peerMss: 1380 });
    expect([c.snd.wnd, peer.user.received]).toEqual([1000, 10]);
  });

  it.each([
    [undefined, 536],
    [100, 88],
    [536, 536],
    [1299, 1220],
    [1459, 1440],
    [8940, 8940],
    [8959, 8940],
    [65_000, 8960],
  ])('an MSS of %s is kept as %i', (mss, kept) => {
    const { peer } = flooded();
    peer.send({ flags: 'S', seq: 0, ...(mss === undefined ? {} : { mss }) });
    peer.expect({ flags: 'S.', ack: 1 });
    peer.send({ flags: '.', seq: 1, ack: 1 });
    expect(peer.accept().peerMss).toBe(kept);
  });

  it('make one connection each: an old duplicate of what was redeemed makes no other (RFC 4987, 3.6)', () => {
    const peer = new Peer({ sysctls: { tcp_syncookies: 2 } });
    peer.listen();
    peer.send({ flags: 'S', seq: 0, ...LINUX_SYN });
    peer.expect({ flags: 'S.', ack: 1 });
    const data = { flags: 'P.', seq: 1, ack: 1, data: 10, ts: [1001, 0] as [number, number] };
    peer.send(data);
    peer.takeAll();
    peer.accept();
    peer.abort();
    peer.takeAll();
    for (const seconds of [1, 30, 60]) {
      peer.wait(1000 * seconds);
      peer.send(data);
      peer.expect({ flags: 'R', seq: 1 });
    }
    expect(peer.listener!.acceptQueueLength).toBe(0);
    // Another SYN gets another cookie.
    peer.send({ flags: 'S', seq: 5000, ...LINUX_SYN });
    peer.expect({ flags: 'S.', ack: 5001 });
    peer.send({ flags: '.', seq: 5001, ack: 1, ts: [1002, 0] });
    expect(peer.listener!.acceptQueueLength).toBe(1);
  });

  it('that find the accept queue full: what comes behind is no reason for a RST, and the first segment again is welcome', () => {
    const machine = new Machine({ sysctls: { tcp_syncookies: 2 } });
    const [filler, peer] = [new Peer({ machine, port: 1 }), new Peer({ machine, port: 2 })];
    peer.listener = filler.listen(0);
    for (const each of [filler, peer]) {
      each.send({ flags: 'S', seq: 0, mss: 1460 });
      each.expect({ flags: 'S.', ack: 1 });
    }
    filler.send({ flags: '.', seq: 1, ack: 1 });
    const flight = () => {
      peer.send({ flags: '.', seq: 1, ack: 1, data: 100 });
      peer.send({ flags: 'P.', seq: 101, ack: 1, data: 100 });
    };
    flight();
    peer.expectNothing();
    expect(peer.host.tcp.drops.get('AcceptQueueFull')).toBe(2);
    filler.accept();
    peer.wait(1000);
    flight();
    peer.takeAll();
    peer.accept();
    expect(peer.user.received).toBe(200);
  });

  it('2: for every SYN, full or not', () => {
    const peer = new Peer({ sysctls: { tcp_syncookies: 2 } });
    const listener = peer.listen();
    peer.send({ flags: 'S', seq: 0, ...LINUX_SYN });
    peer.expect({ flags: 'S.', ack: 1 });
    expect(listener.synQueueLength).toBe(0);
    peer.send({ flags: '.', seq: 1, ack: 1, ts: [1001, 0] });
    expect(peer.state).toBe('ESTABLISHED');
    expect(peer.host.tcp.counters.SyncookiesRecv).toBe(1);
  });

  it('0: never; SYNs are dropped, and so is what looks like the ACK of one', () => {
    const { peer, counters } = flooded({ tcp_syncookies: 0 });
    peer.send({ flags: 'S', seq: 0, ...LINUX_SYN });
    peer.expectNothing();
    expect([counters.TCPReqQFullDrop, counters.ListenDrops, counters.SyncookiesSent]).toEqual([1, 1, 0]);
    peer.hostIss = 0;
    peer.send({ flags: '.', seq: 1, ack: 1 });
    peer.expect({ flags: 'R', seq: 1 });
    expect(counters.SyncookiesFailed).toBe(0);
  });

  it('are good for two minutes at most', () => {
    for (const [wait, state] of [
      [59_000, 'ESTABLISHED'],
      [120_001, 'CLOSED'],
    ] as const) {
      const { peer, counters } = flooded();
      peer.send({ flags: 'S', seq: 0, mss: 1460 });
      peer.expect({ flags: 'S.', ack: 1 });
      peer.wait(wait);
      // Another one is sent, so that cookies are believed at all.
      const other = new Peer({ machine: peer.machine, port: 3 });
      const filler = new Peer({ machine: peer.machine, port: 4 });
      filler.send({ flags: 'S', seq: 0 });
      other.send({ flags: 'S', seq: 0 });
      peer.send({ flags: '.', seq: 1, ack: 1 });
      expect(peer.state).toBe(state);
      if (state === 'CLOSED') peer.expect({ flags: 'R', seq: 1 });
      expect(counters.SyncookiesFailed).toBe(state === 'CLOSED' ? 1 : 0);
      peer.machine.packets.length = 0;
    }
  });

  it('are believed only when one was sent lately: in quiet times no peer may guess', () => {
    const { peer, counters } = flooded();
    peer.send({ flags: 'S', seq: 0, mss: 1460 });
    peer.expect({ flags: 'S.', ack: 1 });
    const lateSecrets = peer.host.tcp.sysctls;
    lateSecrets.tcp_synack_retries = 0;
    peer.listener!.lastCookieAt = Number.NEGATIVE_INFINITY;
    peer.send({ flags: '.', seq: 1, ack: 1 });
    peer.expect({ flags: 'R', seq: 1 });
    expect([counters.SyncookiesRecv, counters.SyncookiesFailed]).toEqual([0, 0]);
  });

  it('of another peer, another port or another number are no good', () => {
    const { peer, counters } = flooded();
    peer.send({ flags: 'S', seq: 0, mss: 1460 });
    peer.expect({ flags: 'S.', ack: 1 });
    const thief = new Peer({ machine: peer.machine, port: 3 });
    thief.hostIss = peer.hostIss;
    thief.send({ flags: '.', seq: 1, ack: 1 });
    thief.expect({ flags: 'R', seq: 1 });
    for (const wrong of [{ ack: 9 }, { ack: 1, seq: 5000 }, { ack: 0x2000001 }]) {
      peer.send({ flags: '.', seq: 1, ...wrong });
      peer.expect({ flags: 'R' });
    }
    expect([counters.SyncookiesFailed, counters.SyncookiesRecv]).toEqual([4, 0]);
    expect(peer.host.tcp.connections.count).toBe(1);
  });

  it('an ACK whose timestamp claims options that are switched off is refused', () => {
    const { peer } = flooded();
    peer.send({ flags: 'S', seq: 0, ...LINUX_SYN });
    peer.expect({ flags: 'S.', ack: 1 });
    peer.host.sysctls.tcp_sack = 0;
    peer.send({ flags: '.', seq: 1, ack: 1, ts: [1001, 0] });
    peer.expect({ flags: 'R', seq: 1 });
  });

  it('with a full accept queue their ACKs are dropped: ListenOverflows', () => {
    const machine = new Machine({ sysctls: { tcp_syncookies: 2 } });
    const peers = [1, 2, 3].map((port) => new Peer({ machine, port }));
    peers[0]!.listen(1);
    for (const peer of peers) {
      peer.send({ flags: 'S', seq: 0 });
      peer.expect({ flags: 'S.' });
    }
    for (const peer of peers) peer.send({ flags: '.', seq: 1, ack: 1 });
    expect(peers.map((peer) => peer.state)).toEqual(['ESTABLISHED', 'ESTABLISHED', 'CLOSED']);
    const { counters } = machine.host.tcp;
    expect([counters.ListenOverflows, counters.ListenDrops]).toEqual([1, 1]);
    expect(peers[2]!.waiting).toBe(0);
  });

  it('a flood makes nothing that grows, and leaves the established alone', () => {
    const machine = new Machine();
    const friend = new Peer({ machine, port: 1 });
    friend.listen(4);
    friend.connectsToHost();
    for (let i = 0; i < 500; i++) {
      const attacker = new Peer({ machine, port: 1000 + i });
      attacker.send({ flags: 'S', seq: i, ...LINUX_SYN });
    }
    expect(machine.host.tcp.connections.count).toBe(1 + 5);
    machine.packets.length = 0;
    friend.write(10);
    friend.expect({ flags: 'P.', data: 10 });
    const client = new Peer({ machine, port: 2, peerIss: 77 });
    client.send({ flags: 'S', seq: 0, ...LINUX_SYN });
    client.expect({ flags: 'S.', ack: 1 });
    client.send({ flags: '.', seq: 1, ack: 1, ts: [1001, 0] });
    expect(client.state).toBe('ESTABLISHED');
  });

  it('timestamps carry window scale, SACK and ECN in their low bits, never from the future, 64 ms off at most', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: -1, max: 14 }),
        fc.boolean(),
        fc.boolean(),
        (clock, wscale, sack, ecn) => {
          const options = { wscale, sack, ecn };
          const stamp = timestampOf(clock, options);
          expect(optionsOf(stamp)).toEqual(options);
          const behind = (clock - stamp) | 0;
          expect(behind >= 0 && behind < 64).toBe(true);
        },
      ),
    );
  });

  it('survive any timing within a minute, whatever the numbers', () => {
    const nothing: Partial<SegmentSpec> = {};
    fc.assert(
      fc.property(fc.integer(), fc.nat(59_000), fc.nat(200_000), (peerIss, later, before) => {
        const machine = new Machine({ sysctls: { tcp_syncookies: 2 } });
        machine.wait(before);
        const peer = new Peer({ machine, peerIss });
        peer.listen();
        peer.send({ flags: 'S', seq: 0, mss: 1460, ...nothing });
        peer.expect({ flags: 'S.', ack: 1 });
        peer.wait(later);
        peer.send({ flags: '.', seq: 1, ack: 1 });
        expect(peer.state).toBe('ESTABLISHED');
      }),
      { numRuns: 60 },
    );
  });
});
