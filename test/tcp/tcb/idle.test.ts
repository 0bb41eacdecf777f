import { expect, it } from 'vitest';
import { Machine } from '../../support/machine.ts';
import { Peer } from '../../support/peer.ts';

it('idle connections want no timer, share what no user changed, and one that changes its options changes no other’s', () => {
  const machine = new Machine();
  const peers = Array.from({ length: 50 }, (_, i) => new Peer({ machine, port: 1000 + i }));
  const listener = peers[0]!.listen();
  for (const peer of peers) {
    peer.listener = listener;
    peer.connectsToHost();
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10 });
    peer.expect({ flags: '.', ack: 11 });
  }
  machine.wait(10_000);
  expect(machine.host.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  const [a, b] = peers as [Peer, Peer];
  expect(a.c.settings).toBe(b.c.settings);
  a.c.setNoDelay(true);
  expect([a.c.settings.noDelay, b.c.settings.noDelay, listener.options.noDelay]).toEqual([true, false, false]);
  // A listener's options hold for connections that begin later, not for those that are there.
  listener.options.tos = 8;
  const late = new Peer({ machine, port: 9 });
  late.listener = listener;
  late.connectsToHost();
  expect([late.c.settings.tos, b.c.settings.tos]).toEqual([8, 0]);
});
