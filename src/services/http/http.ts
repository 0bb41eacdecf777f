import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Service } from '../terms/service.ts';
import { swallow } from '../terms/service.ts';
import { serveAbout } from './about.ts';
import { serveBytes } from './bytes.ts';
import { sendText } from './reply.ts';
import { serveSink } from './sink.ts';
import { serveSlow, slowUsage } from './slow.ts';

const HELLO = 'Hello, world!';
const HELLO_HEADERS = ['Content-Type', 'text/plain', 'Content-Length', String(HELLO.length)];

const PATHS = `GET  /                this connection, as TCP sees it (a page; /?json as JSON)
GET  /hello           "${HELLO}", for load tests
GET  /bytes/N         N octets of a fixed pattern (Range: bytes=...: a part of them)
POST /sink            takes any body; answers its length and SHA-256 (?json: as JSON)
GET  /slow            ${slowUsage}
`;

/** How long a kept-alive connection may wait for its next request. */
const KEEP_ALIVE_MS = 60_000;

/** How long headers, and a request with all of its body, may take. Then it is answered 408, and the connection closed. */
const HEADERS_MS = 60_000;
const REQUEST_MS = 300_000;
/** How often the server looks for requests that take too long. */
const CHECK_MS = 30_000;

/**
 * HTTP/1.1 by node:http: connections reach it through its 'connection' event, on our TCP or the kernel's. All times are in
 * milliseconds.
 */
export function http({ requestMs = REQUEST_MS, checkMs = CHECK_MS } = {}): Service {
  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: Math.min(HEADERS_MS, requestMs),
      requestTimeout: requestMs,
      connectionsCheckingInterval: checkMs,
    },
    route,
  );
  // This server never listens itself; the event starts its clock for headers and bodies that never end.
  server.emit('listening');
  return {
    options: { allowHalfOpen: true, noDelay: true },
    onConnection(socket) {
      socket.on('error', swallow);
      server.emit('connection', socket);
    },
    close() {
      server.close(swallow);
      server.closeAllConnections();
    },
  };
}

function route(request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '/';
  if (url === '/hello' && request.method === 'GET') {
    // Load-tested: no parsing, and one write for header and body.
    response.writeHead(200, HELLO_HEADERS);
    response.end(HELLO);
    return;
  }
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
  find(path, request.method ?? '')(request, response, query);
}

type Handler = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => void;

function find(path: string, method: string): Handler {
  if (path === '/sink') return serveSink;
  const handler = findReadable(path);
  if (!handler) {
    return (request, response) => sendText(request, response, 404, `Nothing at ${path}. There is:\n\n${PATHS}`);
  }
  if (method === 'GET' || method === 'HEAD') return handler;
  return (request, response) =>
    sendText(request, response, 405, `${path} takes GET and HEAD.\n`, { Allow: 'GET, HEAD' });
}

/** What GET and HEAD are for. */
function findReadable(path: string): Handler | null {
  if (path === '/') return serveAbout;
  if (path === '/hello') return (request, response) => sendText(request, response, 200, HELLO);
  if (path === '/slow') return serveSlow;
  if (path.startsWith('/bytes/')) {
    return (request, response) => serveBytes(request, response, path.slice('/bytes/'.length));
  }
  return null;
}
