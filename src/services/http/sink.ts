import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendJson, sendText } from './reply.ts';

/** `/sink`: takes a body of any length and says what arrived, for the sender to compare. */
export function serveSink(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
  if (request.method !== 'POST' && request.method !== 'PUT') {
    sendText(request, response, 405, '/sink takes POST and PUT.\n', { Allow: 'POST, PUT' });
    return;
  }
  const hash = createHash('sha256');
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    hash.update(chunk);
  });
  request.on('end', () => {
    const sha256 = hash.digest('hex');
    if (query.has('json')) sendJson(request, response, 200, { bytes, sha256 });
    else sendText(request, response, 200, `bytes ${bytes}\nsha256 ${sha256}\n`);
  });
}
