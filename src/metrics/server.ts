import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Inspection } from '../observe/inspect/inspection.ts';
import { type Metrics, metricsOf } from './registry.ts';

/** A page for Prometheus, on the kernel's network. */
export interface MetricsServer {
  readonly host: string;
  readonly port: number;
  close(): void;
}

/**
 * Serves `http://HOST:PORT/metrics`.
 * @throws a system error: the port can't be had
 */
export async function serveMetrics(inspect: Inspection, host: string, port: number): Promise<MetricsServer> {
  const metrics = await metricsOf(inspect);
  const server: Server = createServer((request, response) => {
    answer(request, response, metrics).catch(() => response.destroy());
  });
  server.listen({ host, port });
  await once(server, 'listening');
  server.on('error', () => {}); // out of descriptors at accept: the page stays
  server.unref();
  return {
    host,
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, metrics: Metrics): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') response.writeHead(405, { Allow: 'GET, HEAD' }).end();
  else if (request.url?.split('?')[0] !== '/metrics') response.writeHead(404).end('Metrics are at /metrics\n');
  else response.writeHead(200, { 'Content-Type': metrics.contentType }).end(await metrics.text());
}
