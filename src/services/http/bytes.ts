import type { IncomingMessage, ServerResponse } from 'node:http';
import { BLOCK_LENGTH, patternAt } from '../terms/pattern.ts';
import { parseRange } from './range.ts';
import { sendText } from './reply.ts';

/** 2^40: a tebibyte. */
export const MAX_BYTES = 2 ** 40;

/** `/bytes/N`: N octets of the pattern, or a range of them, at the pace of the peer's window. */
export function serveBytes(request: IncomingMessage, response: ServerResponse, text: string): void {
  const length = /^\d{1,13}$/.test(text) ? Number(text) : Number.NaN;
  if (!(length <= MAX_BYTES)) {
    sendText(request, response, 400, `/bytes/N takes a whole number from 0 to ${MAX_BYTES} (2^40).\n`);
    return;
  }
  const range = wantedRange(request, length);
  if (range === 'unsatisfiable') {
    sendText(request, response, 416, `There are ${length} octets here.\n`, { 'Content-Range': `bytes */${length}` });
    return;
  }
  request.resume();
  const { first, length: count } = range ?? { first: 0, length };
  const headers = { 'Content-Type': 'application/octet-stream', 'Content-Length': count, 'Accept-Ranges': 'bytes' };
  if (range === null) response.writeHead(200, headers);
  else response.writeHead(206, { ...headers, 'Content-Range': `bytes ${first}-${first + count - 1}/${length}` });
  if (request.method === 'HEAD' || count === 0) response.end();
  else sendPattern(response, first, first + count);
}

/**
 * Ranges are for GET alone (RFC 9110, section 14.2). There is no validator here that an If-Range could be right about, so
 * it always asks for the whole (section 13.1.5).
 */
function wantedRange({ method, headers }: IncomingMessage, length: number): ReturnType<typeof parseRange> {
  return method === 'GET' && headers['if-range'] === undefined ? parseRange(headers.range, length) : null;
}

function sendPattern(response: ServerResponse, from: number, to: number): void {
  let at = from;
  const fill = (): void => {
    while (at < to && !response.destroyed) {
      const piece = patternAt(at, Math.min(to - at, BLOCK_LENGTH));
      at += piece.length;
      if (!response.write(piece) && at < to) return;
    }
    response.end();
  };
  response.on('drain', fill);
  fill();
}
