import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

describe('the receive window (RFC 9293, 3.8.6.2.2)', () => {
  const small = (): Peer => {
    const peer = new Peer({ sysctls: { tcp_rmem: [256, 8000, 8000], tcp_window_scaling: 0 } }).connectsToHost({
      mss: 1000,
    });
    peer.user.autoRead = false;
    return peer;
  };

  /** The first window is whole segments of our own MSS; the whole buffer is offered with the first ACK. */
  const fill = (peer: Peer): void => {
    peer.send({ flags: '.', seq: 1, ack: 1, data: 1000 });
    peer.expect({ flags: '.', ack: 1001, wnd: 3000 });
    peer.send({ flags: '.', seq: 1001, ack: 1, data: 3000, gso: 1000 });
    peer.expect({ flags: '.', ack: 4001, wnd: 0 });
  };

  it('closes as data waits, its right edge standing still, and opens only by a good step', () => {
    const peer = small();
    let wnd = 4000;
    for (let seq = 1; seq < 4001; seq += 1000) {
      peer.send({ flags: '.', seq, ack: 1, data: 1000 });
      wnd -= 1000;
      peer.expect({ flags: '.', ack: seq + 1000, wnd });
    }
    expect(peer.user.read(500)).toBe(500);
    peer.machine.settle();
    peer.expectNothing();
    peer.user.read(2000);
    peer.expect({ flags: '.', ack: 4001, wnd: 2500 });
    peer.user.read();
    peer.expectNothing();
    peer.send({ flags: '.', seq: 4001, ack: 1, data: 1000 });
    peer.expect({ flags: '.', ack: 5001, wnd: 3000 });
  });

  it('takes nothing beyond a closed window, and answers each attempt', () => {
    const peer = small();
    fill(peer);
    peer.send({ flags: '.', seq: 4001, ack: 1, data: 1 });
    peer.expect({ flags: '.', ack: 4001, wnd: 0 });
    peer.send({ flags: '.', seq: 4000, ack: 1 });
    peer.expect({ flags: '.', ack: 4001, wnd: 0 });
    expect(peer.c.readableLength).toBe(4000);
  });

  it('an ACK at a closed window is still obeyed (MUST-66)', () => {
    const peer = small();
    peer.write(10);
    peer.expect({ flags: 'P.', data: 10 });
    fill(peer);
    peer.send({ flags: '.', seq: 4001, ack: 11, data: 10 });
    expect(peer.c.bytesAcked).toBe(10);
    peer.takeAll();
  });

  it('single octets in a scaled window can not make the queue grow without end', () => {
    const peer = new Peer({ sysctls: { tcp_rmem: [256, 8000, 6_291_456] } }).connectsToHost({ mss: 1000, wscale: 0 });
    peer.user.autoRead = false;
    let next = 1;
    for (let i = 0; i < 30_000; i++) {
      peer.send({ flags: '.', seq: next, ack: 1, data: 1 });
      const ack = peer.takeAll().at(-1)?.ack;
      if (ack !== undefined) next = ack;
    }
    expect(peer.c.readableLength).toBeLessThanOrEqual(8000);
  });

  it('grows with a reader that keeps up, up to tcp_rmem’s largest', () => {
    const peer = new Peer().connectsToHost({ mss: 1460, wscale: 7 });
    const before = peer.c.receiveBuffer;
    let next = 1;
    for (let round = 0; round < 20; round++) {
      peer.wait(1);
      for (let i = 0; i < 40; i++, next += 1460) peer.send({ flags: '.', seq: next, ack: 1, data: 1460 });
      peer.takeAll();
    }
    expect(peer.c.receiveBuffer).toBeGreaterThan(before);
    expect(peer.c.receiveBuffer).toBeLessThanOrEqual(33_554_432);
  });
});
