import { expect, it } from 'vitest';
import { address } from '../../../src/wire/address.ts';
import { RecordingUser, stream } from '../../support/user.ts';
import { FAULTLESS, Station, TwoHosts } from '../support/two-hosts.ts';

it('two hosts that open to each other at once get one connection, and may close it at once (RFC 9293, figures 7 and 13)', () => {
  const world = new TwoHosts(FAULTLESS, Station);
  const ends = [world.near, world.far].map(({ name, host }) => ({ name, host, user: new RecordingUser() }));
  const connections = ends.map(({ host, user }, i) => {
    const remote = address(ends[1 - i]!.name);
    const c = host.tcp.connect({ remote, remotePort: 7, localPort: 7, user });
    user.connection = c;
    return c;
  });
  world.wait(100);
  expect(connections.map((c) => c.state)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  expect(ends.map(({ user }) => user.events)).toEqual([['connected'], ['connected']]);
  expect(Math.max(...ends.map(({ host }) => host.tcp.counters.InSegs))).toBeLessThan(6); // no storm of SYN-ACKs

  for (const c of connections) {
    c.send(stream('peer', 0, 1000));
    c.shutdown();
  }
  world.wait(100);
  expect(connections.map((c) => c.state)).toEqual(['TIME_WAIT', 'TIME_WAIT']);
  expect(ends.map(({ user }) => user.received)).toEqual([1000, 1000]);
});
