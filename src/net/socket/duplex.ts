import type { AsyncResource } from 'node:async_hooks';
import { Duplex, type DuplexOptions } from 'node:stream';
import type { Driver } from '../driver/driver.ts';
import type { SocketOptions } from '../terms/args.ts';
import { adoptable } from '../terms/callable.ts';
import { nodeError, streamError } from '../terms/errors.ts';
import type { SocketEmitter } from '../terms/events.ts';
import { COPY_LIMIT, type WriteRequest } from './coalesce-writes.ts';
import type { Endpoint, ReadTarget } from './endpoint.ts';
import { tooManyWrites } from './waiting-chunks.ts';
import { type WriteCallback, WriteLedger } from './write-ledger.ts';

/** A write that came before the connection was there. */
interface EarlyWrite {
  chunks: readonly WriteRequest[];
  done: WriteCallback;
}

/** The server side of an accepted socket. */
export interface SocketOwner {
  readonly scope: AsyncResource | null;
  readonly isDualStack: boolean;
  _left(): void;
}

const AdoptableDuplex = adoptable(Duplex) as unknown as new (options?: DuplexOptions) => SocketEmitter;

/**
 * What the stream has to know of a socket's options, each written out: V8 makes a new layout for each object into which another one
 * is spread that has more of them, and keeps it until its next collection of everything (measured: 1.2 KB for each socket).
 */
function streamOptions(
  options: (SocketOptions & DuplexOptions & { captureRejections?: boolean }) | undefined,
): DuplexOptions {
  return {
    allowHalfOpen: Boolean(options?.allowHalfOpen),
    // 'close' carries an argument here, so it is emitted by hand.
    emitClose: false,
    autoDestroy: true,
    // Short strings are encoded straight into the memory they are sent from.
    decodeStrings: false,
    // A signal that is aborted already would destroy a socket that is not complete yet: it comes behind the constructor.
    signal: undefined,
    highWaterMark: options?.highWaterMark,
    readableHighWaterMark: options?.readableHighWaterMark,
    writableHighWaterMark: options?.writableHighWaterMark,
    readable: options?.readable,
    writable: options?.writable,
    encoding: options?.encoding,
    defaultEncoding: options?.defaultEncoding,
    construct: options?.construct,
    read: options?.read,
    write: options?.write,
    writev: options?.writev,
    final: options?.final,
    destroy: options?.destroy,
    captureRejections: options?.captureRejections,
  } as DuplexOptions;
}

/** The stream half of a Socket: bytes in, bytes out, the end. `Socket` adds connecting, settings and facts. */
export abstract class TcpDuplex extends AdoptableDuplex {
  connecting = false;
  /** node:net's name for what is below a socket: there is nothing of this sort, but what HTTP/2 is given to read from. @internal */
  declare _handle: object | null;
  /** The socket below it, which node:tls looks for in what it takes for a socket of its own kind: there is none. @internal */
  declare _parent: null;
  protected readonly driver: Driver;
  protected endpoint: Endpoint | null = null;
  /** The asynchronous context of its events, from `connect` or accept on. */
  protected scope: AsyncResource | null = null;
  protected ledger = new WriteLedger();
  protected readonly readTarget: ReadTarget | null;
  protected owner: SocketOwner | null = null;
  /** Accepted by a server of both families, to which IPv4 addresses are ::ffff:10.9.0.1. @internal */
  _isDualStack = false;
  /** `_read` was called before there was an endpoint. */
  protected readWanted = false;
  protected early: EarlyWrite | null = null;
  /** Fast Open: what is written while connecting need not wait, since the SYN may carry it. */
  protected writesWhileConnecting = false;
  protected resetting = false;
  /** Our side ends because the peer's has: a write after that is told so. @internal */
  _endedByPeer = false;
  /** Chunks are not touched by the application once they are written: no write callback has to wait for the peer. */
  protected chunksStay = false;
  #defaultEncoding: BufferEncoding = 'utf8';

  constructor(driver: Driver, options?: SocketOptions) {
    super(streamOptions(options));
    this.driver = driver;
    this.readTarget = (options?.onread as ReadTarget | undefined) ?? null;
    this.on('end', endWithPeer);
  }

  /** There is no connection yet, or none any more, that the stream's calls could use. */
  get pending(): boolean {
    return !this.endpoint || this.endpoint.released || this.connecting;
  }

  // ---- Duplex: reading ------------------------------------------------------------------------------------------

  override _read(): void {
    if (this.endpoint) this.endpoint.want();
    else this.readWanted = true;
  }

  /** Data would be thrown away: flowing, with no listener attached. @internal */
  _discards(): boolean {
    return (
      this.readableFlowing === true &&
      this.listenerCount('data') === 0 &&
      this.listenerCount('readable') === 0 &&
      this.readableLength === 0 &&
      this.readableEncoding === null
    );
  }

  override pause(): this {
    this.endpoint?.hold();
    return super.pause();
  }

  override resume(): this {
    if (this.endpoint?.readsIntoTarget && !this.connecting) this.endpoint.want();
    return super.resume();
  }

  // ---- Duplex: writing ------------------------------------------------------------------------------------------

  override setDefaultEncoding(encoding: BufferEncoding): this {
    super.setDefaultEncoding(encoding);
    this.#defaultEncoding = encoding;
    return this;
  }

  override write(chunk: unknown, callback?: WriteCallback): boolean;
  override write(chunk: unknown, encoding?: BufferEncoding, callback?: WriteCallback): boolean;
  override write(chunk: unknown, encoding?: BufferEncoding | WriteCallback, callback?: WriteCallback): boolean {
    if (typeof encoding === 'function') return this.#write(chunk, undefined, encoding);
    return this.#write(chunk, encoding ?? undefined, typeof callback === 'function' ? callback : undefined);
  }

  #write(chunk: unknown, encoding: BufferEncoding | undefined, callback: WriteCallback | undefined): boolean {
    if (this.writableEnded || this.destroyed) return this.#writeTooLate(chunk, encoding, callback);
    const isText = typeof chunk === 'string';
    // What Writable is going to refuse must not be counted.
    if (!(isText ? !encoding || Buffer.isEncoding(encoding) : ArrayBuffer.isView(chunk))) {
      return super.write(chunk, encoding as BufferEncoding, callback);
    }
    const length = isText
      ? Buffer.byteLength(chunk, encoding ?? this.#defaultEncoding)
      : (chunk as Uint8Array).byteLength;
    const acked = this.endpoint === null ? 0 : this.endpoint.acked;
    const referenced = !isText && length > COPY_LIMIT && !this.chunksStay;
    const own = this.ledger.add(length, referenced, acked, callback);
    const goOn = super.write(chunk, encoding as BufferEncoding, own);
    return goOn && !(this.writableLength > 0 && tooManyWrites(this));
  }

  #writeTooLate(chunk: unknown, encoding: BufferEncoding | undefined, callback: WriteCallback | undefined): boolean {
    // The application ended it before TLS had shaken hands, which goes on writing: to a handle's write that failed it is used.
    if (this.chunksStay && this.writableEnded && !this.destroyed) {
      if (callback !== undefined) process.nextTick(callback, streamError('EPIPE', 'write'));
      return false;
    }
    // "write after end" would blame the application.
    if (!this._endedByPeer || !this.writableEnded) {
      return super.write(chunk, encoding as BufferEncoding, callback);
    }
    const error = nodeError(Error, 'EPIPE', 'This socket has been ended by the other party');
    if (typeof callback === 'function') process.nextTick(callback, error);
    this.destroy(error);
    return false;
  }

  override end(callback?: () => void): this;
  override end(chunk: unknown, callback?: () => void): this;
  override end(chunk: unknown, encoding?: BufferEncoding, callback?: () => void): this;
  override end(chunk?: unknown, encoding?: BufferEncoding | (() => void), callback?: () => void): this {
    if (typeof chunk === 'function') return super.end(chunk as () => void);
    const done = typeof encoding === 'function' ? encoding : callback;
    const how = typeof encoding === 'function' ? undefined : encoding;
    if (chunk === undefined || chunk === null) return super.end(done);
    if (this.writableEnded || this.destroyed) return super.end(chunk, how as BufferEncoding, done);
    this.#write(chunk, how, undefined);
    return super.end(done);
  }

  override _write(chunk: Uint8Array | string, encoding: BufferEncoding, done: WriteCallback): void {
    if (this.#mustWait) this.early = { chunks: [{ chunk, encoding }], done };
    else if (this.endpoint === null || this.endpoint.released) done(neverConnected());
    else this.endpoint.write(chunk, encoding, done);
  }

  override _writev(chunks: WriteRequest[], done: WriteCallback): void {
    if (this.#mustWait) this.early = { chunks, done };
    else if (this.endpoint === null || this.endpoint.released) done(neverConnected());
    else this.endpoint.writeAll(chunks, done);
  }

  get #mustWait(): boolean {
    return this.connecting && !(this.writesWhileConnecting && this.endpoint !== null);
  }

  override _final(done: WriteCallback): void {
    if (this.connecting) this.once('connect', () => this._final(done));
    else if (this.pending) done();
    else this.endpoint!.finish(done);
  }

  // ---- The end --------------------------------------------------------------------------------------------------

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', this.destroy);
  }

  resetAndDestroy(): this {
    if (this.endpoint === null && !this.connecting) {
      return this.destroy(neverConnected());
    }
    if (this.connecting) return this.once('connect', () => this.resetAndDestroy());
    this.resetting = true;
    return this.destroy();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.connecting = false;
    this.endpoint?.release(error, this.resetting);
    this.letGo();
    done(error);
    // As with node:net, 'close' comes in a later phase of the event loop when there was a connection.
    if (this.endpoint !== null) process.nextTick(closeLater, this.scope!, this, error !== null, this.early);
    else process.nextTick(emitClose, this, error !== null, this.early);
    this.early = null;
    this.owner?._left();
    this.owner = null;
  }

  /** The timer, the process and the driver's list: whatever else the socket held on to. */
  protected abstract letGo(): void;
}

for (const name of ['_handle', '_parent'])
  Object.defineProperty(TcpDuplex.prototype, name, { value: null, writable: true });

/** The first listener of each socket's 'end', as with node:net: programs count them, and node:http's do. */
function endWithPeer(this: TcpDuplex): void {
  if (!this.allowHalfOpen) this._endedByPeer = true;
}

const neverConnected = (): Error => nodeError(Error, 'ERR_SOCKET_CLOSED', 'Socket is closed');

/** Asked for in a tick, so that it comes behind the immediates of the program that destroyed the socket. */
function closeLater(scope: AsyncResource, socket: TcpDuplex, hadError: boolean, early: EarlyWrite | null): void {
  setImmediate(emitCloseIn, scope, socket, hadError, early);
}

function emitCloseIn(scope: AsyncResource, socket: TcpDuplex, hadError: boolean, early: EarlyWrite | null): void {
  scope.runInAsyncScope(emitClose, null, socket, hadError, early);
}

function emitClose(socket: TcpDuplex, hadError: boolean, early: EarlyWrite | null): void {
  socket.emit('close', hadError);
  early?.done(
    nodeError(Error, 'ERR_SOCKET_CLOSED_BEFORE_CONNECTION', 'Socket closed before the connection was established'),
  );
}
