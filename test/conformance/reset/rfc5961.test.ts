import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

describe('blind attacks (RFC 5961)', () => {
  it('a RST exactly at RCV.NXT is obeyed (section 3.2)', () => {
    const peer = new Peer().connectsToHost();
    peer.send({ flags: 'R', seq: 1 });
    expect(peer.user.events).toEqual(['closed ECONNRESET']);
  });

  it('another in the window gets a challenge ACK, and the connection lives (section 3.2)', () => {
    for (const seq of [2, 1000, 60_000]) {
      const peer = new Peer().connectsToHost();
      peer.send({ flags: 'R', seq });
      peer.expect({ flags: '.', seq: 1, ack: 1 });
      expect(peer.state).toBe('ESTABLISHED');
      // A peer that meant it answers the challenge exactly.
      peer.send({ flags: 'R', seq: 1 });
      expect(peer.state).toBe('CLOSED');
    }
  });

  it('one outside of the window is dropped in silence (section 3.2)', () => {
    for (const seq of [0, -1, 70_000]) {
      const peer = new Peer().connectsToHost();
      peer.send({ flags: 'R', seq });
      peer.expectNothing();
      expect(peer.state).toBe('ESTABLISHED');
    }
  });

  it('a SYN gets a challenge ACK, wherever it lies (section 4.2)', () => {
    for (const seq of [-1000, 0, 1, 500, 100_000]) {
      const peer = new Peer().connectsToHost();
      peer.send({ flags: 'S', seq });
      peer.expect({ flags: '.', seq: 1, ack: 1 });
      expect(peer.state).toBe('ESTABLISHED');
    }
  });

  it('in each state a SYN is only challenged (section 4.2)', () => {
    const states: [string, (peer: Peer) => void][] = [
      ['FIN_WAIT_1', (peer) => peer.shutdown()],
      ['CLOSE_WAIT', (peer) => peer.send({ flags: 'F.', seq: 1, ack: 1 })],
    ];
    for (const [state, go] of states) {
      const peer = new Peer().connectsToHost();
      go(peer);
      peer.takeAll();
      peer.send({ flags: 'S', seq: 5 });
      expect(peer.takeAll().map((s) => s.flags)).toEqual(['.']);
      expect(peer.state).toBe(state);
    }
  });

  it('[MAY-12] data whose ACK is older than any window that was ever offered is dropped and challenged (section 5.2)', () => {
    const peer = new Peer().connectsToHost({ wnd: 1000, mss: 500 });
    for (let i = 0; i < 4; i++) {
      peer.write(500);
      peer.expect({ flags: 'P.', seq: 1 + 500 * i, data: 500 });
      peer.send({ flags: '.', seq: 1, ack: 501 + 500 * i, wnd: 1000 });
    }
    peer.send({ flags: 'P.', seq: 1, ack: 1000, data: 10 });
    peer.expect({ flags: '.', seq: 2001, ack: 1 });
    expect(peer.user.received).toBe(0);
    peer.wait(1000);
    peer.send({ flags: 'P.', seq: 1, ack: 1001, data: 10 });
    expect(peer.user.received).toBe(10);
    peer.takeAll();
  });

  it('[MAY-12] data whose ACK is of what was never sent is dropped and answered (section 5.2)', () => {
    for (const ack of [2, 2 ** 30, -(2 ** 31) + 2]) {
      const peer = new Peer().connectsToHost();
      peer.send({ flags: 'P.', seq: 1, ack, data: 10 });
      peer.expect({ flags: '.', seq: 1, ack: 1 });
      expect(peer.user.received).toBe(0);
    }
  });

  it('challenges are throttled: for one connection by time (section 7)', () => {
    const peer = new Peer().connectsToHost();
    for (const flags of ['S', 'R']) {
      for (let i = 0; i < 10; i++) peer.send({ flags, seq: 5 + i });
      expect(peer.takeAll()).toHaveLength(1);
      peer.wait(499);
      peer.send({ flags, seq: 5 });
      peer.expectNothing();
      peer.wait(1);
      peer.send({ flags, seq: 5 });
      peer.expect({ flags: '.', seq: 1, ack: 1 });
    }
  });

  it('challenges are throttled: for all connections by number (section 7, "ACK throttling")', () => {
    const first = new Peer({ sysctls: { tcp_challenge_ack_limit: 5 } });
    first.listen();
    const peers = Array.from({ length: 10 }, (_, i) => {
      const peer = new Peer({ machine: first.machine, port: 41_000 + i });
      peer.listener = first.listener;
      return peer.connectsToHost();
    });
    const challenged = () =>
      peers.filter((peer) => {
        peer.send({ flags: 'S', seq: 5 });
        return peer.takeAll().length > 0;
      }).length;
    // 5 in a second, give or take a half: the number changes at random (CVE-2016-5696).
    for (let second = 0; second < 10; second++) {
      first.wait(1000);
      const count = challenged();
      expect(count).toBeGreaterThanOrEqual(3);
      expect(count).toBeLessThan(8);
    }
  });
});
