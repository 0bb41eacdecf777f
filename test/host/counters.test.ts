import { expect, it } from 'vitest';
import { Peer } from '../support/peer.ts';

it('every counter of a new host begins with nothing', () => {
  const { host } = new Peer();
  const counted = [...Object.entries(host.tcp.counters), ...Object.entries(host.ip.counters)];
  expect(counted.length).toBeGreaterThan(80);
  expect(counted.filter(([, value]) => value !== 0)).toEqual([]);
});
