import type { TcpConnection } from '../../tcp/terms/user.ts';

/**
 * Chunks up to this many bytes are copied, longer ones are sent from the application's memory. Copying 4 KiB takes well
 * under a microsecond, less than it costs to keep a chunk and its callback until the peer has acknowledged it.
 */
export const COPY_LIMIT = 4096;
/** What is copied into at a time: long enough that one super-segment's worth of small writes lies in one piece. */
const POOL_SIZE = 64 * 1024;
/** No encoding makes more than three bytes of one UTF-16 unit. */
const MAX_BYTES_PER_UNIT = 3;

/**
 * Copies small writes one behind the other into pool memory, and hands neighbours to the connection in one piece. Pool
 * memory is never written twice: when it is full, the queues that still refer to it own it.
 */
class Coalescer {
  #memory = Buffer.allocUnsafeSlow(POOL_SIZE);
  #from = 0;
  #to = 0;

  /** @returns the number of bytes added. */
  add(connection: TcpConnection, bytes: Uint8Array): number {
    this.#makeRoom(connection, bytes.length);
    this.#memory.set(bytes, this.#to);
    this.#to += bytes.length;
    return bytes.length;
  }

  addText(connection: TcpConnection, text: string, encoding: BufferEncoding): number {
    this.#makeRoom(connection, text.length * MAX_BYTES_PER_UNIT);
    const length = this.#memory.write(text, this.#to, encoding);
    this.#to += length;
    return length;
  }

  /** Sends what was added since the last time. To be called before anything else is sent on the connection. */
  flush(connection: TcpConnection): void {
    const from = this.#from;
    if (from === this.#to) return;
    this.#from = this.#to;
    connection.send(this.#memory, from, this.#to);
  }

  #makeRoom(connection: TcpConnection, length: number): void {
    if (this.#to + length <= POOL_SIZE) return;
    this.flush(connection);
    this.#memory = Buffer.allocUnsafeSlow(POOL_SIZE);
    this.#from = 0;
    this.#to = 0;
  }
}

/** One for all connections: writes are handed over within one call, so a run of copies belongs to one connection. */
const coalescer = new Coalescer();

/** What Writable hands to `_writev`. */
export interface WriteRequest {
  chunk: Uint8Array | string;
  encoding: BufferEncoding | 'buffer';
}

const fitsText = (text: string): boolean => text.length * MAX_BYTES_PER_UNIT <= COPY_LIMIT;

/** Sends one chunk; returns its length in bytes. */
export function sendChunk(connection: TcpConnection, chunk: Uint8Array | string, encoding: string): number {
  const length = put(connection, chunk, encoding);
  coalescer.flush(connection);
  return length;
}

/** Sends several chunks, neighbouring small ones as one; returns their length in bytes. */
export function sendChunks(connection: TcpConnection, chunks: readonly WriteRequest[]): number {
  let length = 0;
  for (const { chunk, encoding } of chunks) length += put(connection, chunk, encoding);
  coalescer.flush(connection);
  return length;
}

function put(connection: TcpConnection, chunk: Uint8Array | string, encoding: string): number {
  if (typeof chunk !== 'string')
    return chunk.length <= COPY_LIMIT ? coalescer.add(connection, chunk) : refer(connection, chunk);
  if (fitsText(chunk)) return coalescer.addText(connection, chunk, encoding as BufferEncoding);
  return refer(connection, Buffer.from(chunk, encoding as BufferEncoding));
}

function refer(connection: TcpConnection, bytes: Uint8Array): number {
  coalescer.flush(connection);
  connection.send(bytes);
  return bytes.length;
}
