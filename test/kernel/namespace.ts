import { type ChildProcess, spawn } from 'node:child_process';
import { describe, it } from 'vitest';
import { endGroup, ownEnvironment } from '../support/processes.ts';
import { type Tool, whatToInstall } from '../support/tools.ts';
import { DIST, kernelAvailable, UNSHARE } from './available.ts';

/**
 * Kernel tests run in children, each in a network namespace of its own that ends with it: no test ever sees or touches
 * the network of this machine. The children are plain JavaScript on `dist`, so build first (`npm test` does).
 *
 *   const { stdout } = await inNamespace(`
 *     import { openTun } from '${DIST}/link/open.js';
 *     ...
 *     console.log(JSON.stringify(result));
 *   `);
 */
export { DIST };

/** So long a child may take: a hang ends by it, no slow machine. Less than a test may (vitest.config.ts). */
export const LONGEST_MS = 100_000;

/** A fresh namespace's loopback is down. */
const WITH_LOOPBACK = ['sh', '-c', 'ip link set lo up 2>/dev/null; exec "$@"', 'sh'];

export interface NamespaceOptions {
  /** Put in front of the command, inside the namespace: `setpriv ...`, for instance. */
  readonly wrapper?: readonly string[];
  /** Arguments behind the script, `process.argv.slice(1)` in it. */
  readonly args?: readonly string[];
  /** Default: `LONGEST_MS`. */
  readonly timeoutMs?: number;
}

export interface NamespaceResult {
  /** null: it was killed, at the timeout or otherwise. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a command in a fresh namespace, in a process group of its own. The caller ends it: `endGroup(child)`. */
export function spawnInNamespace(argv: readonly string[], wrapper: readonly string[] = []): ChildProcess {
  const [command, ...rest] = [...UNSHARE, ...WITH_LOOPBACK, ...wrapper, ...argv];
  return spawn(command!, rest, { detached: true, env: ownEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs a command, or the text of an ES module, in a fresh namespace until it ends or the time is up. */
export function inNamespace(
  script: string | readonly string[],
  options: NamespaceOptions = {},
): Promise<NamespaceResult> {
  const argv =
    typeof script === 'string'
      ? [process.execPath, '--input-type=module', '--eval', script, '--', ...(options.args ?? [])]
      : [...script, ...(options.args ?? [])];
  const child = spawnInNamespace(argv, options.wrapper);
  let stdout = '';
  let stderr = '';
  child.stdout!.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text) => (stderr += text));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => endGroup(child), options.timeoutMs ?? LONGEST_MS);
    child.on('error', reject);
    child.on('exit', () => endGroup(child));
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
  });
}

/** Runs a module that prints JSON, and returns that. Throws with everything it said when it failed. */
export async function resultOf<T>(script: string, options: NamespaceOptions = {}): Promise<T> {
  const { code, stdout, stderr } = await inNamespace(script, options);
  if (code !== 0) throw new Error(`The child ended with ${code ?? 'a signal'}:\n${stdout}${stderr}`);
  return JSON.parse(stdout) as T;
}

/**
 * `describe` for tests that need the kernel and some programs of it. Where these can't be had they are skipped, and the end
 * of the run says what is missing; with TCPGLASS_REQUIRE_KERNEL=1, as in CI, that is a failure.
 */
export function describeKernel(title: string, body: () => void, tools: readonly Tool[] = []): void {
  const kernel = kernelAvailable();
  const reason = kernel.ok ? whatToInstall(tools) : kernel.reason;
  if (reason === null) describe(title, body);
  else if (process.env.TCPGLASS_REQUIRE_KERNEL === '1') {
    it(`${title} (needs the kernel)`, () => {
      throw new Error(`TCPGLASS_REQUIRE_KERNEL is set, but: ${reason}`);
    });
  } else describe.skip(title, body);
}

/**
 * `describeKernel` of tests that call these programs.
 *
 * @example
 * describeKernel.with('curl')('a download', () => { ... });
 */
describeKernel.with =
  (...tools: Tool[]) =>
  (title: string, body: () => void): void =>
    describeKernel(title, body, tools);

/** As `describe.each`, of one value each. */
describeKernel.each = <T>(values: readonly T[], ...tools: Tool[]) => {
  return (title: string, body: (value: T) => void): void => {
    for (const value of values) describeKernel(title.replace('%s', String(value)), () => body(value), tools);
  };
};
