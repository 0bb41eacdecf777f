import { Bag } from '../basics/bag.ts';
import { chargen } from './chargen.ts';
import { daytime } from './daytime.ts';
import { discard } from './discard.ts';
import { echo } from './echo.ts';
import { http } from './http/http.ts';
import { iperf3 } from './iperf3/iperf3.ts';
import type { NetApi, ServiceServer, ServiceSocket } from './terms/net-api.ts';
import type { Service } from './terms/service.ts';

/** The services by name, with their well-known ports. */
export const SERVICES = {
  echo: { port: 7, make: echo },
  discard: { port: 9, make: discard },
  daytime: { port: 13, make: daytime },
  chargen: { port: 19, make: chargen },
  http: { port: 80, make: http },
  iperf3: { port: 5201, make: iperf3 },
} as const satisfies Record<string, { port: number; make: () => Service }>;

export type ServiceName = keyof typeof SERVICES;

export interface RunningServices {
  /** Where each one listens. */
  readonly ports: ReadonlyMap<ServiceName, number>;
  /** Stops listening and drops the connections that are left. */
  close(): void;
}

export interface StartOptions {
  /** The local address; default: all of them. */
  host?: string | undefined;
  /** The network under a listener went away. Called once for each service. */
  onNetworkDown?: (() => void) | undefined;
}

/** Enough for a load test's burst of connections (Linux's default somaxconn). */
const BACKLOG = 4096;

/**
 * Starts services on `net`; resolves when all of them listen, rejects when one can't.
 * @param wanted each service's port (0: any free one).
 */
export async function startServices(
  net: NetApi,
  wanted: ReadonlyMap<ServiceName, number>,
  { host, onNetworkDown }: StartOptions = {},
): Promise<RunningServices> {
  const started: { close(): void }[] = [];
  const ports = new Map<ServiceName, number>();
  const close = (): void => {
    for (const service of started.splice(0)) service.close();
  };
  try {
    for (const [name, port] of wanted) {
      const running = await startService(net, SERVICES[name].make(), { port, host, onNetworkDown });
      started.push(running);
      ports.set(name, running.port);
    }
  } catch (error) {
    close();
    throw error;
  }
  return { ports, close };
}

async function startService(
  net: NetApi,
  service: Service,
  { port, host, onNetworkDown }: { port: number } & StartOptions,
) {
  const sockets = new Bag<ServiceSocket>();
  const server = net.createServer(service.options, (socket) => {
    const place = sockets.add(socket);
    socket.once('close', () => sockets.remove(place));
    service.onConnection(socket);
  });
  await listening(server, { port, backlog: BACKLOG, ...(host === undefined ? {} : { host }) });
  server.on('error', (error: NodeJS.ErrnoException) => {
    // Anything else (out of descriptors at accept) costs that connection only.
    if (error.code === 'ENETDOWN') onNetworkDown?.();
  });
  const address = server.address();
  const actual = typeof address === 'object' && address !== null ? (address as { port?: number }).port : undefined;
  return {
    port: actual ?? port,
    close(): void {
      server.close();
      for (const socket of sockets.items()) socket.destroy();
      service.close?.();
    },
  };
}

function listening(server: ServiceServer, options: { port: number; host?: string; backlog: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    server.listen(options);
  });
}
