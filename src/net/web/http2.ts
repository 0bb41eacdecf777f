import type * as http2 from 'node:http2';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { nodeError } from '../terms/errors.ts';
import { type Constructor, moduleLike } from './constructors.ts';
import type { CreateServer } from './http.ts';
import { serverClass } from './server.ts';
import type { Sockets } from './sockets.ts';
import { diesOfErrors, type StackTls } from './tls.ts';

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
  const SecureServer = serverClass(sockets, classOf(http2.createSecureServer()), diesOfErrors);

  const createConnection = (authority: URL, options: http2.ClientSessionOptions): Duplex => {
    const { protocol, host, port } = target(authority, options);
    if (protocol === 'http:') return sockets.connect({ port, host, ...options });
    if (protocol === 'https:') return tls.connect({ port, host, ...tlsOptions(options, host) });
    throw nodeError(Error, 'ERR_HTTP2_UNSUPPORTED_PROTOCOL', `protocol "${protocol}" is unsupported.`);
  };

  const create =
    <S>(Class: Constructor & (new (options: object, listener?: unknown) => S)) =>
    (...[options, listener]: [object?, unknown?]): S =>
      typeof options === 'function' ? new Class({}, options) : new Class(options ?? {}, listener);
  return moduleLike(http2 as StackHttp2, {
    createServer: create(Server),
    createSecureServer: create(SecureServer),
    connect: (authority: string | URL, ...[options, listener]: [unknown?, unknown?]) => {
      const own = typeof options === 'function' ? {} : (options as http2.ClientSessionOptions);
      const onConnect = (typeof options === 'function' ? options : listener) as () => void;
      const toSocket = typeof own?.createConnection === 'function' ? own.createConnection : createConnection;
      let socket: Duplex | null = null;
      const connecting = (...args: Parameters<typeof toSocket>): Duplex => (socket = toSocket(...args));
      const session = http2.connect(authority, { ...own, createConnection: connecting }, onConnect);
      return connectsWith(session, socket as Connecting | null);
    },
  });
}

type Connecting = Duplex & { connecting?: boolean; encrypted?: boolean };

/**
 * Node takes a stream that is no net.Socket for connected, so a session would be connected before its socket is, and where that fails,
 * too. Until then its 'connect' is held back here. (A TLSSocket is a net.Socket.)
 */
function connectsWith(session: http2.ClientHttp2Session, socket: Connecting | null): http2.ClientHttp2Session {
  if (!socket?.connecting || socket.encrypted) return session;
  const own = session as { -readonly [K in 'connecting' | 'emit']?: http2.ClientHttp2Session[K] };
  let heldBack: unknown[] | null = null;
  Object.defineProperty(session, 'connecting', { configurable: true, value: true });
  own.emit = (...args: unknown[]) => {
    if (args[0] === 'connect') heldBack = args;
    else Reflect.apply(Object.getPrototypeOf(session).emit, session, args);
    return true;
  };
  socket.once('connect', () => {
    delete own.connecting;
    delete own.emit;
    if (heldBack !== null) Reflect.apply(session.emit, session, heldBack);
  });
  return session;
}

/** Where `connect` leads, by Node's rules. */
function target(authority: URL, options: http2.ClientSessionOptions): { protocol: string; host: string; port: number } {
  const isPlain = authority.protocol === 'http:';
  return {
    protocol: authority.protocol || options.protocol || 'https:',
    host: authority.hostname?.replace(/^\[|\]$/g, '') || authority.host || 'localhost',
    port: Number(authority.port || (isPlain ? 80 : 443)),
  };
}

/** What the TLS below HTTP/2 offers (RFC 9113, section 3.2), and to which name. */
function tlsOptions(options: http2.SecureClientSessionOptions & { allowHTTP1?: boolean }, host: string): object {
  const ALPNProtocols = options.allowHTTP1 === true ? ['h2', 'http/1.1'] : ['h2'];
  const servername = options.servername || (isIP(host) ? undefined : host);
  return { ...options, ALPNProtocols, servername };
}
