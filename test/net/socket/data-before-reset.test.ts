import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Connection } from '../../../src/tcp/user/connection.ts';
import { pair, pattern } from '../support/record.ts';
import { cableNets } from '../support/two-nets.ts';

/** A pair of which one end, not reading, has 200,000 octets and then a reset. */
async function resetBehindData() {
  const nets = cableNets();
  const { near, far } = await pair(nets);
  far.pause();
  const events: string[] = [];
  let octets = 0;
  far.on('data', (chunk: Buffer) => (octets += chunk.length));
  far.pause();
  far.on('error', (error: NodeJS.ErrnoException) => events.push(`${error.syscall} ${error.code}`));
  far.on('close', () => events.push('close'));
  (far._connection as Connection).receiveBuffer = 1_000_000;
  (far._connection as Connection).rcv.wscale = 4;
  (near._connection as Connection).snd.wscale = 4;
  near.write(pattern(200_000));
  const connection = far._connection as Connection;
  for (let i = 0; i < 200 && connection.bytesReceived < 200_000; i++) await sleep(5);
  expect(connection.bytesReceived).toBe(200_000);
  near.on('error', () => {});
  near.resetAndDestroy();
  for (let i = 0; i < 200 && connection.state !== 'CLOSED'; i++) await sleep(5);
  return { nets, far, events, octets: () => octets };
}

describe('data, then a reset, at a socket that is not read', () => {
  test('are both there for the reader: the data first', async () => {
    const { nets, far, events, octets } = await resetBehindData();
    expect([events, far.destroyed]).toEqual([[], false]);
    far.resume();
    for (let i = 0; i < 200 && !events.includes('close'); i++) await sleep(5);
    expect([octets(), events]).toEqual([200_000, ['read ECONNRESET', 'close']]);
    await nets.close();
  });

  test('a writer is told at once', async () => {
    const { nets, far, events } = await resetBehindData();
    far.write('x');
    for (let i = 0; i < 200 && !events.includes('close'); i++) await sleep(5);
    expect(events).toEqual(['write ECONNRESET', 'close']);
    await nets.close();
  });
});
