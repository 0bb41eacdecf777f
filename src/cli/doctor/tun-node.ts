import { closeSync, openSync } from 'node:fs';
import type { Check } from './check.ts';

const NODE = '/dev/net/tun';

const MAKE_NODE = 'sudo modprobe tun; in Docker, add `--device /dev/net/tun`';
const OPEN_NODE =
  'sudo chmod 666 /dev/net/tun (until the next boot; for good: ' +
  `echo 'KERNEL=="tun", MODE="0666"' | sudo tee /etc/udev/rules.d/50-tun.rules)`;

const PROBLEMS: Readonly<Record<string, { detail: string; fix: string }>> = {
  ENOENT: { detail: 'there is no such file', fix: MAKE_NODE },
  ENODEV: { detail: 'the kernel has no TUN driver', fix: 'sudo modprobe tun' },
  ENXIO: { detail: 'the kernel has no TUN driver', fix: 'sudo modprobe tun' },
  EACCES: { detail: "its file mode doesn't let this user open it", fix: OPEN_NODE },
  EPERM: { detail: 'this container may not open it', fix: 'in Docker, add `--device /dev/net/tun`' },
};

/** Opening the node makes no device yet (that's TUNSETIFF), so this can simply be tried. */
export function checkTunNode(path = NODE): Check {
  const name = '/dev/net/tun';
  try {
    closeSync(openSync(path, 'r+'));
    return { name, ok: true, detail: 'opens' };
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return { name, ok: false, ...(PROBLEMS[code] ?? { detail: message, fix: MAKE_NODE }) };
  }
}
