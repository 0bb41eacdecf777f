// What the measurements against other stacks have in common: where the load generators are, and what they need.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const main = join(root, 'dist', 'cli', 'main.js');
/** The load generators and the references are no part of this repository. */
export const folder = resolve(process.env.TCPGLASS_BENCH ?? join(root, '..', 'shared', 'bench'));

export function giveUp(reason) {
  console.error(`Cannot run the bench: ${reason}`);
  process.exit(1);
}

const isThere = (tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;

/** Ends with a reason where something is missing. @returns the program to be run */
export function program(path, tools) {
  const file = join(folder, path);
  if (!existsSync(file)) {
    giveUp(
      `there is no ${file}. Point TCPGLASS_BENCH to the folder that has it. What needs none of it: npm run bench:core, ` +
        'npm run bench:flight, node test/bench/device.mjs',
    );
  }
  if (!existsSync(main)) giveUp('nothing is built yet: npm run build');
  if (process.getuid?.() !== 0) giveUp('it makes network namespaces: run it as root');
  const missing = tools.filter((tool) => !isThere(tool));
  if (missing.length > 0) {
    giveUp(`not installed: ${missing.join(', ')} (apt-get install iproute2 gcc python3 wrk tcpdump)`);
  }
  return file;
}

/** The stack's command, with more arguments. */
export const stack = (...more) =>
  [process.execPath, main, 'up', '--quiet', '--device', 'tun0', '--address', '10.9.0.2', ...more].join(' ');
