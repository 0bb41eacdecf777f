import { describe, expect, it } from 'vitest';
import { seqDiff } from '../../../src/wire/seq.ts';
import { Peer } from '../../support/peer.ts';

describe('the round trip as the receiver sees it (tcpi_rcv_rtt)', () => {
  it('is 0 until data has come; then the age of the echo of our timestamp, smoothed', () => {
    const peer = new Peer().connectsToHost({ mss: 1000, ts: [100, 0] });
    expect(peer.c.info()).toMatchObject({ tcpi_rcv_rtt: 0 });
    let [next, echo] = [1, 0];
    const full = (after: number): number => {
      peer.wait(after);
      peer.send({ flags: '.', seq: next, ack: 1, data: 1000, ts: [200, echo] });
      next += 1000;
      echo = peer.takeAll().at(-1)!.ts![0];
      return peer.c.info().tcpi_rcv_rtt;
    };
    expect(full(20)).toBe(20_000);
    expect(full(28)).toBe(21_000);
    // The same echo again, a short segment and one from the future tell nothing.
    peer.wait(500);
    peer.send({ flags: '.', seq: next, ack: 1, data: 1000, ts: [200, 20] });
    peer.send({ flags: '.', seq: next + 1000, ack: 1, data: 10, ts: [200, echo + 1] });
    peer.send({ flags: '.', seq: next + 1010, ack: 1, data: 1000, ts: [200, echo + 100_000] });
    peer.takeAll();
    expect(peer.c.info().tcpi_rcv_rtt).toBe(21_000);
  });

  it('without timestamps is the least time that a whole window took', () => {
    const peer = new Peer().connectsToHost({ mss: 1000 });
    let next = 1;
    const segment = (): void => {
      peer.send({ flags: '.', seq: next, ack: 1, data: 1000 });
      peer.takeAll();
      next += 1000;
    };
    const window = (milliseconds: number): number => {
      const edge = seqDiff(peer.c.rcv.rttEdge, peer.c.rcv.irs);
      peer.wait(milliseconds);
      while (next < edge) segment();
      return peer.c.info().tcpi_rcv_rtt;
    };
    segment();
    expect(peer.c.info().tcpi_rcv_rtt).toBe(0);
    expect([window(30), window(20), window(50)]).toEqual([30_000, 20_000, 20_000]);
  });
});
