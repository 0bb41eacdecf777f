import type { ClientRequestArgs } from 'node:http';
import { isIP, isIPv4, isIPv6, type NetConnectOpts, type SocketConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TcpConnection } from '../tcp/terms/user.ts';
import type { Driver } from './driver/driver.ts';
import { Server, type ServerOptions } from './server.ts';
import type { SocketOwner } from './socket/duplex.ts';
import { Socket } from './socket/socket.ts';
import { connectArgs, type ExtraSettings, type FastOpenOptions, type SocketOptions } from './terms/args.ts';

/** What `import net from 'node:net'` gives, on a host of our own. */
export interface Net {
  /** `new Socket(options)`: an unconnected socket of this host. */
  readonly Socket: new (
    options?: SocketOptions,
  ) => Socket;
  readonly Server: new (
    options?: ServerOptions | ((socket: Socket) => void) | null,
    onConnection?: (socket: Socket) => void,
  ) => Server;
  createServer(onConnection?: (socket: Socket) => void): Server;
  createServer(options?: ServerOptions, onConnection?: (socket: Socket) => void): Server;
  connect: Connect;
  createConnection: Connect;
  isIP(input: string): number;
  isIPv4(input: string): boolean;
  isIPv6(input: string): boolean;
}

export interface Connect {
  (options: NetConnectOpts & ExtraSettings & FastOpenOptions, listener?: () => void): Socket;
  /** As node:http calls it (`createConnection` of a request or an agent). */
  (options: ClientRequestArgs, onCreated?: (error: Error | null, socket: Duplex) => void): Socket;
  (port: number, host?: string, listener?: () => void): Socket;
  (port: number, listener?: () => void): Socket;
}

/** The net API of the host behind a driver. Nothing in it needs `this`, so its functions may be passed around. */
export function createNet(driver: Driver): Net {
  class HostSocket extends Socket {
    constructor(options?: SocketOptions, accepted?: { connection: TcpConnection; owner: SocketOwner }) {
      super(driver, options, accepted);
    }
  }
  class HostServer extends Server {
    constructor(options?: ServerOptions | ((socket: Socket) => void) | null, onConnection?: (socket: Socket) => void) {
      super(driver, HostSocket, options, onConnection);
    }
  }
  // People read these in stack traces and in util.inspect.
  Object.defineProperty(HostSocket, 'name', { value: 'Socket' });
  Object.defineProperty(HostServer, 'name', { value: 'Server' });

  const connect: Connect = (...args: unknown[]): Socket => {
    const [options, listener] = connectArgs(args);
    const socket = new HostSocket(options as SocketOptions);
    if (options.timeout) socket.setTimeout(options.timeout);
    return socket.connect(options as SocketConnectOpts, listener ?? undefined);
  };
  return {
    Socket: HostSocket,
    Server: HostServer,
    createServer: (
      options?: ServerOptions | ((socket: Socket) => void),
      onConnection?: (socket: Socket) => void,
    ): Server => new HostServer(options, onConnection),
    connect,
    createConnection: connect,
    isIP,
    isIPv4,
    isIPv6,
  };
}
