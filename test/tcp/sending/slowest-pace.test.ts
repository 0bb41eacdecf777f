import { expect, it } from 'vitest';
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
