import type { Duplex } from 'node:stream';
import type * as tls from 'node:tls';
import { Socket } from '../socket/socket.ts';
import { connectArgs, type ExtraSettings, type FastOpenOptions } from '../terms/args.ts';
import { moduleLike } from './constructors.ts';
import type { CreateServer } from './http.ts';
import { serverClass } from './server.ts';
import type { Sockets } from './sockets.ts';
import { begin, diesWithSocket, overTcp, startsConnected, tlsSocketClass } from './tls-socket.ts';

export type TlsModule = typeof tls;

/** node:tls, with its servers and clients on our host. */
export interface StackTls extends TlsModule {
  connect: TlsModule['connect'] &
    ((options: tls.ConnectionOptions & ExtraSettings & FastOpenOptions, listener?: () => void) => tls.TLSSocket);
  createServer: TlsModule['createServer'] & CreateServer<tls.TlsOptions, (socket: tls.TLSSocket) => void, tls.Server>;
}

export function createTls(sockets: Sockets, tls: TlsModule): StackTls {
  const Server = serverClass(sockets, tls.Server, diesWithSocket);
  return moduleLike(tls as StackTls, {
    Server,
    TLSSocket: tlsSocketClass(sockets, tls.TLSSocket),
    createServer: (...args: [tls.TlsOptions, () => void]) => new Server(...args),
    connect: (...args: unknown[]) => {
      const [options, listener] = tlsConnectArgs(args);
      if (options.socket) {
        holdUntilConnected(options.socket);
        return diesWithSocket(tls.connect(options, listener));
      }
      const secure = connectOver(sockets, tls, options, (withSocket) => tls.connect(withSocket, listener));
      if (options.timeout) secure.setTimeout(options.timeout);
      return secure;
    },
  });
}

/** The handshake begins at once: of a socket that the application connects only later, it waits for that. */
function holdUntilConnected(socket: Duplex): void {
  if (!(socket instanceof Socket) || !socket.pending || socket.connecting || socket.destroyed) return;
  socket.cork();
  socket.once('connect', () => socket.uncork());
}

/** `connect(port, host?, options?, listener?)` and `connect(options, listener?)` as one. */
function tlsConnectArgs(
  args: readonly unknown[],
): [options: tls.ConnectionOptions, listener: (() => void) | undefined] {
  const [options, listener] = connectArgs(args);
  const more = args.slice(1).find((arg) => typeof arg === 'object' && arg !== null);
  return [{ ...(options as tls.ConnectionOptions), ...(more as object) }, listener ?? undefined];
}

/** Makes a TLSSocket, and connects the TCP socket of ours below it. */
export function connectOver(
  sockets: Sockets,
  tls: TlsModule,
  options: object,
  make: (options: object & { socket: Socket }) => tls.TLSSocket,
): tls.TLSSocket {
  let below!: Socket;
  const secure = overTcp(sockets, options, (socket) => {
    below = socket;
    return startsConnected(tls.TLSSocket, options, () => make({ ...options, socket }));
  });
  try {
    begin(below, options);
  } catch (error) {
    secure.on('error', () => {}).destroy();
    throw error;
  }
  return secure;
}
