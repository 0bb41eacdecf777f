import { lookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { CliError, oneLine } from '../terminal/errors.ts';
import type { StackSettings } from './device-options.ts';

/** The word for the kernel's side of our device, whose address may have been chosen a moment ago. */
const KERNEL = 'kernel';

/** The address that a host name on the command line means to our stack. */
export async function resolveTarget(host: string, settings: StackSettings): Promise<string> {
  if (host === KERNEL) return settings.kernelAddress;
  const address = isIPv4(host) ? host : await resolve(host);
  // The kernel drops a packet to 127.0.0.0/8 that comes from a device (RFC 1122, section 3.2.1.3).
  if (address.startsWith('127.')) {
    throw new CliError(
      `Cannot reach ${host} from a stack of our own: ${address} never leaves the kernel. Use "${KERNEL}"`,
    );
  }
  return address;
}

async function resolve(host: string): Promise<string> {
  try {
    return (await lookup(host, { family: 4 })).address;
  } catch (error) {
    const known =
      (error as NodeJS.ErrnoException).code === 'ENOTFOUND'
        ? 'no such host, or it has no IPv4 address'
        : oneLine(error);
    throw new CliError(`Cannot find ${host}: ${known}`);
  }
}

/** What `connect` and `get` say of where they come from. */
export const TARGET_HELP = `
It opens a device and an address of its own, so it is another machine than a running \`up\`. As HOST, "${KERNEL}" is the
kernel's side of that device; any other address of this machine works as well, 127.0.0.1 doesn't (a server that listens
there only can't be reached). What lies behind this machine is reached where it forwards packets (net.ipv4.ip_forward, and NAT).
Needs CAP_NET_ADMIN until the device is there, and gives up every capability then (\`get -o FILE\` keeps them, for the
file): run as root, or inside \`tcpglass shell\`.
`;
