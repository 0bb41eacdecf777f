import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Server } from '../../../src/net/server.ts';
import type { Socket } from '../../../src/net/socket/socket.ts';
import type { TwoNets } from './two-nets.ts';

/** What happened, in order, in words that are the same whichever TCP it happened on. */
export class Log {
  readonly entries: string[] = [];
  readonly #nets: TwoNets;

  constructor(nets: TwoNets) {
    this.#nets = nets;
  }

  add(...words: unknown[]): void {
    this.entries.push(words.map((word) => (word instanceof Error ? this.error(word) : String(word))).join(' '));
  }

  /** An error's every field, with the nets's addresses and ports made neutral. */
  error(error: Error): string {
    const fields = { type: error.name, text: error.message, ...error };
    return JSON.stringify(fields, (key, value) => (key === 'port' ? 'PORT' : value))
      .replaceAll(this.#nets.address, 'ADDRESS')
      .replaceAll(/ADDRESS:\d+/g, 'ADDRESS:PORT');
  }

  /** Notes a socket's events under `name`. Data is noted once: how it is cut into chunks is TCP's own affair. */
  watch<S extends Socket>(name: string, socket: S, { data = true } = {}): S {
    noteClose(socket);
    for (const event of ['connect', 'ready', 'end', 'finish', 'timeout'] as const) {
      socket.on(event, () => this.add(name, event));
    }
    socket.on('close', (hadError?: boolean) => this.add(name, 'close', hadError));
    socket.on('error', (error) => this.add(name, 'error', error));
    if (data) {
      socket.once('data', () => this.add(name, 'data'));
      socket.resume();
    }
    return socket;
  }

  /** A write callback that notes its result. */
  callback(name: string): (error?: Error | null) => void {
    return (error) => this.add(name, error ?? 'ok');
  }

  /** The entries of one name only, where the order between two sockets is up to the network. */
  of(name: string): string[] {
    return this.entries.filter((entry) => entry.startsWith(`${name} `));
  }
}

export async function listening(nets: TwoNets, server: Server): Promise<number> {
  server.listen(0, nets.address);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A connected pair, and the server it came from. */
export async function pair(
  nets: TwoNets,
  { client = {}, server = {} }: { client?: object; server?: object } = {},
): Promise<{ near: Socket; far: Socket; listener: Server }> {
  const listener = nets.server.createServer(server);
  const port = await listening(nets, listener);
  const accepted = once(listener, 'connection') as Promise<[Socket]>;
  const near = noteClose(nets.client.connect({ port, host: nets.address, ...client }));
  const [[far]] = await Promise.all([accepted, once(near, 'connect')]);
  noteClose(far);
  return { near, far, listener };
}

const gone = new WeakSet<Socket>();
const noteClose = (socket: Socket): Socket => socket.once('close', () => gone.add(socket));

/** Waits until all of them, watched or of a `pair`, have had their 'close'. */
export const closed = (...sockets: Socket[]): Promise<unknown> =>
  Promise.all(sockets.map((socket) => (gone.has(socket) ? null : new Promise((done) => socket.once('close', done)))));

/** More turns of the event loop than anything takes that needs no timer. */
const TURNS = 30;

/**
 * Waits for so long, and until all that was to happen by then has. On a machine that does something else for a while a timer
 * fires before what has arrived in the meantime is looked at.
 */
export async function pause(milliseconds: number): Promise<void> {
  await new Promise((done) => setTimeout(done, milliseconds));
  for (let i = 0; i < TURNS; i++) await new Promise((done) => setImmediate(done));
}

export function pattern(length: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let x = seed;
  for (let i = 0; i < length; i++) {
    x = (Math.imul(x, 1103515245) + 12345) | 0;
    bytes[i] = x >>> 16;
  }
  return bytes;
}
