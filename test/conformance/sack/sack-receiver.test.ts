import { describe, expect, it } from 'vitest';
import { Peer, type SegmentSpec } from '../../support/peer.ts';

/** SACK agreed upon, no timestamps unless `syn` has some. */
function withSack(syn: Partial<SegmentSpec> = {}, sysctls = {}): Peer {
  return new Peer({ sysctls }).connectsToHost({
    mss: 1000,
    sackOk: true,
    ...syn,
  });
}

/** The peer sends the `n`th segment of 1000 octets. @returns the blocks of the ACK */
function segment(peer: Peer, n: number, more: Partial<SegmentSpec> = {}): [number, number][] | undefined {
  peer.send({ flags: '.', seq: 1 + 1000 * n, ack: 1, data: 1000, ...more });
  return peer.takeAll().at(-1)?.sack;
}

const block = (from: number, to = from + 1): [number, number] => [1 + 1000 * from, 1 + 1000 * to];

describe('SACK as the receiver sends it (RFC 2018)', () => {
  it('it is offered in SYN, repeated in SYN-ACK only where offered (section 2)', () => {
    const active = new Peer();
    active.open();
    active.expect({ flags: 'S', sackOk: true });
    const asked = new Peer();
    asked.listen();
    asked.send({ flags: 'S', seq: 0, sackOk: true });
    asked.expect({ flags: 'S.', sackOk: true });
    const unasked = new Peer();
    unasked.listen();
    unasked.send({ flags: 'S', seq: 0 });
    unasked.expect({ flags: 'S.', sackOk: false });
    const off = new Peer({ sysctls: { tcp_sack: 0 } });
    off.open();
    off.expect({ flags: 'S', sackOk: false });
  });

  it('without the agreement no block is sent (section 4)', () => {
    const peer = new Peer().connectsToHost({ mss: 1000 });
    expect(segment(peer, 2)).toBeUndefined();
  });

  it('each segment beyond a hole is told (section 4)', () => {
    const peer = withSack();
    expect(segment(peer, 1)).toEqual([block(1)]);
    expect(segment(peer, 2)).toEqual([block(1, 3)]);
  });

  it('the block of the segment that caused the ACK comes first, then the ones told last (section 4, (1), (3))', () => {
    const peer = withSack();
    segment(peer, 1);
    expect(segment(peer, 3)).toEqual([block(3), block(1)]);
    expect(segment(peer, 5)).toEqual([block(5), block(3), block(1)]);
    // Case 3 of section 7 backwards: an older block grows and comes to the front.
    expect(segment(peer, 2)).toEqual([block(1, 4), block(5)]);
  });

  it('four blocks fit (section 3), three beside timestamps', () => {
    const four = withSack();
    for (const n of [1, 3, 5, 7]) segment(four, n);
    expect(segment(four, 9)).toEqual([block(9), block(7), block(5), block(3)]);
    const three = withSack({ ts: [10, 0] });
    for (const n of [1, 3, 5]) segment(three, n, { ts: [12, 0] });
    expect(segment(three, 7, { ts: [12, 0] })).toEqual([block(7), block(5), block(3)]);
  });

  it('what is acknowledged in the ordinary way is told no more (section 4)', () => {
    const peer = withSack();
    segment(peer, 1);
    segment(peer, 3);
    expect(segment(peer, 0)).toEqual([block(3)]);
    expect(segment(peer, 2)).toBeUndefined();
    expect(peer.user.received).toBe(4000);
  });

  it('every segment carries the blocks while there is a hole, data too (section 4)', () => {
    const peer = withSack();
    segment(peer, 1);
    peer.write(10);
    peer.expect({ flags: 'P.', seq: 1, data: 10, sack: [block(1)] });
    peer.shutdown();
    peer.expect({ flags: 'F.', sack: [block(1)] });
  });
});

describe('D-SACK as the receiver sends it (RFC 2883)', () => {
  it('a whole segment that had been acknowledged: a block below the ACK (section 4.1.1)', () => {
    const peer = withSack();
    segment(peer, 0);
    segment(peer, 1);
    expect(segment(peer, 0)).toEqual([block(0)]);
  });

  it('it is told once (section 4, (1))', () => {
    const peer = withSack();
    segment(peer, 0);
    expect(segment(peer, 0)).toEqual([block(0)]);
    expect(segment(peer, 1)).toBeUndefined();
  });

  it('one that is held beyond a hole: its part, then the block around it (section 4.1.2)', () => {
    const peer = withSack();
    segment(peer, 1);
    segment(peer, 2);
    expect(segment(peer, 1)).toEqual([block(1), block(1, 3)]);
  });

  it('only the part that came twice is told (section 4.2)', () => {
    const peer = withSack();
    segment(peer, 0);
    peer.send({ flags: '.', seq: 501, ack: 1, data: 1000 });
    expect(peer.takeAll().at(-1)!.sack).toEqual([[501, 1001]]);
    expect(peer.user.received).toBe(1500);
  });

  it('below the ACK with a hole further on: both blocks (section 4.1.1)', () => {
    const peer = withSack();
    segment(peer, 0);
    segment(peer, 2);
    expect(segment(peer, 0)).toEqual([block(0), block(2)]);
  });

  it('two in one batch: an ACK for each; neighbours share one (section 4)', () => {
    const peer = withSack();
    for (const n of [2, 5, 6]) segment(peer, n);
    const again = (n: number): void => peer.send({ flags: '.', seq: 1 + 1000 * n, ack: 1, data: 1000 });
    peer.batch(() => [2, 5, 6].forEach(again));
    expect(peer.takeAll().map(({ sack }) => sack![0])).toEqual([block(2), block(5, 7)]);
    peer.batch(() => [5, 2].forEach(again));
    expect(peer.takeAll().map(({ sack }) => sack![0])).toEqual([block(5), block(2)]);
  });

  it('with tcp_dsack 0, or without SACK, nothing is told of it', () => {
    for (const peer of [withSack({}, { tcp_dsack: 0 }), new Peer().connectsToHost({ mss: 1000 })]) {
      segment(peer, 0);
      expect(segment(peer, 0)).toBeUndefined();
    }
  });
});
