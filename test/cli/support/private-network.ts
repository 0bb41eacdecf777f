import { readFileSync } from 'node:fs';
import { checkNamespaces } from '../../../src/cli/doctor/namespaces.ts';
import { checkTunNode } from '../../../src/cli/doctor/tun-node.ts';
import { WAITING } from '../../support/processes.ts';
import { whatToInstall } from '../../support/tools.ts';
import { finish, MAIN, type Result, start } from './run.ts';

const tools = whatToInstall(['curl', 'ip', 'unshare']);
const refused = [checkTunNode(), checkNamespaces()].find((check) => !check.ok);
/** Whether `shell` works here, and what the scripts in it call is installed. */
export const possible = tools === null && refused === undefined;
if (!possible && process.env.TCPGLASS_REQUIRE_KERNEL === '1') {
  throw new Error(`TCPGLASS_REQUIRE_KERNEL is set, but: ${tools ?? `${refused?.name}: ${refused?.detail}`}`);
}

export const isRoot = process.getuid?.() === 0;

/** A second stack in the private network of `inShell`, beside the shell's own; and until it serves. */
export const UP = '$T up --no-warm-up --device tun7 --kernel-address 10.7.0.1 --address 10.7.0.2';
export const WAIT = 'until_up tun7';

/** `tcpglass ARGS shell -- sh -c SCRIPT`; in the script, "$T" is how to run tcpglass, and there is what `WAITING` has. */
export const inShell = (script: string, args: readonly string[] = []): Promise<Result> =>
  finish(
    start([
      process.execPath,
      MAIN,
      'shell',
      ...args,
      '--',
      'sh',
      '-c',
      `T='${process.execPath} ${MAIN}'; ${WAITING}${script}`,
    ]),
  );

/**
 * Runs a script as an ordinary user who finds /dev/net/tun with file mode `mode`. Takes root, to become another user;
 * the node is one of its own, in a mount namespace of its own, and so is the runtime directory.
 */
export function asUser(mode: '600' | '666', script: string): Promise<Result> {
  const become = 'exec setpriv --reuid 65534 --regid 65534 --clear-groups sh -c "$SCRIPT"';
  const setUp = `mount -t tmpfs none /mnt && mknod -m ${mode} /mnt/tun c 10 200 && mount --bind /mnt/tun /dev/net/tun && mkdir -m 700 /mnt/run && chown 65534:65534 /mnt/run && ${become}`;
  const env = `T='${process.execPath} ${MAIN}'; ${script}`;
  return finish(
    start([
      'env',
      `SCRIPT=${env}`,
      'HOME=/',
      'SHELL=/bin/sh',
      'XDG_RUNTIME_DIR=/mnt/run',
      'unshare',
      '--mount',
      'sh',
      '-c',
      setUp,
    ]),
  );
}

/** Whether a process with this text in its command line is left. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
