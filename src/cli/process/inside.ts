import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { loadAddon } from '../../link/native.ts';
import { CliError, oneLine } from '../terminal/errors.ts';
import { note } from '../terminal/output.ts';
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

/** Resolves to the exit code of what was started inside. @throws CliError: unshare could not be run */
export function childEnded(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new CliError(`Cannot run unshare: ${oneLine(error)}`)));
    child.on('exit', (code, signal) => resolve(exitCodeOf(code, signal)));
  });
}

/** A new network namespace has a loopback device that is down. */
export function bringLoopbackUp(): void {
  try {
    loadAddon().setLink('lo', 0, 0, 1);
  } catch (error) {
    // The stack doesn't need it; with the tuntap2 driver there may be no addon at all.
    note(`tcpglass: lo stays down: ${oneLine(error)}`);
  }
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
