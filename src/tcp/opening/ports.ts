import type { Address } from '../../wire/address.ts';
import type { TcpContext } from '../tcb/context.ts';
import { TcpError } from '../terms/errors.ts';
import { mayTakeOver } from './take-over.ts';

/**
 * An ephemeral port towards a peer: "simple hash-based port selection" (RFC 6056, section 3.3.3, algorithm 3). The hash
 * hides from one peer which ports go to another, the counter keeps a port from coming back soon. Ports that are listened on
 * are passed over; one in TIME_WAIT counts as free when `tcp_tw_reuse` lets it be taken over.
 * @param within IP_LOCAL_PORT_RANGE
 * @throws TcpError EADDRNOTAVAIL: every port of the range is taken towards that peer
 */
export function chooseEphemeralPort(
  tcp: TcpContext,
  local: Address,
  remote: Address,
  remotePort: number,
  within = 0,
): number {
  const range = portRange(tcp, within);
  const [first, last] = range;
  const count = last - first + 1;
  const offset = tcp.secrets.portOffset(local, remote, remotePort) + tcp.takePortCounter();
  for (let i = 0; i < count; i++) {
    const port = first + ((offset + i) % count);
    if (!tcp.listeners.hasPort(port) && isFree(tcp, local, port, remote, remotePort, false)) return port;
  }
  throw new TcpError('EADDRNOTAVAIL', exhaustion(tcp, local, remote, remotePort, range));
}

type PortRange = readonly [first: number, last: number];

/** A bound that lies outside of `ip_local_port_range`, or behind the other one, counts for nothing (inet_sk_get_local_port_range). */
function portRange(tcp: TcpContext, within: number): PortRange {
  const [first, last] = tcp.sysctls.ip_local_port_range;
  const bound = (port: number, otherwise: number): number => (port >= first && port <= last ? port : otherwise);
  const from = bound(within & 0xffff, first);
  const to = bound(within >>> 16, last);
  return from <= to ? [from, to] : [first, last];
}

/** May a connection that we open have this four-tuple? `bound`: the user insists on the port. */
export function isFree(
  tcp: TcpContext,
  local: Address,
  localPort: number,
  remote: Address,
  remotePort: number,
  bound: boolean,
): boolean {
  if (tcp.connections.find(remote, remotePort, local, localPort) !== null) return false;
  const waiting = tcp.timeWait.find(remote, remotePort, local, localPort);
  return waiting < 0 || mayTakeOver(tcp, waiting, remote, bound);
}

/** Where all the ports are, and what can be done about it. */
function exhaustion(
  tcp: TcpContext,
  local: Address,
  remote: Address,
  remotePort: number,
  [first, last]: PortRange,
): string {
  const { timeWait, connections, now } = tcp;
  let open = 0;
  let waiting = 0;
  let soonest = Number.POSITIVE_INFINITY;
  for (let port = first; port <= last; port++) {
    if (connections.find(remote, remotePort, local, port) !== null) open++;
    const index = timeWait.find(remote, remotePort, local, port);
    if (index < 0) continue;
    waiting++;
    soonest = Math.min(soonest, timeWait.expiresAt(index, now));
  }
  const all = `All ${last - first + 1} ports of ip_local_port_range (${first} to ${last}) are in use towards ${remote}:${remotePort}`;
  const why = `${open} by connections, ${waiting} in TIME_WAIT`;
  if (waiting === 0) return `${all}: ${why}. Close some, widen the range, or use a further address of either side`;
  const left = Math.ceil((soonest - now) / 1e6);
  return `${all}: ${why}, the first of them for ${left} s more. Keep connections open and reuse them, widen the range, or set tcp_tw_reuse=1`;
}
