import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { CAP_SYS_ADMIN, hasCapability } from './capabilities.ts';

/**
 * How util-linux's unshare makes the namespaces of `shell`. With CAP_SYS_ADMIN it makes only a network namespace, and the
 * user stays; without, a user namespace goes around it, in which the user is root.
 */
export const unshareArguments = (privileged = hasCapability(CAP_SYS_ADMIN)): string[] =>
  privileged ? ['--net'] : ['--user', '--map-root-user', '--net'];

/** Starts this program again, in namespaces of its own. The IPC channel tells it when we are gone. */
export function respawnInside(args: readonly string[], output: 'inherit' | 'pipe' = 'inherit'): ChildProcess {
  const main = fileURLToPath(new URL('../main.js', import.meta.url));
  const self = [process.execPath, ...process.execArgv, main, ...args];
  return spawn('unshare', [...unshareArguments(), '--', ...self], { stdio: ['inherit', output, 'inherit', 'ipc'] });
}

/** What a process's end is as an exit code, the way shells count it. */
export const exitCodeOf = (code: number | null, signal: NodeJS.Signals | null): number =>
  code ?? 128 + (signal === null ? 0 : constants.signals[signal]);

/**
 * Lets `child` decide what signals mean while it runs. The terminal sends Ctrl-C and Ctrl-\ to the child as well, so
 * we only have to survive them; what is sent to us alone is passed on.
 */
export function yieldSignalsTo(child: ChildProcess): void {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, () => {});
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR2'] as const) process.on(signal, () => child.kill(signal));
}
