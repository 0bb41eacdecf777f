import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

describe('PUSH', () => {
  it('[MAY-15] SEND has no PUSH flag: every write is pushed, MSG_MORE takes that back (3.9.1.2)', () => {
    const peer = new Peer().connectsToHost();
    peer.write(10);
    peer.expect({ flags: 'P.', seq: 1, data: 10 });
    peer.send({ flags: '.', seq: 1, ack: 11 });
    peer.c.moreComing = true;
    peer.write(10);
    peer.expectNothing();
    peer.c.moreComing = false;
    peer.write(10);
    peer.expect({ flags: 'P.', seq: 11, data: 20 });
  });

  it('[MUST-61] PSH is on the last segment of a write and on no other (3.9.1.2)', () => {
    const peer = new Peer().connectsToHost();
    peer.write(3000);
    peer.expect({ flags: '.', seq: 1, data: 1460 });
    peer.expect({ flags: '.', seq: 1461, data: 1460 });
    peer.expect({ flags: 'P.', seq: 2921, data: 80 });
  });

  it('[MUST-61] a write of whole segments ends with PSH as well', () => {
    const peer = new Peer().connectsToHost();
    peer.write(2920);
    peer.expect({ flags: '.', seq: 1, data: 1460 });
    peer.expect({ flags: 'P.', seq: 1461, data: 1460 });
  });

  it('[MAY-16] [SHLD-27] [SHLD-28] small writes that must wait leave as one full segment (3.9.1.2)', () => {
    const peer = new Peer().connectsToHost();
    peer.write(100);
    peer.expect({ flags: 'P.', seq: 1, data: 100 });
    for (let i = 0; i < 14; i++) peer.write(100);
    peer.expectNothing();
    peer.write(100);
    // 1500 octets wait: one full segment leaves though Nagle's algorithm holds the rest back.
    const full = peer.expect({ flags: '.', seq: 101, data: 1460 });
    expect(full.flags).not.toContain('P');
    peer.send({ flags: '.', seq: 1, ack: 1561 });
    peer.expect({ flags: 'P.', seq: 1561, data: 40 });
  });

  it('[SHLD-28] a long write leaves in segments of the MSS (3.9.1.2)', () => {
    const peer = new Peer().connectsToHost({ mss: 1000 });
    peer.write(10_000);
    expect(peer.takeAll().map((s) => s.data)).toEqual(Array(10).fill(1000));
  });

  it('[MUST-60] what Nagle’s algorithm keeps back leaves with the ACK (3.9.1.2)', () => {
    const peer = new Peer().connectsToHost();
    peer.write(10);
    peer.write(10);
    peer.expect({ flags: 'P.', seq: 1, data: 10 });
    peer.expectNothing();
    peer.send({ flags: '.', seq: 1, ack: 11 });
    peer.expect({ flags: 'P.', seq: 11, data: 10 });
  });

  it('[MUST-60] what a small window keeps back leaves after a time-out (3.9.1.2; 3.8.6.2.1)', () => {
    const peer = new Peer().connectsToHost({ wnd: 10_000 });
    peer.send({ flags: '.', seq: 1, ack: 1, wnd: 100 });
    peer.write(1000);
    peer.expectNothing();
    const { segment } = peer.next(2000);
    expect(segment).toMatchObject({ seq: 1, data: 100 });
  });

  it('[MAY-17] PSH is not passed up: octets are readable at once with it and without (3.9.1.3)', () => {
    const heard = ['.', 'P.'].map((flags) => {
      const peer = new Peer().connectsToHost();
      peer.send({ flags, seq: 1, ack: 1, data: 100 });
      peer.takeAll();
      return [peer.user.events, peer.user.received];
    });
    expect(heard[0]).toEqual([['readable'], 100]);
    expect(heard[1]).toEqual(heard[0]);
  });
});
