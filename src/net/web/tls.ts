import type { EventEmitter } from 'node:events';
import type { OnReadOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import type * as tls from 'node:tls';
import { Socket } from '../socket/socket.ts';
import { type ConnectOptions, connectArgs, type ExtraSettings, type FastOpenOptions } from '../terms/args.ts';
import { moduleLike } from './constructors.ts';
import type { CreateServer } from './http.ts';
import { serverClass } from './server.ts';
import type { Sockets } from './sockets.ts';

export type TlsModule = typeof tls;

/** node:tls, with its servers and clients on our host. */
export interface StackTls extends TlsModule {
  connect: TlsModule['connect'] &
    ((options: tls.ConnectionOptions & ExtraSettings & FastOpenOptions, listener?: () => void) => tls.TLSSocket);
  createServer: TlsModule['createServer'] & CreateServer<tls.TlsOptions, (socket: tls.TLSSocket) => void, tls.Server>;
}

export function createTls(sockets: Sockets, tls: TlsModule): StackTls {
  const Server = serverClass(sockets, tls.Server, diesOfErrors);
  return moduleLike(tls as StackTls, {
    Server,
    createServer: (...args: [tls.TlsOptions, () => void]) => new Server(...args),
    connect: (...args: unknown[]) => {
      const [options, listener] = tlsConnectArgs(args);
      if (options.socket) {
        holdUntilConnected(options.socket);
        return diesOfErrors(tls.connect(options, listener));
      }
      const secure = overTcp(sockets, options, (withSocket) => tls.connect(withSocket, listener));
      if (options.timeout) secure.setTimeout(options.timeout);
      const { onread } = options as ConnectOptions;
      if (onread) secure.on('data', (chunk: Buffer) => readInto(onread, chunk, secure));
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

/** `onread`, which a TLSSocket leaves alone that is given its socket. */
function readInto({ buffer, callback }: OnReadOpts, chunk: Buffer, secure: tls.TLSSocket): void {
  const target = typeof buffer === 'function' ? buffer() : buffer;
  const length = chunk.copy(target);
  const goesOn = callback(length, target) !== false;
  if (length < chunk.length) secure.unshift(chunk.subarray(length));
  if (!goesOn) secure.pause();
}

/** Options of a TLSSocket that its TCP socket must not have too. */
const FOR_TLS_ALONE = { onread: undefined, timeout: undefined, signal: undefined };

/** Connects a TCP socket of ours, and has `begin` make the TLSSocket above it. */
export function overTcp(
  sockets: Sockets,
  options: object,
  begin: (options: object & { socket: Socket }) => tls.TLSSocket,
): tls.TLSSocket {
  const socket = sockets.connect({ ...options, ...FOR_TLS_ALONE });
  try {
    return followed(begin({ ...options, socket }), socket);
  } catch (error) {
    socket.on('error', () => {});
    socket.destroy();
    throw error;
  }
}

const WHILE_CONNECTING = ['lookup', 'connectionAttempt', 'connectionAttemptFailed', 'connectionAttemptTimeout'];

/** Only of a net.Socket does a TLSSocket see how its connecting goes: of ours it is told here. */
function followed(secure: tls.TLSSocket, socket: Socket): tls.TLSSocket {
  const { autoSelectFamilyAttemptedAddresses } = socket;
  Object.assign(secure, { connecting: true, autoSelectFamilyAttemptedAddresses });
  for (const event of WHILE_CONNECTING) socket.on(event, (...args) => secure.emit(event, ...args));
  socket.once('connect', () => {
    Object.assign(secure, { connecting: false });
    secure.emit('connect');
    secure.emit('ready');
  });
  return diesOfErrors(secure);
}

/** As far as it is Node's own affair: a stream that isn't net.Socket's is wrapped, to be as one for a TLSSocket. */
interface Wrapped {
  readonly _handle?: { readonly _parentWrap?: EventEmitter & { readonly stream?: unknown } } | null;
}

/** The wrapper has a TLSSocket emit 'error' and live on, to be closed as if nothing were; a net.Socket's error destroys it. */
export function diesOfErrors(secure: tls.TLSSocket): tls.TLSSocket {
  const wrapper = (secure as tls.TLSSocket & Wrapped)._handle?._parentWrap;
  if (wrapper?.stream === undefined) return secure;
  wrapper.removeAllListeners('error').on('error', (error) => secure.destroy(error));
  return secure;
}
