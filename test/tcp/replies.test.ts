import { expect, it } from 'vitest';
import type { TcpEvent } from '../../src/tcp/events.ts';
import { RST } from '../../src/wire/segment.ts';
import { Peer } from '../support/peer.ts';

it('what is answered for nobody carries nothing: a RST is told as a segment of no length', () => {
  const peer = new Peer();
  const told: { flags: number; length: number; count: number }[] = [];
  peer.host.observe((event: TcpEvent) => {
    if (event.type !== 'segment' || event.direction !== 'out') return;
    const { flags, length, count } = event.segment;
    told.push({ flags, length, count });
  });
  peer.send({ flags: '.', seq: 1, ack: 77 });
  peer.expect({ flags: 'R', seq: 77, data: 0 });
  expect(told).toEqual([{ flags: RST, length: 0, count: 1 }]);
});
