import { describe, expect, it } from 'vitest';
import type { Sysctls } from '../../../src/host/host.ts';
import { pacingRate, superSegmentSegments } from '../../../src/tcp/congestion/pacing.ts';
import { Peer } from '../../support/peer.ts';

/**
 * How long super-segments are, by the rate (tcp_tso_autosize in net/ipv4/tcp_output.c): what leaves in 1/1024 of a second
 * (sk_pacing_shift is 10), at least `tcp_min_tso_segs`, at most what the link takes; longer where the round trip is short.
 */

const MSS = 1000;
/** What the link takes beside headers of 20 and 60 octets, in whole segments. */
const MOST = 65;

/** A connection over a link that cuts super-segments, with a round trip of so many milliseconds. */
function connected(roundTrip: number, sysctls: Partial<Sysctls> = {}): Peer {
  const peer = new Peer({ gsoMaxSize: 65_535, sysctls });
  peer.verifyData = false;
  peer.listen();
  peer.send({ flags: 'S', seq: 0, wnd: 65_535, mss: MSS, wscale: 8, sackOk: true });
  peer.expect({ flags: 'S.' });
  peer.wait(roundTrip);
  peer.send({ flags: '.', seq: 1, ack: 1, wnd: 60_000 });
  peer.accept();
  peer.c.cc.cwnd = 100_000; // so that no rate is that of the window, but the user's
  peer.c.cc.ssthresh = 10;
  return peer;
}

/** Segments of a super-segment at so many octets a second. */
function segmentsAt(peer: Peer, rate: number): number {
  peer.c.setMaxPacingRate(rate);
  expect(pacingRate(peer.c)).toBe(rate);
  return superSegmentSegments(peer.c, MSS, MOST * MSS);
}

describe('a super-segment over a round trip of 100 ms', () => {
  const peer = connected(100);

  it.each([
    [1024 * 10 * MSS, 10],
    [1024 * 10 * MSS - 1, 9],
    [1024 * 3 * MSS, 3],
    [1024 * MOST * MSS, MOST],
    [40e6, 39],
  ])('is what leaves in 1/1024 of a second: at %i octets a second %i segments', (rate, segments) => {
    expect(segmentsAt(peer, rate)).toBe(segments);
  });

  it('has two segments at least (tcp_min_tso_segs), however low the rate is', () => {
    for (const rate of [1, 1000, 1024 * MSS]) expect(segmentsAt(peer, rate)).toBe(2);
    for (const least of [1, 4]) expect(segmentsAt(connected(100, { tcp_min_tso_segs: least }), 1000)).toBe(least);
  });

  it('is no longer than the link takes, however high the rate is', () => {
    expect(segmentsAt(peer, 1024 * 10 * MOST * MSS)).toBe(MOST);
    expect(segmentsAt(peer, 190e6)).toBe(MOST);
  });
});

describe('a super-segment over a short round trip (tcp_tso_rtt_log)', () => {
  /** At a rate that by itself gives one segment. */
  const RATE = 1024 * MSS;

  it('is as long as the link takes below 512 us, half as long up to 1024, and so on, and what the rate adds', () => {
    const rooms = [0.2, 0.511, 0.6, 1.1, 1.6, 2.1].map((roundTrip) => {
      const peer = connected(roundTrip);
      expect(peer.c.rtt.minRtt).toBe(roundTrip * 1000);
      return segmentsAt(peer, RATE);
    });
    // 65 and one, but no more than 65; 32.5 and one; 16.25 and one; ...
    expect(rooms).toEqual([MOST, MOST, 33, 17, 9, 5]);
  });

  it('halves later with a larger knob, and not at all by the round trip with 0', () => {
    expect(segmentsAt(connected(1.1, { tcp_tso_rtt_log: 10 }), RATE)).toBe(33);
    expect(segmentsAt(connected(1.1, { tcp_tso_rtt_log: 11 }), RATE)).toBe(MOST);
    expect(segmentsAt(connected(0.2, { tcp_tso_rtt_log: 0 }), RATE)).toBe(2);
  });

  it('counts the rate alone from 32 halvings on', () => {
    expect(segmentsAt(connected(20), 1024 * 7 * MSS)).toBe(7);
  });
});

describe('what leaves', () => {
  it('is as long as that, without a limit by the rate of the window', () => {
    const peer = connected(100);
    // 200 segments in 100 ms, and a fifth more: 2.4 MB/s, 2343 octets in 1/1024 of a second.
    peer.c.cc.cwnd = 200;
    peer.write(20_000);
    expect(peer.takeAll().map(({ data }) => data)).toEqual(Array.from({ length: 10 }, () => 2 * MSS));
    peer.c.cc.cwnd = 2000;
    peer.write(69_000);
    expect(peer.takeAll().map(({ data }) => data)).toEqual([23_000, 23_000, 23_000]);
  });

  it('is one segment with BBR below 1.2 Mbit/s, two up to 16 Mbit/s', () => {
    const peer = connected(100, { tcp_congestion_control: 'bbr' });
    const { cc } = peer.c;
    const at = (rate: number): number => {
      cc.pacingRate = rate;
      return superSegmentSegments(peer.c, MSS, MOST * MSS);
    };
    expect([149_999, 150_000, 2_000_000, 5_000_000].map(at)).toEqual([1, 2, 2, 4]);
  });
});
