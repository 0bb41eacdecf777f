import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('./alive.mjs', import.meta.url));

/** What was left in a process of its own that nothing kept alive any more. */
async function exit(nets: 'ours' | 'node', situation: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, nets, situation], { timeout: 100_000 });
  return JSON.parse(stdout);
}

// The sockets that keep node:net's process alive keep ours, and no others.
test.each([
  "the peer's data and FIN are there, and no listener reads",
  'both ended, one has not read',
  'a half-open socket behind the FIN of its peer',
  'both are paused with their buffers full',
  'unref on both sides',
  'ref after unref, until the peer ends',
  'a socket that never connects',
  'a server, unreferenced',
])('a process ends: %s', async (situation) => {
  expect(await exit('ours', situation)).toEqual(await exit('node', situation));
});
