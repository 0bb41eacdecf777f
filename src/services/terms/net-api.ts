import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type { TcpInfo } from '../../tcp/terms/tcp-info.ts';

/**
 * As much of node:net's shape as the services use. A Stack and node:net itself both fit, so that the same service runs
 * on our TCP and on the kernel's.
 */
export interface NetApi {
  createServer(options: ServerOptions, onConnection: (socket: ServiceSocket) => void): ServiceServer;
}

export interface ServerOptions {
  /** The service ends its own side itself; without it, the peer's FIN is answered by ours at once. */
  allowHalfOpen?: boolean;
  noDelay?: boolean;
}

export interface ServiceSocket extends Duplex {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  setNoDelay(noDelay?: boolean): this;
  setTimeout(milliseconds: number, onTimeout?: () => void): this;
  /** Only our own sockets know it (the kernel's keep it from JavaScript). */
  info?(): TcpInfo | null;
  setMaxPacingRate?(bytesPerSecond: number): this;
  setCongestionControl?(name: string): this;
}

export interface ServiceServer extends EventEmitter {
  listen(options: { port: number; host?: string; backlog?: number }): unknown;
  close(onClosed?: (error?: Error) => void): unknown;
  address(): unknown;
}
