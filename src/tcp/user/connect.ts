import { congestionControlNamed } from '../congestion/choice.ts';
import { openActively } from '../opening/open.ts';
import { chooseEphemeralPort, isFree } from '../opening/ports.ts';
import { firstSequence, takeOver } from '../opening/take-over.ts';
import type { TcpContext } from '../tcb/context.ts';
import { tellCall } from '../tcb/tell.ts';
import { TcpError } from '../terms/errors.ts';
import type { ConnectOptions } from '../terms/user.ts';
import { Connection } from './connection.ts';

/**
 * Active OPEN (RFC 9293, section 3.10.1), as the user asks for it.
 * @throws TcpError ENETUNREACH, EADDRNOTAVAIL (no port left, or not our address), EADDRINUSE, ENOENT (no such congestion control)
 */
export function connect(tcp: TcpContext, options: ConnectOptions): Connection {
  const { remote, remotePort } = options;
  // MUST-46: no OPEN to an address that stands for no host, or for more than one.
  if (!tcp.network.isHost(remote)) throw new TcpError('ENETUNREACH', `${remote} is not the address of a host`);
  const local = options.local ?? tcp.network.sourceFor(remote);
  if (local === null) throw new TcpError('ENETUNREACH', `No route to ${remote}`);
  if (!tcp.network.isLocal(local)) throw new TcpError('EADDRNOTAVAIL', `${local} is not an address of this host`);
  // RFC 1122, section 3.2.1.3 (g): such a source must not appear outside of a host (Linux: __mkroute_output).
  if (tcp.network.isLoopback(local) && !tcp.network.isLocal(remote)) {
    throw new TcpError('EINVAL', `${local} cannot talk to another host`);
  }
  if (local.family !== remote.family) throw new TcpError('EINVAL', `${local} cannot talk to ${remote}`);
  const congestion = options.socketOptions?.congestion ?? null;
  if (congestion !== null) congestionControlNamed(tcp, congestion);
  const ipOptions = options.socketOptions?.ipOptions ?? null;
  if (ipOptions !== null && tcp.network.prepareOptions(remote, ipOptions) === null) {
    throw new TcpError('EINVAL', `No IP header to ${remote} can have the given options`);
  }
  // As bind(2) has it: SO_REUSEADDR shares a port with connections, but not with one that listens (inet_csk_get_port).
  if (options.localPort && tcp.listeners.find(local, options.localPort) !== null) {
    throw new TcpError('EADDRINUSE', `Another socket listens on ${local}:${options.localPort}`);
  }
  const localPort =
    options.localPort || chooseEphemeralPort(tcp, local, remote, remotePort, options.socketOptions?.localPortRange);
  if (options.localPort && !isFree(tcp, local, localPort, remote, remotePort, true)) {
    throw new TcpError('EADDRINUSE', `${local}:${localPort} is in use towards ${remote}:${remotePort}`);
  }
  const c = new Connection(tcp, local, localPort, remote.copy(), remotePort);
  // What is told of it begins with the call, and names its ISS.
  c.snd.iss = firstSequence(tcp, local, localPort, remote, remotePort);
  tellCall(tcp, 'connect', c);
  const previous = takeOver(tcp, local, localPort, remote, remotePort);
  c.user = options.user;
  // Its own: others may be opened with the same, and what one is asked for later is no matter of theirs.
  if (options.socketOptions) c.useOptions(options.socketOptions.copy());
  openActively(tcp, c, previous, options.fastOpen === true || c.settings.fastOpenConnect);
  tcp.activate(c);
  return c;
}
