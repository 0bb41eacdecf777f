import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { endGroup, ownEnvironment } from '../../support/processes.ts';

/** The built command line; `npm test` builds before it runs this. */
export const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

export interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `tcpglass ARGS` to its end. */
export const run = (args: readonly string[], input = ''): Promise<Result> =>
  finish(start([process.execPath, MAIN, ...args]), input);

/** Starts a command, in a process group of its own that ends with the test. */
export function start([file, ...args]: readonly string[]): ChildProcess {
  const child = spawn(file!, args, { detached: true, env: ownEnvironment(), stdio: ['pipe', 'pipe', 'pipe'] });
  onTestFinished(() => endGroup(child));
  return child;
}

export async function finish(child: ChildProcess, input = ''): Promise<Result> {
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (chunk) => (stdout += chunk));
  child.stderr!.on('data', (chunk) => (stderr += chunk));
  child.stdin!.on('error', () => {});
  child.stdin!.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
