import { once } from 'node:events';
import net from 'node:net';
import type { Publication } from '../arguments/parse.ts';
import { CliError, reasonOf } from '../terminal/errors.ts';

export interface Published extends Publication {
  close(): void;
}

/** A client that vanished without FIN or RST is found out after about this long. */
const KEEP_ALIVE_MS = 60_000;

/**
 * A relay on the kernel's side: what connects to `hostPort` talks, through the TUN device, to `port` of our address.
 * Both ends are half-closed and reset the way the other one was.
 */
export async function publish(publication: Publication, address: string): Promise<Published> {
  const { bind, hostPort, port } = publication;
  const open = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (outside) => {
    const inside = net.connect({ host: address, port, allowHalfOpen: true, noDelay: true });
    for (const socket of [outside, inside]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
    }
    relay(outside, inside);
  });
  server.listen({ host: bind, port: hostPort, backlog: 4096 });
  try {
    await once(server, 'listening');
  } catch (error) {
    const hint =
      hostPort < 1024 && (error as NodeJS.ErrnoException).code === 'EACCES' ? ' (ports below 1024 need root)' : '';
    throw new CliError(`Cannot publish ${bind}:${hostPort}: ${reasonOf(error)}${hint}`, 1, { cause: error });
  }
  // Out of descriptors at accept: that connection is lost, the relay stays.
  server.on('error', () => {});
  return {
    bind,
    hostPort: (server.address() as net.AddressInfo).port,
    port,
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

/** Joins two half-open sockets: FIN passes on as FIN (that's what pipe does), an error as RST. */
export function relay(a: net.Socket, b: net.Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.on('error', () => to.resetAndDestroy());
    from.pipe(to);
  }
}
