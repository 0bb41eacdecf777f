import { expect, test } from 'vitest';
import { socketTable } from '../../../src/cli/stack/sockets.ts';
import type { Host } from '../../../src/host/host.ts';
import { address } from '../../../src/wire/address.ts';

test('the table of very many sockets ends with how many more there are', () => {
  const listener = {
    local: address('10.0.0.1'),
    port: 80,
    backlog: 5,
    acceptQueueLength: 2,
    synQueueLength: 0,
    since: 0,
  };
  const tcp = {
    now: 1_500_000,
    beginCall: () => {},
    listeners: new Array(200_000).fill(listener),
    connections: [],
    sysctls: {},
    timeWait: { entries: () => [] },
  };
  const lines = socketTable({ tcp } as unknown as Host).split('\n');
  expect(lines).toHaveLength(10_002);
  expect(lines[1]).toMatch(/^LISTEN +2 +5 +10\.0\.0\.1\.80 +\* +1\.5 s$/);
  expect(lines.at(-1)).toBe('... and 190000 more');
});
