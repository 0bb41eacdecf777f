/** Why a link couldn't be opened or configured, and what to do about it. `code` is the errno's name, or our own. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const PRIVILEGE = 'Run as root, or `tcpglass shell`';

/** What an errno means at opening /dev/net/tun, which needs no privilege by itself (drivers/net/tun.c, tun_chr_open). */
const OPENING: Readonly<Record<string, string>> = {
  ENOENT:
    'Cannot open /dev/net/tun: there is no such file. Load the module with `modprobe tun`; in Docker, add `--device /dev/net/tun`',
  ENODEV: 'Cannot open /dev/net/tun: the kernel has no TUN driver. Load it with `modprobe tun`',
  ENXIO: 'Cannot open /dev/net/tun: the kernel has no TUN driver. Load it with `modprobe tun`',
  // `shell` alone doesn't help: the root of a user namespace is no owner of this file.
  EACCES:
    'Cannot open /dev/net/tun: its file mode keeps this user out. Run as root; or root runs `chmod 666 /dev/net/tun` once, and `tcpglass shell` works for every user',
  EPERM: "Cannot open /dev/net/tun: this container's device list leaves it out. In Docker, add `--device /dev/net/tun`",
};

/** What an errno means at TUNSETIFF (tun_set_iff). */
const ATTACHING: Readonly<Record<string, (name: string) => string>> = {
  EPERM: (name) =>
    `Cannot open /dev/net/tun as ${name}: no CAP_NET_ADMIN in this network namespace. ${PRIVILEGE}; or root prepares a device once: ` +
    `\`ip tuntap add ${name.replace('%d', '0')} mode tun user NAME\`, with address and up; in Docker, add \`--cap-add NET_ADMIN\``,
  EBUSY: (name) => `Cannot attach to ${name}: another process has it open. Stop that one, or take another name`,
  EINVAL: (name) => `Cannot attach to ${name}: it is not a TUN device, or this is no name for one. Take another name`,
  E2BIG: (name) => `Cannot attach to ${name}: all of its queues are taken. Close one of them, or take another name`,
  EPROTONOSUPPORT: (name) =>
    `Cannot attach to ${name}: its first queue was opened without IFF_NO_PI. Close that one, or take another name`,
};

/** What an errno means when the device is given its address, MTU and state by netlink. */
const CONFIGURING: Readonly<Record<string, (name: string) => string>> = {
  EPERM: (name) =>
    `Cannot configure ${name}: no CAP_NET_ADMIN in this network namespace. ${PRIVILEGE}, or let root configure it: \`ip addr add ... dev ${name}; ip link set ${name} up\``,
  EACCES: (name) =>
    `Cannot configure ${name}: IPv6 is disabled here. Set \`sysctl net.ipv6.conf.${name}.disable_ipv6=0\`, or leave the IPv6 address out`,
  EINVAL: (name) => `Cannot configure ${name}: the kernel refuses the address or MTU. Check both`,
};

/** Our address doesn't lead to our device: a client that connects to it would reach something else, or nothing. */
export function unreachable(address: string, name: string, instead: string | null): LinkError {
  const reason =
    instead === null
      ? 'no route leads to it'
      : instead === 'lo'
        ? "it is this machine's own address"
        : `the kernel sends what is for it to ${instead}`;
  return new LinkError(
    'ERR_TUN_ROUTE',
    `Cannot be reached as ${address} on ${name}: ${reason}. Take other addresses for both sides, or see \`ip route get ${address}\``,
  );
}

/** Turns an error of the addon, with its `code` and `syscall`, into a sentence. Other errors pass through. */
export function explain(error: unknown, name: string): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  const message =
    syscall === 'open'
      ? OPENING[code]
      : syscall.startsWith('netlink')
        ? CONFIGURING[code]?.(name)
        : ATTACHING[code]?.(name);
  return new LinkError(code, message ?? `Cannot open ${name}: ${(error as Error).message}`, { cause: error });
}
