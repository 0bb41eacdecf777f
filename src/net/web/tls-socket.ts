import type { EventEmitter } from 'node:events';
import type { OnReadOpts } from 'node:net';
import type * as tls from 'node:tls';
import type { Socket } from '../socket/socket.ts';
import { connectArgs, type FastOpenOptions } from '../terms/args.ts';
import type { Sockets } from './sockets.ts';

/** Options of a TLSSocket that its TCP socket must not have too. */
const FOR_TLS_ALONE = { onread: undefined, timeout: undefined, signal: undefined };

type Class = typeof tls.TLSSocket;
type TlsSocketArgs = [socket?: Socket | undefined, options?: object | undefined];

/**
 * Node's TLSSocket, which without a socket makes one of its own that `connect` connects: that is one of ours here. All else is Node's, the
 * prototype too, so that every TLSSocket is an instance of it.
 */
export function tlsSocketClass(sockets: Sockets, TLSSocket: Class): Class {
  const withSocket = (construct: (args: TlsSocketArgs) => tls.TLSSocket, options?: object): tls.TLSSocket =>
    overTcp(sockets, { ...options }, (socket) => {
      const secure = construct([socket, options]);
      const connect = (...args: unknown[]): tls.TLSSocket => {
        const [target, listener] = connectArgs(args);
        if (listener !== null) secure.once('connect', listener);
        begin(socket, target);
        return secure;
      };
      return Object.defineProperty(secure, 'connect', { value: connect, writable: true, configurable: true });
    });
  return new Proxy(TLSSocket, {
    construct: (_class, args: TlsSocketArgs, target) => {
      const construct = (all: TlsSocketArgs): tls.TLSSocket => Reflect.construct(TLSSocket, all, target);
      return args[0] ? construct(args) : withSocket(construct, args[1]);
    },
    apply: (_function, self: tls.TLSSocket, args: TlsSocketArgs) => {
      const construct = (all: TlsSocketArgs): tls.TLSSocket => {
        Reflect.apply(TLSSocket as unknown as () => void, self, all);
        return self;
      };
      return args[0] ? construct(args) : withSocket(construct, args[1]);
    },
  });
}

/**
 * A TLSSocket over a TCP socket of ours that is not connected yet.
 *
 * @param make makes the TLSSocket; what is wrong with the options of TLS it says before anything connects
 */
export function overTcp(sockets: Sockets, options: object, make: (socket: Socket) => tls.TLSSocket): tls.TLSSocket {
  const socket = new sockets.Socket({ ...options, ...FOR_TLS_ALONE });
  // What is written waits for `begin`.
  socket.cork();
  const secure = followed(make(socket), socket);
  const { onread } = options as { onread?: OnReadOpts };
  if (onread) readInto(secure, onread);
  return secure;
}

interface Starting {
  _start(): void;
}

/**
 * Has `tls.connect` begin its handshake when the TCP socket is connected, as it does with a net.Socket; with another stream it begins at
 * once. So it does with Fast Open, whose SYN may carry it.
 */
export function startsConnected(TLSSocket: Class, options: FastOpenOptions, make: () => tls.TLSSocket): tls.TLSSocket {
  if (options.fastOpen) return make();
  const prototype = TLSSocket.prototype as unknown as Starting;
  const { _start: start } = prototype;
  let secure: (tls.TLSSocket & Starting) | null = null;
  prototype._start = () => {};
  try {
    secure = make() as tls.TLSSocket & Starting;
  } finally {
    prototype._start = start;
  }
  Object.assign(secure, { connecting: true });
  secure._start();
  return secure;
}

/** Connects the socket below a TLSSocket. */
export function begin(socket: Socket, options: object): void {
  socket.connect({ ...options, ...FOR_TLS_ALONE } as never);
  socket.uncork();
}

const WHILE_CONNECTING = ['lookup', 'connectionAttempt', 'connectionAttemptFailed', 'connectionAttemptTimeout'];

/** Only of a net.Socket does a TLSSocket see how its connecting goes: of ours it is told here. */
function followed(secure: tls.TLSSocket, socket: Socket): tls.TLSSocket {
  Object.assign(secure, { connecting: true });
  socket.once('connectionAttempt', () => {
    const { autoSelectFamilyAttemptedAddresses } = socket;
    Object.assign(secure, { autoSelectFamilyAttemptedAddresses });
  });
  for (const event of WHILE_CONNECTING) socket.on(event, (...args) => secure.emit(event, ...args));
  socket.once('connect', () => {
    Object.assign(secure, { connecting: false });
    secure.emit('connect');
    secure.emit('ready');
  });
  return diesWithSocket(secure);
}

/** As far as it is Node's own affair: a stream that isn't net.Socket's is wrapped, to be as one for a TLSSocket. */
interface Wrapped {
  readonly _handle?: { readonly _parentWrap?: EventEmitter & { readonly stream?: EventEmitter } } | null;
}

/**
 * The wrapper has a TLSSocket emit 'error' and live on, to be closed as if nothing were, and close a turn of the event loop behind the socket
 * below. A net.Socket's error destroys it, and so does its 'close', before the application hears of that.
 */
export function diesWithSocket(secure: tls.TLSSocket): tls.TLSSocket {
  const wrapper = (secure as tls.TLSSocket & Wrapped)._handle?._parentWrap;
  if (wrapper?.stream === undefined) return secure;
  wrapper.removeAllListeners('error').on('error', (error) => secure.destroy(error));
  wrapper.stream.prependOnceListener('close', () => secure.destroy());
  return secure;
}

/** `onread`, which a TLSSocket leaves alone that is given its socket: what it would push goes into the buffer instead, part by part. */
function readInto(secure: tls.TLSSocket, { buffer, callback }: OnReadOpts): void {
  const next = (): Uint8Array => (typeof buffer === 'function' ? buffer() : buffer);
  const { push, pause, resume } = secure;
  let target = next();
  let isWanted = true;
  let ended = false;
  let waiting: Buffer = Buffer.alloc(0);
  const deliver = (): void => {
    while (isWanted && waiting.length > 0 && !secure.destroyed) {
      const length = waiting.copy(target);
      waiting = waiting.subarray(length);
      if (callback(length, target) === false) isWanted = false;
      target = next();
    }
    if (!ended || waiting.length > 0) return;
    ended = false;
    push.call(secure, null);
    secure.read(0);
  };
  // Later, as from a net.Socket: who resumes has perhaps not done yet with what is in the buffer.
  const goOn = (): void => {
    deliver();
    if (isWanted && !secure.destroyed) secure._read(0);
  };
  const own = {
    push: (chunk: Buffer | null) => {
      if (chunk === null) ended = true;
      else waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
      deliver();
      return isWanted;
    },
    pause: () => {
      isWanted = false;
      return pause.call(secure);
    },
    resume: () => {
      isWanted = true;
      process.nextTick(goOn);
      return resume.call(secure);
    },
  };
  for (const [name, value] of Object.entries(own)) {
    Object.defineProperty(secure, name, { value, writable: true, configurable: true });
  }
}
