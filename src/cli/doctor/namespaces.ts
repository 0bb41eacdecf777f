import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { unshareArguments } from '../process/inside.ts';
import type { Check } from './check.ts';

/** Whether a private network namespace can be had: makes one, for the moment that `true` needs. */
export function checkNamespaces(): Check {
  const name = 'namespaces';
  const args = unshareArguments();
  const what = args.includes('--user') ? 'user and network namespaces' : 'network namespaces';
  const tried = spawnSync('unshare', [...args, 'true'], { encoding: 'utf8', timeout: 10_000 });
  if (tried.status === 0) return { name, ok: true, detail: `${what} allowed` };
  if ((tried.error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    return {
      name,
      ok: false,
      detail: '`unshare` is not installed',
      fix: 'install util-linux (apt-get install util-linux)',
    };
  }
  const reason = (tried.stderr || tried.error?.message || 'no reason given').trim().split('\n')[0]!;
  return { name, ok: false, detail: `${what} not allowed (${reason})`, fix: namespaceFix(readSysctl) };
}

/** Which of the usual locks on user namespaces is closed here, and how to open it. */
export function namespaceFix(read: (path: string) => string | null): string {
  if (read('kernel/unprivileged_userns_clone') === '0') return 'sudo sysctl -w kernel.unprivileged_userns_clone=1';
  if (read('kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0';
  }
  if (read('user/max_user_namespaces') === '0') return 'sudo sysctl -w user.max_user_namespaces=15000';
  if (read('user/max_net_namespaces') === '0') return 'sudo sysctl -w user.max_net_namespaces=15000';
  if (read('user/max_user_namespaces') === null) return 'use a kernel with CONFIG_USER_NS, or run as root';
  return 'run as root; in Docker, whose seccomp profile forbids them, use `up` with `--cap-add NET_ADMIN` instead';
}

function readSysctl(path: string): string | null {
  try {
    return readFileSync(`/proc/sys/${path}`, 'utf8').trim();
  } catch {
    return null;
  }
}
