import type * as net from 'node:net';
import type { TLSSocket } from 'node:tls';
import { checkSignal } from '../terms/argument-errors.ts';
import { closeOn } from '../terms/close-on.ts';
import { nodeError } from '../terms/errors.ts';
import { type Constructor, inheriting } from './constructors.ts';
import type { Listener, ListenerOptions, Sockets } from './sockets.ts';

/** What is read of a server whenever it accepts, as node:net does, so that it may be changed at any time. */
const SETTINGS = [
  ...['allowHalfOpen', 'pauseOnConnect', 'noDelay', 'keepAlive', 'highWaterMark'],
  ...['maxConnections', 'dropMaxConnection', 'blockList'],
];

/**
 * The server class of node:http, https, tls or http2, listening on our host. What speaks the protocol is Node's code as it is, with its
 * time-outs and its list of connections; what listens and accepts is ours. So such a server is an instance of Node's class, too.
 *
 * Node's classes reach their listening handle only in methods of net.Server, and those are replaced here. Its own `close` is called as
 * well, for what each protocol does in it (idle connections, the interval of the time-outs, sessions): it finds no handle there.
 *
 * @param onSecure of a server of TLS: is called for each connection before the application has it
 */
export function serverClass<C extends Constructor<net.Server>>(
  sockets: Sockets,
  Base: C,
  onSecure: ((socket: TLSSocket) => void) | null = null,
): C {
  const listeners = new WeakMap<net.Server, Listener>();
  const listenerOf = (server: net.Server): Listener => listeners.get(server)!;

  const overrides = {
    listen(this: net.Server, ...args: unknown[]): net.Server {
      const callback = typeof args[args.length - 1] === 'function' ? (args.pop() as () => void) : null;
      const [first] = args as [net.ListenOptions?];
      const signal = typeof first === 'object' ? first?.signal : undefined;
      if (signal !== undefined) {
        checkSignal(signal, 'options.signal');
        args[0] = { ...first, signal: undefined };
      }
      listenerOf(this).listen(...args);
      if (callback !== null) this.once('listening', callback);
      if (signal !== undefined) closeOn(signal, this);
      return this;
    },
    close(this: net.Server, callback?: (error?: Error) => void): net.Server {
      if (typeof callback === 'function') {
        const { listening } = this;
        this.once('close', () => {
          if (listening) callback();
          else callback(nodeError(Error, 'ERR_SERVER_NOT_RUNNING', 'Server is not running.'));
        });
      }
      Base.prototype.close.call(this);
      listenerOf(this).close();
      return this;
    },
    async [Symbol.asyncDispose](this: net.Server): Promise<void> {
      if (this.listening) await new Promise((done) => this.close(done));
    },
    /** With this the `close` of net.Server brings 'close' about, of which the listener says when it comes. */
    _emitCloseIfDrained(): void {},
    get listening(): boolean {
      // The prototype itself is no server.
      return listeners.get(this as unknown as net.Server)?.listening ?? false;
    },
    address(this: net.Server): net.AddressInfo | null {
      return listenerOf(this).address();
    },
    getConnections(this: net.Server, callback: (error: Error | null, count: number) => void): net.Server {
      listenerOf(this).getConnections(callback);
      return this;
    },
    ref(this: net.Server): net.Server {
      listenerOf(this).ref();
      return this;
    },
    unref(this: net.Server): net.Server {
      listenerOf(this).unref();
      return this;
    },
  };

  const begin = (server: net.Server, [options]: unknown[]): void => {
    const listener = listenerFor(server, sockets, (typeof options === 'object' && options) || {});
    listener.on('close', () => {
      // It may have been closed by another than `close` (the link is gone); to do this twice is harmless.
      Base.prototype.close.call(server);
      server.emit('close');
    });
    listeners.set(server, listener);
  };
  if (onSecure !== null) {
    Object.assign(overrides, {
      emit(this: net.Server, event: string, ...args: unknown[]): boolean {
        if (event === 'secureConnection') onSecure(args[0] as TLSSocket);
        return Base.prototype.emit.call(this, event, ...args);
      },
    });
  }
  return inheriting(Base, overrides, begin);
}

/** `options`: of `createServer`; of those that Node's servers don't know, some are for our sockets. */
function listenerFor(server: net.Server, sockets: Sockets, options: ListenerOptions): Listener {
  const { userTimeout, congestionControl, fastOpen } = options;
  const listener = new sockets.Server({ userTimeout, congestionControl, fastOpen });
  const settings = server as unknown as Record<string, unknown>;
  for (const name of SETTINGS) Object.defineProperty(listener, name, { get: () => settings[name] });
  // Node keeps this one in seconds.
  const keepAliveInitialDelay = { get: () => Number(settings.keepAliveInitialDelay) * 1000 };
  Object.defineProperty(listener, 'keepAliveInitialDelay', keepAliveInitialDelay);
  listener.on('listening', () => {
    settings._connectionKey = listener._connectionKey;
    server.emit('listening');
  });
  listener.on('error', (error) => server.emit('error', error));
  listener.on('drop', (dropped) => server.emit('drop', dropped));
  listener.on('connection', (socket) => {
    socket.server = server;
    server.emit('connection', socket);
  });
  return listener;
}
