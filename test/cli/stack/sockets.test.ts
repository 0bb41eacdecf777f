import { expect, test } from 'vitest';
import { socketTable } from '../../../src/cli/stack/sockets.ts';
import type { Host } from '../../../src/host/host.ts';
import { address } from '../../../src/wire/address.ts';

test('ends are written as ss writes them', () => {
  const socket = (local: string, remote: string | null) => ({
    state: 'ESTABLISHED',
    local: address(local),
    localPort: 7,
    port: 7,
    remote: remote && address(remote),
    remotePort: 4000,
    info: () => ({}),
  });
  const tcp = {
    now: 0,
    beginCall: () => {},
    listeners: ['::', '::1', '0.0.0.0'].map((local) => socket(local, null)),
    connections: [socket('10.0.0.1', '10.0.0.2'), socket('fd00::1', 'fd00::2')],
    sysctls: {},
    timeWait: { entries: () => [] },
  };
  const rows = socketTable({ tcp } as unknown as Host)
    .split('\n')
    .slice(1);
  expect(rows.map((row) => row.split(/ {2,}/).slice(3, 5))).toEqual([
    ['*:7', '*:*'],
    ['[::1]:7', '*:*'],
    ['0.0.0.0:7', '0.0.0.0:*'],
    ['10.0.0.1:7', '10.0.0.2:4000'],
    ['[fd00::1]:7', '[fd00::2]:4000'],
  ]);
});

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
  expect(lines[1]).toMatch(/^LISTEN +2 +5 +10\.0\.0\.1:80 +0\.0\.0\.0:\* +1\.5 s$/);
  expect(lines.at(-1)).toBe('... and 190000 more');
});
