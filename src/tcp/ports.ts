import type { Address } from '../wire/address.ts';
import type { Tcp } from './tcp.ts';

/**
 * An ephemeral port towards a peer: "simple hash-based port selection" (RFC 6056, section 3.3.3, algorithm 3). The hash
 * hides from one peer which ports go to another, the counter keeps a port from coming back soon.
 * @returns 0 when every port of `ip_local_port_range` is taken towards that peer
 */
export function chooseEphemeralPort(
  tcp: Tcp,
  local: Address,
  remote: Address,
  remotePort: number,
  counter: number,
): number {
  const [first, last] = tcp.sysctls.ip_local_port_range;
  const count = last - first + 1;
  const offset = tcp.secrets.portOffset(local, remote, remotePort) + counter;
  for (let i = 0; i < count; i++) {
    const port = first + ((offset + i) % count);
    if (!tcp.isInUse(local, port, remote, remotePort)) return port;
  }
  return 0;
}
