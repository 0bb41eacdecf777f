import type { AsyncResource } from 'node:async_hooks';
import type { Duplex } from 'node:stream';
import { DOUBLE } from '../../basics/double.ts';
import type { TcpError } from '../../tcp/terms/errors.ts';
import type { ConnectionUser, TcpConnection } from '../../tcp/terms/user.ts';
import { type Attempt, connectError, nodeError, type SystemError, streamError, throwLater } from '../terms/errors.ts';
import { sendChunk, sendChunks, type WriteRequest } from './coalesce-writes.ts';
import { joinShortChunks } from './waiting-chunks.ts';
import { OwedCallback, type WriteCallback, type WriteLedger } from './write-ledger.ts';

/** What an endpoint asks of its Socket, beside the stream that it is. */
export interface EndpointSocket extends Duplex {
  /** Data would be thrown away. */
  _discards(): boolean;
  /** The connection is there. */
  _connected(): void;
  /** It will never be. */
  _connectFailed(error: SystemError): void;
  /** Something happened on the connection. */
  _touch(): void;
  /** `active` may have changed. */
  _settleHold(): void;
}

/** Where received data goes instead of the stream (node:net's `onread`). */
export interface ReadTarget {
  /** One for all, or one for each: that for the first is asked for at once, another one behind each `callback`. */
  buffer: Uint8Array | (() => Uint8Array);
  callback(this: Duplex, bytesRead: number, buffer: Uint8Array): boolean | undefined;
}

/**
 * The seam between one Socket (a Duplex: pulls, back-pressure, callbacks) and one TcpConnection (a receive window, a send
 * queue). The stream's back-pressure becomes the advertised window by leaving octets in the connection.
 */
export class Endpoint implements ConnectionUser {
  readonly socket: EndpointSocket;
  /** Set right after construction: an active OPEN needs its user first. */
  connection!: TcpConnection;
  readonly attempt: Attempt | null;
  /** The asynchronous context in which the connection's events reach the application. */
  readonly #scope: AsyncResource;

  bytesRead = DOUBLE;
  /** Octets handed to the connection. */
  bytesSent = DOUBLE;
  /** The socket let go of the connection. */
  released = false;

  /** The stream has room: `_read` was called since `push` last said stop. */
  #wanted = false;
  /** A pull is on its way that is not part of an event of the connection. */
  #pullScheduled = false;
  /** Between accept and the end of 'connection': the handler gets to attach its listeners before data is pushed. */
  #starting: boolean;
  #endPushed = false;
  /** The connection failed after the peer's FIN; the next write is told. */
  #broken = false;
  /** Why the connection failed, while the reader has not read all that came before that. */
  #failure: TcpError | null = null;
  #over = false;
  #failed = false;
  readonly #target: ReadTarget | null;
  #targetBuffer: Uint8Array | null = null;

  readonly #ledger: WriteLedger;
  /** Writable's callback for the write that overfilled the send buffer. */
  #writeDone: OwedCallback | null = null;
  /** Where that write begins, as a stream offset: its own callbacks come before those that the ledger has of it. */
  #pendingFrom = Infinity;
  #finalDone: OwedCallback | null = null;

  constructor(
    socket: EndpointSocket,
    scope: AsyncResource,
    ledger: WriteLedger,
    target: ReadTarget | null,
    attempt: Attempt | null,
  ) {
    this.bytesRead = this.bytesSent = 0;
    this.socket = socket;
    this.#scope = scope;
    this.#ledger = ledger;
    this.#target = target;
    this.attempt = attempt;
    this.#starting = true;
    if (target) this.#targetBuffer = typeof target.buffer === 'function' ? target.buffer() : target.buffer;
  }

  get connecting(): boolean {
    return this.#starting && this.attempt !== null;
  }

  /** Octets the peer has acknowledged, as a stream offset. */
  get acked(): number {
    return this.connection.bytesAcked;
  }

  /** The application has had its 'connection' or 'connect': what waits may come. */
  start(): void {
    if (this.released) return;
    this.#starting = false;
    if (this.#wanted) this.#pull();
    this.#settleHold();
  }

  /** It may come when the application has done what it left to ticks and promises. */
  startSoon(): void {
    this.#scope.runInAsyncScope(scheduleStart, null, this);
  }

  /**
   * Wants the process to stay alive, as node:net's handle does while it has something to do: it connects, reads (until the
   * peer's FIN), or owes the application a callback. A socket that waits to be read from does not.
   */
  get active(): boolean {
    if (this.connecting || this.#writeDone !== null || this.#finalDone !== null || this.#ledger.waiting) return true;
    return this.#wanted && !this.#endPushed && !this.#over;
  }

  #settleHold(): void {
    this.socket._settleHold();
  }

  // ---- ConnectionUser -------------------------------------------------------------------------------------------

  onConnected(): void {
    this.#tell(this.#connected, null);
  }

  onReadable(): void {
    this.#tell(this.#readable, null);
  }

  onWritable(): void {
    this.#tell(this.#writable, null);
  }

  onClosed(error: TcpError | null): void {
    this.#tell(this.#closed, error);
  }

  /** Has the application hear of an event, in its own context; a fault of its handlers is the process's, a tick later. */
  #tell(event: (this: Endpoint, error: TcpError | null) => void, error: TcpError | null): void {
    if (!this.released) this.#scope.runInAsyncScope(this.#guarded, this, event, error);
  }

  #guarded(event: (this: Endpoint, error: TcpError | null) => void, error: TcpError | null): void {
    try {
      event.call(this, error);
    } catch (thrown) {
      throwLater(thrown);
    }
    if (!this.released) this.#settleHold();
  }

  #connected(): void {
    this.socket._connected();
  }

  #readable(): void {
    this.socket._touch();
    // What an acknowledgement completes comes first: 'finish' before the 'end' that came with it.
    if (this.#finalDone !== null) this.#acknowledged();
    if (this.#wanted && !this.#starting) this.#pull();
  }

  #writable(): void {
    this.socket._touch();
    this.#acknowledged();
  }

  #closed(error: TcpError | null): void {
    this.#over = true;
    if (error !== null) this.#fail(error);
    else this.#closedByBoth();
  }

  // ---- Receiving ------------------------------------------------------------------------------------------------

  /** The stream's `_read`. */
  want(): void {
    this.#wanted = true;
    if (this.#starting) return;
    this.#settleHold();
    const { connection } = this;
    const canPull = connection.readableLength > 0 || (connection.atEnd && !this.#endPushed) || this.#failure !== null;
    if (canPull) this.#pullSoon();
  }

  /** In a tick, so that what comes of it runs in the context of the connection's events and not in the reader's. */
  #pullSoon(): void {
    if (this.#pullScheduled) return;
    this.#pullScheduled = true;
    this.#scope.runInAsyncScope(schedulePull, null, this);
  }

  /** @internal */
  pullScheduled(): void {
    this.#pullScheduled = false;
    if (this.released || !this.#wanted) return;
    this.#pull();
    if (!this.released) this.#settleHold();
  }

  /** `pause` with `onread`: there is no stream buffer that could fill up instead. */
  hold(): void {
    if (!this.#target) return;
    this.#wanted = false;
    this.#settleHold();
  }

  /** The stream waits for data. */
  get wanted(): boolean {
    return this.#wanted;
  }

  get readsIntoTarget(): boolean {
    return this.#target !== null;
  }

  #pull(): void {
    const { connection, socket } = this;
    const readBefore = this.bytesRead;
    while (this.#wanted && connection.readableLength > 0) {
      try {
        if (this.#target !== null) this.#fillTarget(this.#target);
        else if (socket._discards()) this.bytesRead += connection.skip();
        else this.#push(connection.read());
      } catch (error) {
        // A handler's fault does not stop the stream: as with node:net, what comes next is read behind the exception.
        throwLater(error);
        this.#wanted ||= this.#target === null; // `onread`'s callback has the last word, also when it pauses and throws
        this.#pullSoon();
        return;
      }
      if (this.released) return;
    }
    if (!this.#endPushed && connection.atEnd && !this.#pullScheduled) {
      if (this.bytesRead === readBefore) {
        this.#pushEnd();
      } else {
        this.#pullScheduled = true;
        this.#scope.runInAsyncScope(schedulePullBehindPromises, null, this);
      }
    }
    const failure = this.#failure;
    if (failure === null || this.released || connection.readableLength > 0) return;
    if (this.#endPushed || (this.#wanted && !connection.atEnd)) this.#fail(failure);
  }

  #push(bytes: Uint8Array | null): void {
    if (bytes === null) return;
    this.bytesRead += bytes.length;
    // Cleared before the push: a `_read` from inside it (a reader that reads on) has the last word.
    this.#wanted = false;
    const chunk = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { socket } = this;
    if (socket.push(chunk)) this.#wanted = true;
    if (socket.readableLength > 0) joinShortChunks(socket);
  }

  #fillTarget(target: ReadTarget): void {
    const buffer = this.#targetBuffer!;
    const count = this.connection.readInto(buffer);
    this.bytesRead += count;
    if (target.callback.call(this.socket, count, buffer) === false) this.#wanted = false;
    if (typeof target.buffer === 'function') this.#targetBuffer = target.buffer();
  }

  #pushEnd(): void {
    this.#endPushed = true;
    this.socket.push(null);
    // Lets 'end' come although the application doesn't read, when nothing is left to be read.
    if (!this.released) this.socket.read(0);
  }

  // ---- Sending --------------------------------------------------------------------------------------------------

  write(chunk: Uint8Array | string, encoding: string, done: WriteCallback): void {
    if (this.#refuses(done)) return;
    const from = this.bytesSent;
    try {
      this.bytesSent += sendChunk(this.connection, chunk, encoding);
    } catch (error) {
      done(streamError((error as TcpError).code, 'write'));
      return;
    }
    this.#sent(from, done);
  }

  writeAll(chunks: readonly WriteRequest[], done: WriteCallback): void {
    if (this.#refuses(done)) return;
    const from = this.bytesSent;
    try {
      this.bytesSent += sendChunks(this.connection, chunks);
    } catch (error) {
      done(streamError((error as TcpError).code, 'write'));
      return;
    }
    this.#sent(from, done);
  }

  finish(done: WriteCallback): void {
    if (!this.#over) this.connection.shutdown();
    if (this.#over || this.#ledger.heldTo <= this.connection.bytesAcked) {
      done();
    } else {
      this.#finalDone = new OwedCallback(done);
      this.#settleHold();
    }
  }

  #refuses(done: WriteCallback): boolean {
    if (!this.#broken && this.#failure === null) return false;
    done(streamError(this.#failure?.code ?? 'EPIPE', 'write'));
    return true;
  }

  #sent(from: number, done: WriteCallback): void {
    this.socket._touch();
    if (this.connection.sendSpace > 0) {
      done();
    } else {
      this.#writeDone = new OwedCallback(done);
      this.#pendingFrom = from;
    }
    this.#settleHold();
  }

  /** Calls back what the peer's acknowledgements allow, in the order of the writes. */
  #acknowledged(): void {
    const acked = this.connection.bytesAcked;
    this.#ledger.acknowledge(Math.min(acked, this.#pendingFrom));
    if (this.#writeDone !== null && this.connection.sendSpace > 0) {
      this.#finishWrite(null);
      this.#ledger.acknowledge(Math.min(acked, this.#pendingFrom));
    }
    if (this.#finalDone !== null && this.#ledger.heldTo <= acked) this.#finishFinal();
  }

  #finishWrite(error: Error | null): void {
    const done = this.#writeDone;
    this.#writeDone = null;
    this.#pendingFrom = Infinity;
    done?.call(error);
  }

  #finishFinal(): void {
    const done = this.#finalDone;
    this.#finalDone = null;
    done?.call(null);
  }

  // ---- The end --------------------------------------------------------------------------------------------------

  #closedByBoth(): void {
    this.#ledger.acknowledge(this.connection.bytesAcked);
    if (this.#wanted && !this.#starting) this.#pull();
    if (!this.released) this.#finishFinal();
  }

  #fail(error: TcpError): void {
    const { socket } = this;
    this.#failed = true;
    this.#failure = null;
    if (this.connecting) {
      socket._connectFailed(this.#connectError(error));
    } else if (!this.#endPushed && this.#writeDone === null && this.#mayRead) {
      // What came before is read first, then the reader is told; a writer at once (as read(2) and write(2) have it).
      this.#failure = error;
    } else if (!this.#endPushed) {
      socket.destroy(streamError(error.code, 'read'));
    } else if (this.#writeDone !== null || this.#ledger.waiting) {
      socket.destroy(streamError(error.code === 'ECONNRESET' ? 'EPIPE' : error.code, 'write'));
    } else {
      // Behind the peer's FIN there is nothing to read any more, so only the next writer is told, as on a kernel's socket.
      this.#broken = true;
      this.#finishFinal();
    }
  }

  /** There are octets to be read, or the peer's FIN. */
  get #mayRead(): boolean {
    return this.connection.readableLength > 0 || this.connection.atEnd;
  }

  #connectError(error: TcpError): SystemError {
    const { address, port, localAddress, localPort } = this.attempt!;
    return connectError(error.code, 'connect', address, port, localAddress, localPort);
  }

  /** The socket is destroyed: lets go of the connection, and has the callbacks that are still owed called in a tick. */
  release(error: Error | null, reset: boolean): void {
    if (this.released) return;
    this.released = true;
    if (this.#failed) {
      // Nothing is left of it.
    } else if (reset) this.connection.abort();
    else {
      // The application gets its memory back now, the peer still gets the data.
      if (this.#ledger.heldTo > this.connection.bytesAcked) this.connection.detachSendQueue();
      this.connection.close();
    }
    if (this.#writeDone !== null || this.#ledger.waiting) process.nextTick(settle, this, error);
  }

  /** @internal */
  settle(error: Error | null): void {
    this.#ledger.end(this.bytesSent, error, streamDestroyed);
    this.#finishWrite(error);
  }
}

/**
 * What came with the FIN is the application's first, along with all that it does upon it in ticks and promises: code that
 * awaits 'data' and then 'end' must not miss the end. (With node:net the end is another event of the loop.)
 */
function schedulePullBehindPromises(endpoint: Endpoint): void {
  settled.then(() => process.nextTick(pull, endpoint));
}

/** Behind its promises, too. */
function scheduleStart(endpoint: Endpoint): void {
  settled.then(() => process.nextTick(start, endpoint));
}

const settled = Promise.resolve();

function schedulePull(endpoint: Endpoint): void {
  process.nextTick(pull, endpoint);
}

function start(endpoint: Endpoint): void {
  endpoint.start();
}

function pull(endpoint: Endpoint): void {
  endpoint.pullScheduled();
}

function settle(endpoint: Endpoint, error: Error | null): void {
  endpoint.settle(error);
}

const streamDestroyed = (): Error =>
  nodeError(Error, 'ERR_STREAM_DESTROYED', 'Cannot call write after a stream was destroyed');
