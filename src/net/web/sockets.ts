import type { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Socket } from '../socket/socket.ts';
import type { ExtraSettings } from '../terms/args.ts';

/** What node:http, https, tls and http2 need of the host's net API (`Net`, one folder up). */
export interface Sockets {
  /** As `net.connect`: an object, or a port and perhaps a host, and perhaps a listener. */
  connect(...args: [where: object | number, ...unknown[]]): Socket;
  readonly Socket: new (options?: object) => Socket;
  readonly Server: new (options?: object) => Listener;
}

/** The listening end of another server. */
export interface Listener extends EventEmitter {
  readonly listening: boolean;
  /** As net.Server has it: where it was told to listen, in one word. */
  readonly _connectionKey: string | undefined;
  listen(...args: unknown[]): this;
  close(): this;
  address(): AddressInfo | null;
  getConnections(callback: (error: Error | null, count: number) => void): this;
  ref(): this;
  unref(): this;
}

/** Options of `createServer` that Node's servers don't know (`ServerOptions`, one folder up). */
export interface ListenerOptions extends ExtraSettings {
  fastOpen?: boolean | { queue: number } | undefined;
}
