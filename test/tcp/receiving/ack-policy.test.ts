import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

/** A connection whose sixteen quick ACKs are used up; 1 + `received` is the next sequence number. */
function afterQuickAcks(options: ConstructorParameters<typeof Peer>[0] = {}): { peer: Peer; next: number } {
  const peer = new Peer(options).connectsToHost({ mss: 1460 });
  let next = 1;
  for (let i = 0; i < 16; i++, next += 1000) {
    peer.send({ flags: '.', seq: next, ack: 1, data: 1000 });
    peer.expect({ flags: '.', ack: next + 1000 });
  }
  return { peer, next };
}

describe('acknowledging (RFC 9293, 3.8.6.3; RFC 5681, 4.2)', () => {
  it('the first sixteen segments at once, then after 40 ms', () => {
    const { peer, next } = afterQuickAcks();
    peer.send({ flags: '.', seq: next, ack: 1, data: 1000 });
    peer.wait(39);
    peer.expectNothing();
    peer.wait(1);
    peer.expect({ flags: '.', ack: next + 1000 });
    expect(peer.host.tcp.counters.DelayedACKs).toBe(1);
  });

  it('every second full segment at once (SHLD-19)', () => {
    const { peer, next } = afterQuickAcks();
    peer.send({ flags: '.', seq: next, ack: 1, data: 1000 });
    peer.expectNothing();
    peer.send({ flags: '.', seq: next + 1000, ack: 1, data: 1000 });
    peer.expect({ flags: '.', ack: next + 2000 });
  });

  it('a whole batch with one ACK', () => {
    const { peer, next } = afterQuickAcks();
    peer.batch(() => {
      for (let i = 0; i < 10; i++) peer.send({ flags: '.', seq: next + 1000 * i, ack: 1, data: 1000 });
    });
    peer.expect({ flags: '.', ack: next + 10_000 });
  });

  it('with the data that answers it', () => {
    const { peer, next } = afterQuickAcks();
    peer.send({ flags: 'P.', seq: next, ack: 1, data: 1000 });
    peer.write(50);
    peer.expect({ flags: 'P.', seq: 1, ack: next + 1000, data: 50 });
    peer.wait(100);
    peer.expectNothing();
  });

  it('what is out of order at once, each time, and what fills a hole too (SHLD-31)', () => {
    const { peer, next } = afterQuickAcks();
    for (const i of [3, 2, 1]) {
      peer.send({ flags: '.', seq: next + 1000 * i, ack: 1, data: 1000 });
      peer.expect({ flags: '.', ack: next });
    }
    peer.send({ flags: '.', seq: next, ack: 1, data: 1000 });
    peer.expect({ flags: '.', ack: next + 4000 });
    expect(peer.user.received).toBe(next - 1 + 4000);
  });

  it('what follows when the hole is filled only after the delay', () => {
    const { peer, next } = afterQuickAcks();
    peer.send({ flags: '.', seq: next + 1000, ack: 1, data: 1000 });
    peer.expect({ flags: '.', ack: next });
    peer.send({ flags: '.', seq: next, ack: 1, data: 1000 });
    peer.expect({ flags: '.', ack: next + 2000 });
    peer.send({ flags: '.', seq: next + 2000, ack: 1, data: 1000 });
    expect(peer.next().after).toBe(40);
  });

  it('a duplicate at once: the ACK may have been lost', () => {
    const { peer, next } = afterQuickAcks();
    peer.send({ flags: '.', seq: next - 1000, ack: 1, data: 1000 });
    peer.expect({ flags: '.', ack: next });
  });

  it('a super-segment as the many segments that it is', () => {
    const { peer, next } = afterQuickAcks();
    peer.send({ flags: '.', seq: next, ack: 1, data: 10_000, gso: 1000 });
    peer.expect({ flags: '.', ack: next + 10_000 });
    expect(peer.c.info().tcpi_data_segs_in).toBe(26);
    // Beyond a hole, and then the hole.
    peer.send({ flags: '.', seq: next + 15_000, ack: 1, data: 5000, gso: 1000 });
    peer.expect({ flags: '.', ack: next + 10_000 });
    peer.send({ flags: '.', seq: next + 10_000, ack: 1, data: 7000, gso: 1000 });
    peer.expect({ flags: '.', ack: next + 20_000 });
    expect(peer.user.received).toBe(next - 1 + 20_000);
  });

  it('quickly again after a pause of the peer', () => {
    const { peer, next } = afterQuickAcks();
    peer.wait(1001);
    peer.send({ flags: '.', seq: next, ack: 1, data: 1000 });
    peer.expect({ flags: '.', ack: next + 1000 });
  });
});
