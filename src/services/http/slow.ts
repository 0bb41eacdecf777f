import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendText } from './reply.ts';

/** The query's knobs, each with its bounds: no client gets a connection that drips for longer than an hour or so. */
const KNOBS = {
  count: { fallback: 10, min: 1, max: 3600 },
  interval: { fallback: 1000, min: 1, max: 60_000 },
  size: { fallback: 0, min: 0, max: 65_536 },
} as const;
const LONGEST_MS = 3_600_000;

export const slowUsage = '?count=10&interval=1000&size=0: count drips, a line or size octets each, interval ms apart';

/** `/slow`: an answer that drips, to watch idle connections, delayed ACKs and small segments. */
export function serveSlow(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
  const count = knob(query, 'count');
  const interval = knob(query, 'interval');
  const size = knob(query, 'size');
  if (count === null || interval === null || size === null || count * interval > LONGEST_MS) {
    sendText(request, response, 400, `/slow ${slowUsage}; ${bounds()}, an hour in all.\n`);
    return;
  }
  request.resume();
  response.writeHead(200, { 'Content-Type': 'text/plain' });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  let drip = 0;
  const next = (): void => {
    drip++;
    // A reader who is slower than the drips: they're skipped rather than piled up.
    if (!response.writableNeedDrain) response.write(size > 0 ? '.'.repeat(size) : `drip ${drip} of ${count}\n`);
    if (drip < count) return;
    clearInterval(timer);
    response.end();
  };
  const timer = setInterval(next, interval);
  response.once('close', () => clearInterval(timer));
  next();
}

function knob(query: URLSearchParams, name: keyof typeof KNOBS): number | null {
  const { fallback, min, max } = KNOBS[name];
  const text = query.get(name);
  if (text === null) return fallback;
  const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : null;
}

const bounds = (): string =>
  Object.entries(KNOBS)
    .map(([name, { min, max }]) => `${name} ${min}..${max}`)
    .join(', ');
