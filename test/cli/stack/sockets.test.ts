import { expect, test } from 'vitest';
import { socketTable } from '../../../src/cli/stack/sockets.ts';
import type { Inspection } from '../../../src/observe/inspect/inspection.ts';
import type { SocketSnapshot } from '../../../src/observe/inspect/sockets.ts';

test('the table of very many sockets ends with how many more there are', () => {
  const listener: SocketSnapshot = {
    ...{ id: 1, state: 'LISTEN', local: '10.0.0.1', localPort: 80, remote: null, remotePort: 0 },
    ...{ recvQueue: 2, sendQueue: 5, synQueue: 0, age: 0, left: null, orphan: false, timers: [] },
  };
  const inspect = { sockets: () => new Array(200_000).fill(listener).values() };
  const lines = socketTable(inspect as unknown as Inspection).split('\n');
  expect(lines).toHaveLength(10_002);
  expect(lines[1]).toMatch(/^LISTEN 2 +5 +10\.0\.0\.1:80 +0\.0\.0\.0:\*$/);
  expect(lines.at(-1)).toBe('... and 190000 more');
});
