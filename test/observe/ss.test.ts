import { describe, expect, it } from 'vitest';
import type { Sysctls } from '../../src/host/host.ts';
import { socketRows } from '../../src/observe/ss.ts';
import { Machine } from '../support/machine.ts';
import { Peer } from '../support/peer.ts';

const SECOND = 1_000_000;

function crowd(count: number, sysctls: Partial<Sysctls>): Peer[] {
  const machine = new Machine({ sysctls });
  const peers = Array.from({ length: count }, (_, i) => new Peer({ machine, port: 5000 + i }));
  const listener = peers[0]!.listen();
  for (const peer of peers) {
    peer.listener = listener;
    peer.connectsToHost();
  }
  return peers;
}

describe('what ss shows', () => {
  it('is every socket with its queues and the age of its state, TIME_WAIT with what it has left', () => {
    const [closeWait, waiting, half] = crowd(3, {}) as [Peer, Peer, Peer];
    const { host } = half;
    waiting.close();
    waiting.expect({ flags: 'F.' });
    waiting.send({ flags: 'F.', seq: 1, ack: 2 });
    waiting.expect({ flags: '.' });
    half.close();
    half.expect({ flags: 'F.' });
    half.send({ flags: '.', seq: 1, ack: 2 });
    half.wait(10_000);
    closeWait.user.autoRead = false;
    closeWait.send({ flags: 'FP.', seq: 1, ack: 1, data: 7 });
    closeWait.write(5);
    closeWait.takeAll();
    const fresh = new Peer({ machine: half.machine, port: 9 });
    fresh.send({ flags: 'S', seq: 0 });
    fresh.expect({ flags: 'S.' });
    half.machine.now += 500_000;
    host.advance(half.machine.now);
    half.machine.packets.length = 0;
    const rows = [...socketRows(host)];
    const row = (state: string) => rows.find((one) => one.state === state)!;
    expect(rows.length).toBe(5);
    expect(row('LISTEN')).toMatchObject({ localPort: 80, remote: null, recvQueue: 0, sendQueue: 4096, synQueue: 1 });
    expect(row('LISTEN').age).toBe(10.5 * SECOND);
    expect(row('SYN_RECEIVED')).toMatchObject({ remotePort: 9, age: SECOND / 2 });
    expect(row('CLOSE_WAIT')).toMatchObject({ recvQueue: 7, sendQueue: 5, age: SECOND / 2, left: null, orphan: false });
    expect(row('TIME_WAIT')).toMatchObject({ remotePort: 5001, age: 10.5 * SECOND, left: 49.5 * SECOND, orphan: true });
    expect(row('FIN_WAIT_2')).toMatchObject({
      remotePort: 5002,
      age: 10.5 * SECOND,
      left: 49.5 * SECOND,
      orphan: true,
    });
  });
});
