import { describe, expect, it } from 'vitest';
import { SocketOptions } from '../../../src/tcp/terms/socket-options.ts';
import { Peer } from '../../support/peer.ts';

/** A connection past its first quick ACKs: ACKs may wait. The peer's next octet is `next`. */
function settled(mss = 1000): { peer: Peer; next: number } {
  const peer = new Peer().connectsToHost({ mss });
  let next = 1;
  for (let i = 0; i < 20; i++) {
    peer.send({ flags: '.', seq: next, ack: 1, data: 1000 });
    next += 1000;
    peer.wait(100);
  }
  peer.takeAll();
  return { peer, next };
}

describe('acknowledging', () => {
  it('[SHLD-18] a single segment is acknowledged after a delay (3.8.6.3)', () => {
    const { peer, next } = settled();
    peer.send({ flags: '.', seq: next, ack: 1, data: 1000 });
    peer.expectNothing();
    peer.wait(39);
    peer.expectNothing();
    peer.wait(1);
    peer.expect({ flags: '.', seq: 1, ack: next + 1000 });
  });

  it('[MUST-40] the delay is less than half a second, however the application behaves (3.8.6.3)', () => {
    for (const autoRead of [true, false]) {
      for (const length of [1, 536, 1000]) {
        const { peer, next } = settled();
        peer.user.autoRead = autoRead;
        peer.send({ flags: 'P.', seq: next, ack: 1, data: length });
        const { after, segment } = peer.next();
        expect(segment.ack).toBe(next + length);
        expect(after).toBeLessThan(500);
      }
    }
  });

  it('[SHLD-18] data that leaves meanwhile carries the ACK (3.8.6.3)', () => {
    const { peer, next } = settled();
    peer.send({ flags: 'P.', seq: next, ack: 1, data: 10 });
    peer.write(10);
    peer.expect({ flags: 'P.', seq: 1, ack: next + 10, data: 10 });
    peer.wait(100);
    peer.expectNothing();
  });

  it('[SHLD-19] the second full segment is acknowledged at once (3.8.6.3)', () => {
    let { peer, next } = settled();
    for (let i = 0; i < 10; i++) {
      peer.send({ flags: '.', seq: next, ack: 1, data: 1000 });
      peer.expectNothing();
      peer.send({ flags: '.', seq: next + 1000, ack: 1, data: 1000 });
      next += 2000;
      peer.expect({ flags: '.', ack: next });
    }
  });

  it('[SHLD-19] a super-segment counts as the segments that it stands for (3.8.6.3)', () => {
    const { peer, next } = settled();
    peer.send({ flags: '.', seq: next, ack: 1, data: 4000, gso: 1000 });
    peer.expect({ flags: '.', ack: next + 4000 });
  });

  it('[SHLD-18] ACKs are quick at the start of a connection, and never where the user wants none of that (tcp(7))', () => {
    const quick = new Peer().connectsToHost();
    quick.send({ flags: '.', seq: 1, ack: 1, data: 1000 });
    quick.expect({ flags: '.', ack: 1001 });
    const slow = new Peer();
    slow.listen(undefined, Object.assign(new SocketOptions(), { quickAck: false }));
    slow.connectsToHost();
    slow.send({ flags: '.', seq: 1, ack: 1, data: 500 });
    slow.expectNothing();
    expect(slow.next().after).toBe(40);
  });

  it('[MUST-58] [MUST-59] a batch of segments is processed whole, then acknowledged once (3.10.7.4)', () => {
    const peer = new Peer().connectsToHost({ mss: 1000 });
    peer.batch(() => {
      for (let i = 0; i < 20; i++) peer.send({ flags: '.', seq: 1 + 1000 * i, ack: 1, data: 1000 });
    });
    peer.expect({ flags: '.', ack: 20_001 });
    peer.expectNothing();
    expect(peer.user.received).toBe(20_000);
  });

  it('a hole is told of at once, although a later segment of the batch fills it (RFC 5681, section 4.2)', () => {
    const peer = new Peer().connectsToHost({ mss: 1000, sackOk: true });
    peer.batch(() => {
      peer.send({ flags: '.', seq: 1001, ack: 1, data: 1000 });
      peer.send({ flags: '.', seq: 1, ack: 1, data: 1000 });
    });
    peer.expect({ flags: '.', ack: 1, sack: [[1001, 2001]] });
    expect(peer.expect({ flags: '.', ack: 2001 }).sack).toBeUndefined();
    peer.expectNothing();
  });

  it('segments beyond a hole get an ACK each, also in a batch; with SACK the first three (RFC 5681, section 4.2)', () => {
    for (const [sackOk, acks] of [
      [false, 10],
      [true, 4],
    ] as const) {
      const peer = new Peer().connectsToHost({ mss: 1000, sackOk });
      peer.send({ flags: '.', seq: 1, ack: 1, data: 1000 });
      peer.expect({ flags: '.', ack: 1001 });
      const beyond = (first: number): void => {
        for (let i = 0; i < 10; i++) peer.send({ flags: '.', seq: first + 1000 * i, ack: 1, data: 1000 });
      };
      peer.batch(() => beyond(2001));
      expect(peer.takeAll().map((s) => s.ack)).toEqual(new Array(acks).fill(1001));
      // The next hole is counted anew.
      peer.send({ flags: '.', seq: 1001, ack: 1, data: 1000 });
      peer.expect({ flags: '.', ack: 12_001 });
      peer.batch(() => beyond(13_001));
      expect(peer.takeAll().map((s) => s.ack)).toEqual(new Array(acks).fill(12_001));
    }
  });

  it('[SHLD-31] segments beyond a hole are kept, and delivered when it is filled (3.10.7.4)', () => {
    const peer = new Peer().connectsToHost();
    for (const seq of [3001, 1001, 5001, 2001, 4001]) peer.send({ flags: '.', seq, ack: 1, data: 1000 });
    expect(peer.takeAll().map((s) => s.ack)).toEqual([1, 1, 1, 1, 1]);
    expect(peer.user.received).toBe(0);
    peer.send({ flags: '.', seq: 1, ack: 1, data: 1000 });
    peer.expect({ flags: '.', ack: 6001 });
    expect(peer.user.received).toBe(6000);
  });

  it('[MAY-13] each segment beyond a hole is acknowledged at once (3.10.7.4; RFC 5681, section 4.2)', () => {
    const { peer, next } = settled();
    for (let i = 1; i <= 3; i++) {
      peer.send({ flags: '.', seq: next + 1000 * i, ack: 1, data: 1000 });
      peer.expect({ flags: '.', seq: 1, ack: next });
    }
    // So is what fills the hole, in part or whole.
    peer.send({ flags: '.', seq: next, ack: 1, data: 500 });
    peer.expect({ flags: '.', ack: next + 500 });
    peer.send({ flags: '.', seq: next + 500, ack: 1, data: 500 });
    peer.expect({ flags: '.', ack: next + 4000 });
  });

  it('octets that came before are acknowledged at once, and only new ones delivered (3.10.7.4, first and seventh)', () => {
    const { peer, next } = settled();
    const before = peer.user.received;
    peer.send({ flags: '.', seq: next - 1000, ack: 1, data: 1000 });
    peer.expect({ flags: '.', ack: next });
    peer.send({ flags: '.', seq: next - 500, ack: 1, data: 1000 });
    peer.expect({ flags: '.', ack: next + 500 });
    expect(peer.user.received).toBe(before + 500);
  });
});

describe('silly windows at the receiver', () => {
  it('[MUST-39] a full window reopens only by a segment or half the buffer (3.8.6.2.2)', () => {
    const peer = new Peer({ sysctls: { tcp_rmem: [4096, 20_000, 20_000] } }).connectsToHost({ mss: 1000 });
    peer.user.autoRead = false;
    let next = 1;
    for (let wnd = 8760; wnd > 0; ) {
      const length = Math.min(wnd, 1000);
      peer.send({ flags: '.', seq: next, ack: 1, data: length });
      next += length;
      peer.wait(50);
      wnd = peer.takeAll().at(-1)!.wnd!;
    }
    for (let i = 0; i < 9; i++) {
      peer.user.read(100);
      peer.machine.settle();
      peer.expectNothing();
      peer.send({ flags: '.', seq: next - 1, ack: 1 });
      expect(peer.expect({ flags: '.', ack: next }).wnd).toBe(0);
      peer.wait(600);
    }
    peer.user.read(2000);
    peer.machine.settle();
    expect(peer.takeAll().at(-1)!.wnd).toBeGreaterThanOrEqual(1000);
  });

  it('[MUST-39] a user that reads octet by octet causes no ACK per octet (3.8.6.2.2)', () => {
    const peer = new Peer({ sysctls: { tcp_rmem: [4096, 20_000, 20_000] } }).connectsToHost({ mss: 1000 });
    peer.user.autoRead = false;
    for (let i = 0; i < 8; i++) peer.send({ flags: '.', seq: 1 + 1000 * i, ack: 1, data: 1000 });
    peer.wait(100);
    peer.takeAll();
    let updates = 0;
    for (let i = 0; i < 8000; i++) {
      peer.user.read(1);
      peer.machine.settle();
      updates += peer.takeAll().length;
    }
    expect(updates).toBeLessThanOrEqual(6);
  });
});
