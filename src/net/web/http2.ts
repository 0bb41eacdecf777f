import type { EventEmitter } from 'node:events';
import type * as http2 from 'node:http2';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { Socket } from '../socket/socket.ts';
import { nodeError } from '../terms/errors.ts';
import { type Constructor, moduleLike } from './constructors.ts';
import type { CreateServer } from './http.ts';
import { serverClass } from './server.ts';
import type { Sockets } from './sockets.ts';
import { giveHandle } from './stream-handle.ts';
import type { StackTls } from './tls.ts';
import { diesWithSocket } from './tls-socket.ts';

export type Http2Module = typeof http2;
type OnRequest = (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => void;

/** node:http2, with its servers and clients on our host. */
export interface StackHttp2 extends Http2Module {
  createServer: Http2Module['createServer'] & CreateServer<http2.ServerOptions, OnRequest, http2.Http2Server>;
  createSecureServer: Http2Module['createSecureServer'] &
    CreateServer<http2.SecureServerOptions, OnRequest, http2.Http2SecureServer>;
}

export function createHttp2(sockets: Sockets, http2: Http2Module, tls: StackTls): StackHttp2 {
  // The module doesn't export its classes.
  const classOf = <S extends object>(server: S): Constructor<S> => server.constructor as Constructor<S>;
  const Server = serverClass(sockets, classOf(http2.createServer()));
  const SecureServer = serverClass(sockets, classOf(http2.createSecureServer()), diesWithSocket);

  const createConnection = (authority: URL, options: http2.ClientSessionOptions): Duplex => {
    const { protocol, host, port } = target(authority, options);
    if (protocol === 'http:') return sockets.connect({ port, host, ...options });
    if (protocol === 'https:') return tls.connect({ port: Number(port), host, ...tlsOptions(options, host) });
    throw nodeError(Error, 'ERR_HTTP2_UNSUPPORTED_PROTOCOL', `protocol "${protocol}" is unsupported.`);
  };

  const create = <S extends object>(Class: Constructor<S>, ...[options, listener]: [object?, unknown?]): S =>
    typeof options === 'function' ? new Class({}, options) : new Class(options, listener);

  const connect = (authority: string | URL, ...[options, listener]: [unknown?, unknown?]): http2.ClientHttp2Session => {
    if (typeof options === 'function') return connect(authority, undefined, options);
    const own = options as http2.ClientSessionOptions | undefined;
    const toSocket = typeof own?.createConnection === 'function' ? own.createConnection : createConnection;
    let begin: (() => void) | null = null;
    const connecting = (...args: Parameters<typeof toSocket>): Duplex => {
      const socket = toSocket(...args);
      if (socket instanceof Socket) begin = giveHandle(tls, socket, 'client');
      return socket;
    };
    const all =
      own === undefined || (typeof own === 'object' && own !== null) ? { ...own, createConnection: connecting } : own;
    const session = http2.connect(authority, all, listener as () => void);
    (begin as (() => void) | null)?.();
    return session;
  };
  Object.defineProperty(connect, promisify.custom, {
    value: (authority: string | URL, options?: object) =>
      new Promise((resolve, reject) => {
        const session = connect(authority, options, () => {
          session.removeListener('error', reject);
          resolve(session);
        });
        session.once('error', reject);
      }),
  });

  return moduleLike(http2 as StackHttp2, {
    createServer: (...args: [object?, unknown?]) => onHandles(tls, create(Server, ...args)),
    createSecureServer: (...args: [object?, unknown?]) => new SecureServer(...(args as [])),
    connect,
    performServerHandshake: (socket: Duplex, options?: object) => {
      const begin = socket instanceof Socket ? giveHandle(tls, socket, 'server') : null;
      const session = http2.performServerHandshake(socket, options);
      begin?.();
      return session;
    },
  });
}

/** A session on a socket of ours reads and writes by a handle that the socket is given (stream-handle.ts). */
function onHandles<S extends EventEmitter>(tls: StackTls, server: S): S {
  const [serve] = server.listeners('connection') as [(socket: Duplex) => void];
  server.removeListener('connection', serve);
  return server.prependListener('connection', (socket: Duplex) => {
    const begin = socket instanceof Socket ? giveHandle(tls, socket, 'server') : null;
    serve.call(server, socket);
    begin?.();
  });
}

/** Where `connect` leads, by Node's rules. */
function target(authority: URL, options: http2.ClientSessionOptions): { protocol: string; host: string; port: string } {
  const isPlain = authority.protocol === 'http:';
  return {
    protocol: authority.protocol || options.protocol || 'https:',
    host: authority.hostname?.replace(/^\[|\]$/g, '') || authority.host || 'localhost',
    port: authority.port || (isPlain ? '80' : '443'),
  };
}

/** What the TLS below HTTP/2 offers (RFC 9113, section 3.2), and to which name. */
function tlsOptions(options: http2.SecureClientSessionOptions & { allowHTTP1?: boolean }, host: string): object {
  const ALPNProtocols = options.allowHTTP1 === true ? ['h2', 'http/1.1'] : ['h2'];
  const servername = options.servername || (isIP(host) ? undefined : host);
  return { ...options, ALPNProtocols, servername };
}
