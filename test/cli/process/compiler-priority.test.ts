import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const MODULE = new URL('../../../dist/cli/process/compiler-priority.js', import.meta.url).href;

/** Its own thread first. The 19th field of a thread's stat is its nice value (proc_pid_stat(5)). */
const SCRIPT = `
  import { readdirSync, readFileSync } from 'node:fs';
  import { serveBeforeCompiling } from '${MODULE}';
  serveBeforeCompiling();
  const niceOf = (thread) => Number(readFileSync('/proc/self/task/' + thread + '/stat', 'utf8').split(') ')[1].split(' ')[16]);
  const threads = readdirSync('/proc/self/task').sort((a, b) => Number(b == process.pid) - Number(a == process.pid));
  console.log(JSON.stringify(threads.map(niceOf)));`;

test.skipIf(process.platform !== 'linux')('V8’s threads come behind the one that serves', () => {
  const nice = JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', SCRIPT], { encoding: 'utf8' }),
  ) as number[];
  const [own, ...others] = nice;
  expect(others.length).toBeGreaterThan(0);
  for (const other of others) expect(other).toBe(Math.min(19, own! + 5));
});
