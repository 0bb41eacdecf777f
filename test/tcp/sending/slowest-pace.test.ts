import { expect, it } from 'vitest';
import { pacingRate } from '../../../src/tcp/congestion/pacing.ts';
import { Peer } from '../../support/peer.ts';

it('no pace is slower than an octet a second, however little the user allows: as with the whole numbers of SO_MAX_PACING_RATE', () => {
  const peer = new Peer({ sysctls: { tcp_congestion_control: 'reno' } }).connectsToHost({ mss: 1000 });
  peer.c.setMaxPacingRate(Number.MIN_VALUE);
  peer.write(12_000);
  // The first ten are not spread. The last of them has its time as well.
  expect(peer.takeAll()).toHaveLength(10);
  peer.send({ flags: '.', seq: 1, ack: 10_001 });
  const { after } = peer.next(1e7);
  expect(after).toBeLessThanOrEqual(1_000_000);
  peer.abort();
  peer.takeAll();
});

it('a rate is one even where a round trip takes longer than a second for each octet of the window: 0 would be no rate at all', () => {
  const peer = new Peer({ sysctls: { tcp_congestion_control: 'reno', default_qdisc: 'fq' } }).connectsToHost();
  peer.c.cc.cwnd = 1;
  peer.c.rtt.srtt = 3e9 * peer.c.snd.mss;
  expect(pacingRate(peer.c)).toBe(1);
  peer.abort();
  peer.takeAll();
});
