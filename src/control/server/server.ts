import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import type { Message } from '../terms/protocol.ts';
import { isOurs } from './peer.ts';
import { Session } from './session.ts';
import type { Tables } from './tables.ts';

/** Clients at one time: each has a descriptor, and some memory. */
const MOST_CLIENTS = 64;

/**
 * The control socket of a stack. Neither it nor a client keeps the process alive; what clients do costs the stack no more than
 * the answers, a piece at a time.
 */
export class ControlServer {
  readonly path: string;
  readonly tables: Tables;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #closed = false;

  private constructor(path: string, tables: Tables) {
    this.path = path;
    this.tables = tables;
    // Half open: a client may close its direction behind its last request, as `echo ... | nc -U` does.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  /** Listens at `path`, where nothing may be yet. The socket is for its user alone (0600) from the first moment on. */
  static async listen(path: string, tables: Tables): Promise<ControlServer> {
    const control = new ControlServer(path, tables);
    // The mask is the whole process's; a worker may not change it.
    const mask = isMainThread ? process.umask(0o177) : null;
    control.#server.listen(path); // binds before it returns
    if (mask !== null) process.umask(mask);
    await once(control.#server, 'listening');
    chmodSync(path, 0o600);
    // Out of descriptors, for instance: that client is lost, the socket stays.
    control.#server.on('error', () => {});
    control.#server.unref();
    process.once('exit', control.#remove);
    return control;
  }

  get clients(): number {
    return this.#sockets.size;
  }

  /** Ends it; libuv removes the socket's file. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    process.off('exit', this.#remove);
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** The process ends without `close`, by an error. */
  readonly #remove = (): void => rmSync(this.path, { force: true });

  #accept(socket: Socket): void {
    socket.unref();
    socket.on('error', () => {}); // `close` follows
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    if (!isOurs(socket)) turnAway(socket, 'refused', 'This stack belongs to another user');
    else if (this.#sockets.size > MOST_CLIENTS) turnAway(socket, 'busy', `${MOST_CLIENTS} clients are here already`);
    else new Session(socket, this.tables);
  }
}

function turnAway(socket: Socket, code: string, message: string): void {
  const said: Message = { id: null, error: { code, message } };
  socket.end(`${JSON.stringify(said)}\n`, () => socket.destroy());
}
