import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory of the test under way, which is gone afterwards. */
export function ownDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tcpglass-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}

/**
 * The environment of a process with a runtime directory of its own. Test files run at the same time, in one file system: in
 * the user's directory (/run, for root) the stack of one would be found by the clients of another.
 */
export const ownEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, XDG_RUNTIME_DIR: ownDirectory() });

/** Kills a child that leads a process group (`detached`), and all that it started there. */
export function endGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // No process is left.
  }
}

/**
 * Functions for shell scripts that have `up`, as process $UP, beside them. What must come is waited for as long as that takes
 * (the test's own time is the limit), and until `up` has ended.
 *
 *     until_so COMMAND...         until the command succeeds
 *     shows PATTERN COMMAND...    the command says something that the regular expression matches
 *     silent COMMAND...           the command says nothing
 *     until_up DEVICE             until the stack on this device serves: its control socket comes last
 *
 * @example
 * `until_up tun0; until_so shows TIME-WAIT $T ss -Hta`
 */
export const WAITING = `
  until_so() { until "$@" 2>/dev/null || ! kill -0 $UP 2>/dev/null; do sleep 0.05; done; }
  shows() { PATTERN=$1; shift; "$@" | grep -qE -e "$PATTERN"; }
  silent() { ! "$@" | grep -q .; }
  until_up() { until_so test -S "$XDG_RUNTIME_DIR/tcpglass/$1.sock"; }
`;
