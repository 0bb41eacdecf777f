import { Address } from '../../wire/address.ts';
import { congestionControlNamed } from '../congestion/choice.ts';
import { TFO } from '../opening/fast-open.ts';
import { covers } from '../tables/listener-table.ts';
import type { TcpContext } from '../tcb/context.ts';
import { tellCall } from '../tcb/tell.ts';
import { TcpError } from '../terms/errors.ts';
import type { ListenOptions } from '../terms/user.ts';
import { Listener } from './listener.ts';

const ANY_ADDRESS = new Address();

/**
 * Passive OPEN. Of the rules that bind(2) and SO_REUSEADDR make, these are left where binding and listening are one call:
 *
 * - Two listeners share a port at one address only if both have `reusePort` (SO_REUSEPORT); 0.0.0.0 and :: are all addresses.
 *   A new connection is for one of them.
 * - With `reuseAddress`, the default as in node:net, nothing else is in the way: a server that is started anew listens at
 *   once, whatever its last life left behind, and a connection's four-tuple still tells whose a segment is.
 * - Without it, connections and TIME_WAIT entries at the port are in the way: EADDRINUSE until the last one is gone.
 *
 * @throws TcpError EADDRNOTAVAIL (not our address), EADDRINUSE, ENOENT (no such congestion control)
 */
export function listen(tcp: TcpContext, options: ListenOptions): Listener {
  const local = options.local ?? ANY_ADDRESS;
  if (!local.isUnspecified && !tcp.network.isLocal(local)) {
    throw new TcpError('EADDRNOTAVAIL', `${local} is not an address of this host`);
  }
  const congestion = options.socketOptions?.congestion ?? null;
  if (congestion !== null) congestionControlNamed(tcp, congestion);
  const port = options.port || freePort(tcp);
  const { ipv6Only = false, reusePort = false } = options;
  const collides = (other: { local: Address; ipv6Only: boolean; reusePort: boolean }): boolean =>
    !(reusePort && other.reusePort) &&
    (covers(other.local, local, other.ipv6Only) || covers(local, other.local, ipv6Only));
  if (tcp.listeners.at(port).some(collides)) {
    throw new TcpError('EADDRINUSE', `Another socket listens on ${local}:${port} already`);
  }
  if (options.reuseAddress === false) refuseIfUsed(tcp, local, port);
  const { somaxconn } = tcp.sysctls;
  const wanted = options.backlog ?? somaxconn;
  // Below zero is the most, as in Linux, where the number has no sign (__sys_listen).
  const backlog = wanted < 0 ? somaxconn : Math.min(wanted, somaxconn);
  const listener = new Listener(tcp, local, port, backlog, options.onAcceptable);
  listener.ipv6Only = ipv6Only;
  listener.reusePort = reusePort;
  if (options.socketOptions) listener.options = options.socketOptions;
  // All listeners have Fast Open, whatever they ask for (inet_listen).
  const all = TFO.server | TFO.allListeners;
  if ((tcp.sysctls.tcp_fastopen & all) === all && !listener.options.fastOpenQueue)
    listener.options.fastOpenQueue = backlog;
  tcp.listeners.add(listener);
  tellCall(tcp, 'listen', listener);
  return listener;
}

function freePort(tcp: TcpContext): number {
  const [first, last] = tcp.sysctls.ip_local_port_range;
  const count = last - first + 1;
  const offset = tcp.takePortCounter() % count;
  for (let i = 0; i < count; i++) {
    const port = first + ((offset + i) % count);
    if (!tcp.listeners.hasPort(port)) return port;
  }
  throw new TcpError('EADDRINUSE', 'All ephemeral ports (ip_local_port_range) are listened on');
}

function refuseIfUsed(tcp: TcpContext, local: Address, port: number): void {
  let connections = 0;
  let waiting = 0;
  for (const c of tcp.connections) if (c.localPort === port && covers(local, c.local)) connections++;
  for (const e of tcp.timeWait.entries(tcp.now)) if (e.localPort === port && covers(local, e.local)) waiting++;
  if (connections + waiting === 0) return;
  throw new TcpError(
    'EADDRINUSE',
    `Port ${port} is still used by ${connections} connections and ${waiting} in TIME_WAIT. Listen with reuseAddress, or wait for them`,
  );
}
