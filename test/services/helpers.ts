import { once } from 'node:events';
import net from 'node:net';
import { type ServiceName, startServices } from '../../src/services/index.ts';

/** One service on the kernel's loopback, at a free port. */
export async function start(name: ServiceName) {
  const services = await startServices(net, new Map([[name, 0]]), { host: '127.0.0.1' });
  return { port: services.ports.get(name)!, close: () => services.close() };
}

export async function dial(port: number): Promise<net.Socket> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
}

/** Everything up to the FIN. (`for await` would destroy the socket then, and with it the other direction.) */
export function readAll(socket: net.Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => resolve(Buffer.concat(chunks)));
    socket.on('error', reject);
  });
}
