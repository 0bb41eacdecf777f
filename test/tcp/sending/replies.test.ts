import { expect, it } from 'vitest';
import type { TcpEvent } from '../../../src/tcp/tcb/events.ts';
import { ACK, RST, SYN } from '../../../src/wire/segment.ts';
import { Peer } from '../../support/peer.ts';

it('what is answered without a connection carries nothing: a RST is told as a segment of no length', () => {
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

it('nothing of a long segment is left in what is sent next: ACK, SYN, SYN-ACK, RST', () => {
  const peer = new Peer({ gsoMaxSize: 65_536 }).connectsToHost();
  const told: Record<string, { length: number; gsoSize: number; count: number }> = {};
  peer.host.observe((event: TcpEvent) => {
    if (event.type !== 'segment' || event.direction !== 'out') return;
    const { flags, length, gsoSize, count } = event.segment;
    if (length === 0) told[flags] = { length, gsoSize, count };
    else expect({ gsoSize, count }).toEqual({ gsoSize: 1460, count: 7 });
  });
  const steps: (() => void)[] = [
    () => peer.send({ flags: '.', seq: 9, ack: 1 + peer.written, data: 10 }),
    () => void peer.host.tcp.connect({ remote: peer.address, remotePort: 9, user: peer.user }),
    () => new Peer({ machine: peer.machine, port: 41_000 }).send({ flags: 'S', seq: 0, mss: 1460 }),
    () => new Peer({ machine: peer.machine, port: 42_000, hostPort: 9 }).send({ flags: '.', seq: 0, ack: 5 }),
  ];
  for (const step of steps) {
    peer.write(10_000);
    peer.machine.settle();
    step();
    peer.machine.settle();
    peer.send({ flags: '.', seq: 1, ack: 1 + peer.written });
  }
  peer.machine.packets.length = 0;
  const nothing = { length: 0, gsoSize: 0, count: 1 };
  expect(told).toEqual({ [ACK]: nothing, [SYN]: nothing, [SYN | ACK]: nothing, [RST]: nothing });
});
