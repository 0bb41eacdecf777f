import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendText } from './http-reply.ts';
import { BLOCK_LENGTH, patternAt } from './pattern.ts';

/** 2^40: a tebibyte. */
export const MAX_BYTES = 2 ** 40;

/** `/bytes/N`: N octets of the pattern, at the pace of the peer's window. */
export function serveBytes(request: IncomingMessage, response: ServerResponse, text: string): void {
  const length = /^\d{1,13}$/.test(text) ? Number(text) : Number.NaN;
  if (!(length <= MAX_BYTES)) {
    sendText(request, response, 400, `/bytes/N takes a whole number from 0 to ${MAX_BYTES} (2^40).\n`);
    return;
  }
  request.resume();
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': length });
  if (request.method === 'HEAD' || length === 0) {
    response.end();
    return;
  }
  let sent = 0;
  const fill = (): void => {
    while (sent < length && !response.destroyed) {
      const piece = patternAt(sent, Math.min(length - sent, BLOCK_LENGTH));
      sent += piece.length;
      if (!response.write(piece) && sent < length) return;
    }
    response.end();
  };
  response.on('drain', fill);
  fill();
}
