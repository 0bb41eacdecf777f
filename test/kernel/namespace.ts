import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { describe, it } from 'vitest';

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
export const DIST = new URL('../../dist', import.meta.url).href;

/** Root makes a network namespace at once; anyone else needs a user namespace around it, in which they are root. */
const UNSHARE =
  process.getuid?.() === 0 ? ['unshare', '--net', '--'] : ['unshare', '--user', '--map-root-user', '--net', '--'];
/** A fresh namespace's loopback is down. */
const WITH_LOOPBACK = ['sh', '-c', 'ip link set lo up 2>/dev/null; exec "$@"', 'sh'];

export interface NamespaceOptions {
  /** Put in front of the command, inside the namespace: `setpriv ...`, for instance. */
  readonly wrapper?: readonly string[];
  /** Arguments behind the script, `process.argv.slice(1)` in it. */
  readonly args?: readonly string[];
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
  return spawn(command!, rest, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Kills a child of `spawnInNamespace` and whatever it started. */
export function endGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
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
    const timer = setTimeout(() => endGroup(child), options.timeoutMs ?? 20_000);
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

let availability: { ok: boolean; reason: string } | undefined;

/** Whether a TUN device can be made in a private namespace here, and if not, why. Looked into once. */
export function kernelAvailable(): { ok: boolean; reason: string } {
  availability ??= lookIntoKernel();
  return availability;
}

/** What the tests call on the kernel's side. */
const TOOLS = ['ip', 'ss', 'ping', 'curl', 'tcpdump', 'bash'];

function lookIntoKernel(): { ok: boolean; reason: string } {
  const missing = TOOLS.filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0);
  if (missing.length > 0) return { ok: false, reason: `not installed: ${missing.join(', ')}` };
  const script = `
    const { probeTun } = await import('${DIST}/link/probe.js');
    console.log(probeTun().find((step) => !step.ok)?.detail ?? 'ok');
  `;
  const [command, ...rest] = [...UNSHARE, process.execPath, '--input-type=module', '--eval', script];
  const run = spawnSync(command!, rest, { encoding: 'utf8', timeout: 20_000 });
  if (run.error) return { ok: false, reason: `${UNSHARE.join(' ')}: ${run.error.message}` };
  if (run.status !== 0) return { ok: false, reason: run.stderr.trim().split('\n').slice(0, 8).join('\n') };
  const said = run.stdout.trim();
  return { ok: said === 'ok', reason: said };
}

/**
 * `describe` for tests that need the kernel. Where it can't be had they are skipped, and the reason is said; with
 * TCPGLASS_REQUIRE_KERNEL=1, as in CI, that is a failure.
 */
export function describeKernel(title: string, body: () => void): void {
  const { ok, reason } = kernelAvailable();
  if (ok) describe(title, body);
  else if (process.env.TCPGLASS_REQUIRE_KERNEL === '1') {
    it(`${title} (needs the kernel)`, () => {
      throw new Error(`TCPGLASS_REQUIRE_KERNEL is set, but: ${reason}`);
    });
  } else {
    console.warn(`Skipped: ${title}. No kernel peer: ${reason}`);
    describe.skip(title, body);
  }
}

/** As `describe.each`, of one value each. */
describeKernel.each = <T>(values: readonly T[]) => {
  return (title: string, body: (value: T) => void): void => {
    for (const value of values) describeKernel(title.replace('%s', String(value)), () => body(value));
  };
};
