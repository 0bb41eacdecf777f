import { executionAsyncResource } from 'node:async_hooks';
import { constants } from 'node:os';
import type { AddressProperties } from '../terms/address-properties.ts';

/** What node:net's Socket asks its handle for an address by. */
interface AddressReport {
  address?: string | undefined;
  family?: string | undefined;
  port?: number | undefined;
}

/** Handles answer errors as negative numbers; this one means: nothing known yet. */
const NOT_CONNECTED = -constants.errno.ENOTCONN;
const CANCELED = -constants.errno.ECANCELED;

/** The handle that node:tls (and node:http2) makes for a stream that has none, and that asks the stream for everything. */
interface StreamHandle {
  readBuffer(chunk: Uint8Array): void;
  emitEOF(): void;
  getpeername?(report: AddressReport): number;
  getsockname?(report: AddressReport): number;
  setNoDelay?(noDelay: boolean): void;
  /** `delay`, `interval`: seconds. */
  setKeepAlive?(enable: boolean, delay: number, interval?: number, count?: number): void;
  ref?(): void;
  unref?(): void;
  /** Called by C++, which takes a negative number for an error, and 0 for a write whose end it will be told. */
  onwrite(request: object, chunks: Uint8Array[]): number;
  finishWrite(request: object, status: number): void;
}

/** Our socket, as far as the handle speaks for it. */
interface Adopted extends AddressProperties {
  readonly destroyed: boolean;
  setNoDelay(noDelay: boolean): unknown;
  setKeepAlive(enable: boolean, delay: number, interval?: number, count?: number): unknown;
  ref(): unknown;
  unref(): unknown;
}

/**
 * To be called in a `resume` out of `pause`: is it node:tls, or node:http2, that begins to read? It wraps our socket (`new TLSSocket`,
 * `tls.connect({ socket })`, or the 'connection' event of an https or tls server), pauses it first, and has its handle call
 * `resume`, which is the one moment at which it shows. The handle does not know who the peer is, and has no settings; since a TLSSocket
 * asks its handle for `remoteAddress` and the like, and leaves `setNoDelay` and `unref` to it, it is taught them here.
 */
export function adoptedByTls(socket: Adopted): boolean {
  const handle = executionAsyncResource() as Partial<StreamHandle>;
  if (typeof handle.readBuffer !== 'function' || typeof handle.emitEOF !== 'function') return false;
  handle.getpeername = (report) => {
    if (socket.remoteAddress === undefined) return NOT_CONNECTED;
    report.address = socket.remoteAddress;
    report.family = socket.remoteFamily;
    report.port = socket.remotePort;
    return 0;
  };
  handle.getsockname = (report) => {
    if (socket.localAddress === undefined) return NOT_CONNECTED;
    report.address = socket.localAddress;
    report.family = socket.localFamily;
    report.port = socket.localPort;
    return 0;
  };
  handle.setNoDelay = (noDelay) => void socket.setNoDelay(noDelay);
  handle.setKeepAlive = (enable, delay, ...rest) => {
    const [interval, count] = rest;
    if (interval === undefined && count === undefined) socket.setKeepAlive(enable, delay * 1000);
    else socket.setKeepAlive(enable, delay * 1000, (interval ?? 0) * 1000, count);
  };
  // Two writes under way are a failed assertion of Node's.
  const { onwrite } = handle as StreamHandle;
  handle.onwrite = function (request, chunks) {
    // TLS reads on where one segment brought more, and answers.
    if (socket.destroyed) return CANCELED;
    // With an empty one TLS asks when what is before it has been written, and writes on (TLSWrap::DoWrite).
    if (chunks.some(({ length }) => length > 0)) return onwrite.call(this, request, chunks);
    setImmediate(() => (handle as StreamHandle).finishWrite(request, 0));
    return 0;
  };
  handle.ref = () => void socket.ref();
  handle.unref = () => void socket.unref();
  return true;
}
