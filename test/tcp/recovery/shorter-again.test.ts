import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

/** Octets of a segment beside timestamps, and beside one SACK block as well. */
const MSS = 988;
const SHORTER = 976;

const at = (k: number): number => 1 + MSS * k;

describe('what is sent again beside options that were not there before (tcp_retransmit_skb, tcp_set_skb_tso_segs)', () => {
  /** Ten segments are out when the peer sends something out of order; of those from the third on it has had `ranges`. */
  function lost(...ranges: [from: number, to: number][]): Peer {
    const sysctls = { tcp_early_retrans: 0, tcp_congestion_control: 'reno' };
    const peer = new Peer({ sysctls, gsoMaxSize: 65536 }).connectsToHost({ mss: 1000, sackOk: true, ts: [5000, 0] });
    peer.write(10 * MSS);
    expect(peer.takeAll().reduce((sum, s) => sum + Number(s.data), 0)).toBe(10 * MSS);
    peer.wait(100);
    peer.send({ flags: '.', seq: 11, ack: 1, ts: [5100, 0], data: 10 });
    peer.takeAll();
    peer.send({ flags: '.', seq: 1, ack: at(2), ts: [5100, 0], sack: ranges.map(([a, b]) => [at(a), at(b)]) });
    return peer;
  }

  it('counts as the segments that it goes in: two for one', () => {
    const peer = lost([3, 10]);
    peer.expect({ flags: 'P.', seq: at(2), data: MSS, gso: SHORTER });
    expect(peer.c.info()).toMatchObject({ tcpi_retrans: 2, tcpi_total_retrans: 2, tcpi_unacked: 9 });
  });

  it('the first of them can be told to have arrived alone', () => {
    const peer = lost([3, 4], [5, 10]);
    expect(peer.takeAll().map((s) => [s.seq, s.gso])).toEqual([2, 4].map((k) => [at(k), SHORTER]));
    const { tcpi_sacked: before } = peer.c.info();
    peer.send({ flags: '.', seq: 1, ack: at(2), ts: [5100, 0], sack: [[at(4), at(4) + SHORTER]] });
    peer.takeAll();
    expect(peer.c.info().tcpi_sacked).toBe(before + 1);
  });

  it('so does what the timer sends: one segment, as long as it may be now', () => {
    const sysctls = { tcp_early_retrans: 0, tcp_congestion_control: 'reno' };
    const peer = new Peer({ sysctls, gsoMaxSize: 65536 }).connectsToHost({ mss: 1000, sackOk: true, ts: [5000, 0] });
    peer.write(2 * MSS);
    peer.takeAll();
    peer.send({ flags: '.', seq: 11, ack: 1, ts: [5001, 0], data: 10 });
    peer.takeAll();
    peer.wait(250);
    peer.expect({ flags: '.', seq: 1, data: SHORTER });
  });
});
