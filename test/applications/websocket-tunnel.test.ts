import { existsSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { pattern } from '../link/fake-device.ts';
import { stacks, sum, transfer } from '../link/support/stream-stacks.ts';

test.skipIf(!existsSync(new URL('node_modules', import.meta.url)))('two stacks over a WebSocket', async () => {
  const { default: websocketTunnel } = await import('./websocket-tunnel.mjs' as string);
  const [near, far] = stacks((await websocketTunnel()) as [Duplex, Duplex], { mtu: 16_000 });
  const data = pattern(2_000_000);
  for (let i = 0; i < 3; i++) {
    expect(await transfer([near, far], data)).toBe(sum(data));
    expect(await transfer([far, near], data, '10.0.0.1')).toBe(sum(data));
  }
  expect([near.link.counters.txQueueFull, far.link.counters.txQueueFull]).toEqual([0, 0]);
});
