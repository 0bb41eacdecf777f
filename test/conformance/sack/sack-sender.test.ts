import { describe, expect, it } from 'vitest';
import type { Sysctls } from '../../../src/host/host.ts';
import { Peer, type SegmentSpec } from '../../support/peer.ts';

/** With Reno: ten segments of 1000 octets are out, numbered 0 to 9, and more wait if `octets` says so. */
function tenOut(octets = 10_000, syn: Partial<SegmentSpec> = {}, sysctls: Partial<Sysctls> = {}): Peer {
  const peer = new Peer({ sysctls: { tcp_congestion_control: 'reno', ...sysctls } }).connectsToHost({
    mss: 1000,
    sackOk: true,
    ...syn,
  });
  peer.write(octets);
  const sent = peer.takeAll();
  expect(sent).toHaveLength(10);
  return peer;
}

/** Loss by counting, and no probes: RFC 6675 alone. */
const COUNTING = { tcp_recovery: 0, tcp_early_retrans: 0 };

type Range = [from: number, to: number];

/** The peer acknowledges up to segment `una`, and selectively the ranges. @returns which segments the host then sends */
function ack(peer: Peer, una: number, ...ranges: Range[]): number[] {
  const sack = ranges.map(([from, to]): Range => [1 + 1000 * from, 1 + 1000 * to]);
  peer.send({ flags: '.', seq: 1, ack: 1 + 1000 * una, sack });
  return peer.takeAll().map((s) => (s.seq! - 1) / 1000);
}

describe('SACK as the sender uses it (RFC 2018, section 5; RFC 6675)', () => {
  it('three segments beyond a hole: the hole is sent again, and what arrived is not (RFC 6675, section 5, (4))', () => {
    const peer = tenOut();
    expect(ack(peer, 0, [1, 2])).toEqual([]);
    expect(ack(peer, 0, [1, 3])).toEqual([]);
    expect(ack(peer, 0, [1, 4])).toEqual([0]);
    expect(ack(peer, 0, [1, 10])).toEqual([]);
    expect(ack(peer, 10)).toEqual([]);
    expect(peer.c.info()).toMatchObject({
      tcpi_total_retrans: 1,
      tcpi_unacked: 0,
    });
  });

  it('one ACK that tells of three at once does the same (RFC 6675, section 2: DupThresh in segments)', () => {
    const peer = tenOut();
    expect(ack(peer, 0, [1, 4])).toEqual([0]);
  });

  it('each hole is sent again once, the first first (RFC 6675, section 4, NextSeg (1))', () => {
    const peer = tenOut();
    // Lost: 0, 2, 4. Segments arrive one by one.
    const sent = [
      ack(peer, 0, [1, 2]),
      ack(peer, 0, [3, 4], [1, 2]),
      ack(peer, 0, [5, 6], [3, 4], [1, 2]),
      ack(peer, 0, [5, 7], [3, 4], [1, 2]),
      ack(peer, 0, [5, 8], [3, 4], [1, 2]),
      ack(peer, 0, [5, 9], [3, 4], [1, 2]),
      ack(peer, 0, [5, 10], [3, 4], [1, 2]),
    ].flat();
    expect(sent).toEqual([0, 2, 4]);
    expect(ack(peer, 10)).toEqual([]);
    expect(peer.c.info().tcpi_total_retrans).toBe(3);
  });

  it('holes above which too little has arrived are not taken for lost (RFC 6675, section 4, IsLost)', () => {
    const peer = tenOut(10_000, {}, COUNTING);
    expect(ack(peer, 0, [1, 4], [5, 7])).toEqual([0]);
    expect(peer.c.info()).toMatchObject({ tcpi_sacked: 5, tcpi_lost: 1 });
  });

  it('what left the network makes room for new segments (RFC 6675, section 5: pipe)', () => {
    const peer = tenOut(100_000);
    expect(ack(peer, 0, [1, 2])).toEqual([10]);
    expect(ack(peer, 0, [1, 3])).toEqual([11]);
    // ssthresh: half of the ten of the window; then one leaves for each two that arrive (PRR, RFC 9937).
    expect(ack(peer, 0, [1, 4])).toEqual([0]);
    expect(ack(peer, 0, [1, 6])).toEqual([12]);
    expect(ack(peer, 0, [1, 12])).not.toEqual([]);
  });

  it('limited transmit: each of the first two ACKs out of order sends a new segment (RFC 3042, section 2)', () => {
    const peer = tenOut(100_000);
    expect([ack(peer, 0, [1, 2]), ack(peer, 0, [1, 3])]).toEqual([[10], [11]]);
    expect(peer.c.info().tcpi_snd_cwnd).toBe(10);
  });

  it('a duplicate ACK without news in its blocks is none (RFC 6675, section 2)', () => {
    const peer = tenOut(100_000);
    ack(peer, 0, [1, 2]);
    for (let i = 0; i < 10; i++) expect(ack(peer, 0, [1, 2])).toEqual([]);
    expect(peer.c.info().tcpi_total_retrans).toBe(0);
  });

  it('blocks of what was never sent, or is acknowledged, are ignored (RFC 2018, section 5; RFC 2883, section 4)', () => {
    const peer = tenOut();
    for (const range of [
      [20, 23],
      [9, 11],
      [-3, -1],
      [-2, 5],
      [5, 5],
      [7, 4],
    ] as Range[])
      ack(peer, 0, range);
    expect(peer.c.info()).toMatchObject({
      tcpi_sacked: 0,
      tcpi_total_retrans: 0,
    });
  });

  it('recovery ends when all that was out is acknowledged; until then the window is not cut again (section 5, (A))', () => {
    const peer = tenOut(100_000);
    ack(peer, 0, [1, 4]);
    expect(peer.c.info()).toMatchObject({
      tcpi_ca_state: 3,
      tcpi_snd_ssthresh: 5,
    });
    ack(peer, 4, [5, 9]);
    expect(peer.c.info()).toMatchObject({
      tcpi_ca_state: 3,
      tcpi_snd_ssthresh: 5,
    });
    ack(peer, 10);
    expect(peer.c.info().tcpi_ca_state).toBe(0);
    expect(peer.c.info().tcpi_snd_cwnd).toBeLessThanOrEqual(6);
    peer.takeAll();
  });

  it('a lost retransmission is left to the timer, which begins at the first hole (section 5.1)', () => {
    const peer = tenOut();
    ack(peer, 0, [1, 10]);
    const { segment } = peer.next();
    expect(segment.seq).toBe(1);
    expect(ack(peer, 10)).toEqual([]);
  });

  it('after a time-out what had been told to have arrived is not sent again', () => {
    const peer = tenOut(10_000, {}, COUNTING);
    ack(peer, 0, [4, 6]);
    expect(peer.next().segment.seq).toBe(1);
    const sent = [ack(peer, 1, [4, 6]), ack(peer, 2, [4, 6]), ack(peer, 4, [4, 6])].flat();
    expect(sent).not.toContain(4);
    expect(sent).not.toContain(5);
    expect(sent).toContain(6);
    peer.takeAll();
  });

  it('a peer that has thrown away what it told: the time-out sends it after all (RFC 2018, section 8)', () => {
    const peer = tenOut();
    ack(peer, 0, [1, 10]);
    // 0 arrives, and is all that the peer still has.
    expect(ack(peer, 1)).toEqual([]);
    const seen = [(peer.next().segment.seq! - 1) / 1000];
    for (let una = 2; una < 10; una++) seen.push(...ack(peer, una));
    expect([...new Set(seen)].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(peer.host.tcp.counters.TCPSACKReneging).toBe(1);
    ack(peer, 10);
  });
});

describe('D-SACK as the sender uses it (RFC 2883; RFC 3708)', () => {
  it('says that the retransmission was needless: the window comes back (RFC 3708, section 2.2)', () => {
    const peer = tenOut();
    expect(ack(peer, 0, [1, 4])).toEqual([0]);
    expect(peer.c.info().tcpi_snd_ssthresh).toBe(5);
    // The original was only late: everything arrives, and the copy comes back as a duplicate.
    ack(peer, 10, [0, 1]);
    expect(peer.c.info()).toMatchObject({
      tcpi_dsack_dups: 1,
      tcpi_ca_state: 0,
    });
    expect(peer.c.info().tcpi_snd_cwnd).toBeGreaterThanOrEqual(10);
    expect(peer.c.info().tcpi_snd_ssthresh).toBeGreaterThan(10);
  });

  it('a block within the second one is a D-SACK, too (RFC 2883, section 5, (2))', () => {
    const peer = tenOut();
    ack(peer, 0, [2, 5]);
    ack(peer, 0, [3, 4], [2, 5]);
    expect(peer.c.info()).toMatchObject({ tcpi_dsack_dups: 1, tcpi_sacked: 3 });
    peer.takeAll();
  });

  it('the first block, where it is a duplicate, is no news of arrival (RFC 2883, section 5)', () => {
    const peer = tenOut();
    ack(peer, 3);
    for (let i = 0; i < 5; i++) ack(peer, 3, [0, 1]);
    expect(peer.c.info()).toMatchObject({
      tcpi_sacked: 0,
      tcpi_total_retrans: 0,
      tcpi_dsack_dups: 5,
    });
  });
});
