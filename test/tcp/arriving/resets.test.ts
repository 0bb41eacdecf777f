import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

const established = (): Peer => new Peer().connectsToHost();

describe('RST on a connection (RFC 9293, 3.5.3 and 3.10.7.4; RFC 5961, 3.2)', () => {
  it('exactly at RCV.NXT ends it: ECONNRESET', () => {
    const peer = established();
    peer.write(10);
    peer.expect({ flags: 'P.', data: 10 });
    peer.send({ flags: 'R', seq: 1 });
    expect(peer.user.events).toEqual(['closed ECONNRESET']);
    expect(peer.state).toBe('CLOSED');
    expect(() => peer.c.send(new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'ENOTCONN' }));
  });

  it('elsewhere in the window is challenged, outside of it ignored', () => {
    const peer = established();
    peer.send({ flags: 'R', seq: 2 });
    peer.expect({ flags: '.', seq: 1, ack: 1 });
    peer.send({ flags: 'R', seq: 0 });
    peer.send({ flags: 'R', seq: 70_000 });
    peer.expectNothing();
    expect(peer.state).toBe('ESTABLISHED');
    expect(peer.host.tcp.counters.TCPChallengeACK).toBe(1);
  });

  it('leaves to the user what arrived before it, be it in the same batch', () => {
    for (const together of [false, true]) {
      const peer = established();
      const send = (): void => {
        peer.send({ flags: 'P.', seq: 1, ack: 1, data: 500 });
        peer.send({ flags: 'R', seq: 501 });
      };
      if (together) peer.batch(send);
      else send();
      peer.takeAll();
      expect(peer.user.received).toBe(500);
      expect(peer.user.events.at(-1)).toBe('closed ECONNRESET');
    }
  });

  it('leaves what waits to a user who reads later', () => {
    const peer = established();
    peer.user.autoRead = false;
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 100 });
    peer.expect({ flags: '.', ack: 101 });
    peer.send({ flags: 'R', seq: 101 });
    expect(peer.user.events.at(-1)).toBe('closed ECONNRESET');
    expect([peer.c.readableLength, peer.c.read()?.length, peer.c.readableLength]).toEqual([100, 100, 0]);
    peer.expectNothing();
  });

  it('behind a FIN in the same batch leaves the data and the end', () => {
    const peer = established();
    peer.batch(() => {
      peer.send({ flags: 'FP.', seq: 1, ack: 1, data: 500 });
      peer.send({ flags: 'R.', seq: 502, ack: 1 });
    });
    expect([peer.user.received, peer.c.atEnd, peer.user.events.at(-1)]).toEqual([500, true, 'closed EPIPE']);
  });

  it('passes a closed window at its exact place (MUST-66)', () => {
    const peer = new Peer({ sysctls: { tcp_rmem: [256, 2048, 2048] } }).connectsToHost();
    peer.user.autoRead = false;
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 1024 });
    peer.expect({ flags: '.', ack: 1025, wnd: 0 });
    peer.send({ flags: 'R', seq: 1025 });
    expect(peer.user.events.at(-1)).toBe('closed ECONNRESET');
  });

  it('never answers a RST with a RST', () => {
    const peer = new Peer();
    peer.send({ flags: 'R.', seq: 1, ack: 1 });
    peer.send({ flags: 'RS', seq: 1 });
    peer.listen();
    peer.send({ flags: 'R', seq: 1 });
    peer.send({ flags: 'RS.', seq: 1, ack: 5 });
    peer.expectNothing();
  });

  it('carries the Timestamps option that was negotiated (RFC 7323, 3.2)', () => {
    const peer = new Peer().connectsToHost({ ts: [100, 0] });
    peer.abort();
    peer.expect({ flags: 'R.', seq: 1, ack: 1, ts: [0, 101] });
  });
});

describe('what does not belong on a connection', () => {
  it('a SYN in the window is challenged, and so is one outside (RFC 5961, 4.2)', () => {
    const peer = established();
    peer.send({ flags: 'S', seq: 500 });
    peer.expect({ flags: '.', seq: 1, ack: 1 });
    peer.wait(1000);
    peer.send({ flags: 'S', seq: -500_000 });
    peer.expect({ flags: '.', seq: 1, ack: 1 });
    expect(peer.state).toBe('ESTABLISHED');
  });

  it('a half-open connection is discovered: SYN, challenge, RST (RFC 9293, figure 9)', () => {
    const peer = established();
    peer.send({ flags: 'S', seq: 90_000 });
    peer.expect({ flags: '.', seq: 1, ack: 1 });
    peer.send({ flags: 'R', seq: 1 });
    expect(peer.user.error?.code).toBe('ECONNRESET');
  });

  it('challenges are spaced by tcp_invalid_ratelimit, 500 ms', () => {
    const peer = established();
    for (let i = 0; i < 5; i++) peer.send({ flags: 'R', seq: 2 + i });
    peer.expect({ flags: '.', seq: 1, ack: 1 });
    peer.expectNothing();
    peer.wait(500);
    peer.send({ flags: 'R', seq: 2 });
    peer.expect({ flags: '.', seq: 1, ack: 1 });
    expect(peer.host.tcp.counters.TCPACKSkippedChallenge).toBe(4);
  });

  /** How many challenges a host sends in each of `seconds`, if nothing but its limit holds it back. */
  const challengesIn = (seconds: number, limit: number): number[] => {
    const peer = new Peer({ sysctls: { tcp_challenge_ack_limit: limit, tcp_invalid_ratelimit: 0 } }).connectsToHost();
    peer.wait(1000);
    return Array.from({ length: seconds }, () => {
      for (let i = 0; i < 2 * limit + 1; i++) peer.send({ flags: 'R', seq: 2 + i });
      const { length } = peer.takeAll();
      peer.wait(1000);
      return length;
    });
  };

  it('challenges of the whole host are limited by tcp_challenge_ack_limit, give or take a half (RFC 5961, section 7)', () => {
    const sent = challengesIn(40, 20);
    expect(Math.min(...sent)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...sent)).toBeLessThan(30);
    expect(challengesIn(3, 0)).toEqual([0, 0, 0]);
  });

  it('how many it will be in a second cannot be known from outside (CVE-2016-5696)', () => {
    expect(new Set(challengesIn(40, 20)).size).toBeGreaterThan(10);
  });

  it('what a connection holds back itself spends nothing of the host’s limit', () => {
    const peer = new Peer({ sysctls: { tcp_challenge_ack_limit: 10 } }).connectsToHost();
    peer.wait(1000);
    for (let i = 0; i < 100; i++) peer.send({ flags: 'R', seq: 2 + i });
    expect(peer.takeAll()).toHaveLength(1);
    expect(peer.host.tcp.challenges.take(10, peer.host.tcp.now)).toBe(true);
    expect(peer.host.tcp.counters).toMatchObject({ TCPChallengeACK: 1, TCPACKSkippedChallenge: 99 });
  });

  it('data with an ACK that is too old is challenged no more often than anything else', () => {
    const peer = established();
    for (let i = 0; i < 5; i++) peer.send({ flags: 'P.', seq: 1, ack: -2_000_000, data: 10 });
    peer.expect({ flags: '.', seq: 1, ack: 1 });
    peer.expectNothing();
  });

  it('who knows the four-tuple cannot silence the answers to keep-alives by forged SYNs', () => {
    const peer = established();
    peer.send({ flags: 'S', seq: 500 });
    peer.expect({ flags: '.', seq: 1, ack: 1 });
    for (const seq of [501, -500]) peer.send({ flags: 'S', seq });
    peer.send({ flags: '.', seq: 0, ack: 1 });
    peer.expect({ flags: '.', seq: 1, ack: 1 });
    for (let i = 0; i < 5; i++) peer.send({ flags: '.', seq: 0, ack: 1 });
    peer.expectNothing();
    expect(peer.host.tcp.counters.TCPACKSkippedSeq).toBe(5);
  });

  it('an ACK of what was never sent is answered by an ACK and drops its data (3.10.7.4, fifth)', () => {
    const peer = established();
    peer.send({ flags: 'P.', seq: 1, ack: 2, data: 10 });
    peer.expect({ flags: '.', seq: 1, ack: 1 });
    expect(peer.user.received).toBe(0);
  });

  it('an ACK older than any window is challenged and drops its data (RFC 5961, 5.2)', () => {
    const peer = established();
    peer.send({ flags: 'P.', seq: 1, ack: -70_000, data: 10 });
    peer.expect({ flags: '.', seq: 1, ack: 1 });
    expect(peer.user.received).toBe(0);
    peer.send({ flags: 'P.', seq: 1, ack: -60_000, data: 10 });
    peer.expect({ flags: '.', seq: 1, ack: 11 });
    expect(peer.user.received).toBe(10);
  });

  it('data without ACK is dropped (3.10.7.4, fifth)', () => {
    const peer = established();
    peer.send({ flags: 'P', seq: 1, data: 10 });
    peer.expectNothing();
    expect(peer.user.received).toBe(0);
  });

  it('data left of the window is acknowledged again, data right of it too, and neither is taken', () => {
    const peer = established();
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 100 });
    peer.expect({ flags: '.', ack: 101 });
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 100 });
    peer.expect({ flags: '.', ack: 101 });
    peer.send({ flags: 'P.', seq: 100_000, ack: 1, data: 100 });
    peer.expect({ flags: '.', ack: 101 });
    expect(peer.user.received).toBe(100);
  });

  it('data that begins left of the window and data that ends right of it is refused', () => {
    const peer = established();
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 100 });
    peer.expect({ flags: '.', ack: 101 });
    peer.send({ flags: 'P.', seq: 51, ack: 1, data: 100 });
    peer.expect({ flags: '.', ack: 151 });
    const small = new Peer({ port: 2, sysctls: { tcp_rmem: [256, 2048, 2048] } }).connectsToHost();
    small.user.autoRead = false;
    small.send({ flags: 'P.', seq: 1, ack: 1, data: 24 });
    small.expect({ flags: '.', ack: 25, wnd: 1000 });
    small.send({ flags: 'FP.', seq: 25, ack: 1, data: 1400 });
    small.expect({ flags: '.', ack: 25, wnd: 1000 });
    expect(small.state).toBe('ESTABLISHED');
    expect(peer.user.received).toBe(150);
  });
});

describe('PAWS (RFC 7323, section 5)', () => {
  const stamped = (): Peer => {
    const peer = new Peer().connectsToHost({ ts: [1000, 0] });
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10, ts: [1010, 0] });
    peer.expect({ flags: '.', ack: 11, ts: [0, 1010] });
    return peer;
  };

  it('rejects data with an older timestamp, with an ACK', () => {
    const peer = stamped();
    peer.send({ flags: 'P.', seq: 11, ack: 1, data: 10, ts: [1009, 0] });
    peer.expect({ flags: '.', ack: 11, ts: [0, 1010] });
    expect(peer.user.received).toBe(10);
    expect(peer.host.tcp.counters.PAWSEstab).toBe(1);
  });

  it('does not apply to RST', () => {
    const peer = stamped();
    peer.send({ flags: 'R', seq: 11, ts: [1, 0] });
    expect(peer.state).toBe('CLOSED');
  });

  it('forgets a timestamp after 24 days', () => {
    const peer = stamped();
    peer.wait(24 * 86_400_000);
    peer.send({ flags: 'P.', seq: 11, ack: 1, data: 10, ts: [1, 0] });
    peer.expect({ flags: '.', ack: 21 });
  });

  it('echoes the timestamp of the segment that fills the hole, not of one beyond it (4.3)', () => {
    const peer = stamped();
    peer.send({ flags: 'P.', seq: 21, ack: 1, data: 10, ts: [1030, 0] });
    peer.expect({ flags: '.', ack: 11, ts: [0, 1010] });
    peer.send({ flags: 'P.', seq: 11, ack: 1, data: 10, ts: [1020, 0] });
    peer.expect({ flags: '.', ack: 31, ts: [0, 1020] });
  });

  it('is not poisoned by a segment whose ACK is unacceptable (RFC 5961, 5.2)', () => {
    const peer = stamped();
    peer.send({ flags: '.', seq: 11, ack: 5_000_000, ts: [2_000_000_000, 0] });
    peer.expect({ flags: '.', ack: 11, ts: [0, 1010] });
    peer.send({ flags: 'P.', seq: 11, ack: 1, data: 10, ts: [1020, 0] });
    peer.expect({ flags: '.', ack: 21, ts: [0, 1020] });
  });
});
