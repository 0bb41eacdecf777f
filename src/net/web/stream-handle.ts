import { constants } from 'node:os';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { Http2Pieces } from '../socket/http2-pieces.ts';
import type { Socket } from '../socket/socket.ts';
import type { TlsModule } from './tls.ts';

/** What Node's C++ calls, and is called by, where a stream is JavaScript's. (Its class is JSStream, which no module exports.) */
interface StreamHandle {
  // Called by us:
  readBuffer(chunk: Uint8Array): void;
  /** `status`: 0, or an error as a negative number. */
  finishWrite(request: object, status: number): void;
  finishShutdown(request: object, status: number): void;
  // Called by C++, which takes 0 for done and a negative number for an error:
  onreadstart(): number;
  onreadstop(): number;
  onwrite(request: object, chunks: Uint8Array[]): number;
  onshutdown(request: object): number;
  isClosing(): boolean;
  /** Where data goes that no session takes any more. */
  onread(): void;
  /** node:http is not to read below the stream. */
  _consumed: boolean;
  hasRef(): boolean;
}
type HandleClass = new () => StreamHandle;

const PENDING = 0;
const WRITTEN = 1;
const BROKEN = -constants.errno.EPIPE;
const CANCELED = -constants.errno.ECANCELED;

/**
 * Has HTTP/2 without TLS run on a socket of ours as it does on a net.Socket: its C++ reads and writes by the socket's `_handle`, and for all
 * else the session has the socket itself. Without a handle, a session would be on a net.Socket made for it (a JSStreamSocket, as below TLS),
 * which is connected before ours is, has no addresses, and hears of errors that the session had ended with.
 *
 * @returns what is to be called when the session is made: then the socket is read from
 */
export function giveHandle(tls: TlsModule, socket: Socket, end: 'client' | 'server'): () => void {
  if (socket._handle !== null) return () => {};
  const handle = new (handleClass(tls))();
  const reader = new Reader(socket, handle, end);
  let begun = false;
  Object.assign(handle, {
    _consumed: true,
    onread: () => {},
    hasRef: () => socket._isReferenced,
    isClosing: () => socket.writableEnded || socket.destroyed,
    onreadstart: () => {
      reader.isStopped = false;
      if (begun) reader.goOn();
      return 0;
    },
    onreadstop: () => {
      reader.isStopped = true;
      socket.pause();
      return 0;
    },
    onwrite: (request: object, chunks: Uint8Array[]) => write(socket, handle, request, chunks),
    onshutdown: (request: object) => {
      socket.end(() => setImmediate(() => handle.finishShutdown(request, 0)));
      return 0;
    },
  });
  socket._handle = handle;
  socket._writesAreCopies();
  // Until then nothing is to come into the stream: the session takes that in a tick, also where it has ended by then, and throws.
  let isWanted = false;
  const hold = (): void => {
    isWanted = true;
  };
  Object.defineProperty(socket, '_read', { value: hold, configurable: true });
  const read = (): void => {
    begun = true;
    delete (socket as Partial<Socket>)._read;
    socket.on('data', (chunk: Uint8Array) => reader.read(chunk));
    if (isWanted) socket._read();
    socket.resume();
  };
  // What the stream has of it already, the session takes in a tick of its own, which comes before.
  const readInATick = (): void => process.nextTick(read);
  const { connecting } = socket;
  if (connecting) socket.once('connect', readInATick);
  return connecting ? () => {} : readInATick;
}

const settled = Promise.resolve();

/** Gives C++ what the socket has received, piece by piece. */
class Reader {
  readonly socket: Socket;
  readonly handle: StreamHandle;
  /** C++ wants nothing now. */
  isStopped = false;
  /** There is more to read, when ticks and promises have run. */
  #isBetween = false;
  readonly #pieces: Http2Pieces;

  constructor(socket: Socket, handle: StreamHandle, end: 'client' | 'server') {
    this.socket = socket;
    this.handle = handle;
    this.#pieces = new Http2Pieces(end === 'server');
  }

  read(chunk: Uint8Array): void {
    const length = this.#pieces.next(chunk);
    const isAll = length === chunk.length;
    this.handle.readBuffer(isAll ? chunk : chunk.subarray(0, length));
    const { socket } = this;
    if (isAll || socket.destroyed) return;
    this.#isBetween = true;
    socket.pause();
    socket.unshift(chunk.subarray(length));
    settled.then(() => process.nextTick(goOnBehind, this));
  }

  behind(): void {
    this.#isBetween = false;
    this.goOn();
  }

  goOn(): void {
    if (!this.#isBetween && !this.isStopped) this.socket.resume();
  }
}

function goOnBehind(reader: Reader): void {
  reader.behind();
}

/**
 * What the stream has taken at once is done, as with the kernel's TCP: C++ takes each result but 0 for "nothing is pending" and goes on
 * (StreamBase::Write, Http2Session::ClearOutgoing). With 0 it waits for `finishWrite`.
 */
function write(socket: Socket, handle: StreamHandle, request: object, chunks: Uint8Array[]): number {
  if (socket.writableEnded || socket.destroyed) return BROKEN;
  let isPending = true;
  const written = (error?: Error | null): void => {
    if (!isPending) return;
    isPending = false;
    // Never within this very call.
    setImmediate(() => handle.finishWrite(request, error ? CANCELED : 0));
  };
  const last = chunks.length - 1;
  socket.cork();
  for (const [i, chunk] of chunks.entries()) socket.write(chunk, i === last ? written : ifFailed(written));
  socket.uncork();
  if (socket.writableLength > 0 || !isPending) return PENDING;
  isPending = false;
  return WRITTEN;
}

const ifFailed = (written: (error: Error) => void) => (error?: Error | null) => {
  if (error) written(error);
};

let known: HandleClass | null = null;

/** Node has the class where a TLSSocket is over a stream that is no net.Socket. */
function handleClass(tls: TlsModule): HandleClass {
  if (known !== null) return known;
  const nowhere = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const secure = new tls.TLSSocket(nowhere as never) as TLSSocket & Wrapped;
  known = secure._handle._parentWrap._handle.constructor as HandleClass;
  secure.destroy();
  return known;
}

interface Wrapped {
  readonly _handle: { readonly _parentWrap: { readonly _handle: object } };
}
