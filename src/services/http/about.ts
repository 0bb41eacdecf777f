import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServiceSocket } from '../terms/net-api.ts';
import { aboutPage } from './about-page.ts';
import { send, sendJson } from './reply.ts';
import { describe } from './tcp-facts.ts';

/** `/`: what TCP knows of the connection that carried this very request. */
export function serveAbout(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
  // node:http says net.Socket; it is whatever its 'connection' event brought.
  const socket = request.socket as unknown as ServiceSocket;
  const connection = {
    local: { address: socket.localAddress ?? '', port: socket.localPort ?? 0 },
    remote: { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 },
    bytesRead: socket.bytesRead,
    bytesWritten: socket.bytesWritten,
    tcpInfo: socket.info?.() ?? null,
  };
  if (query.has('json')) {
    sendJson(request, response, 200, { ...connection, facts: describe(connection.tcpInfo) });
    return;
  }
  send(request, response, 200, 'text/html; charset=utf-8', aboutPage(connection), { 'Cache-Control': 'no-store' });
}
