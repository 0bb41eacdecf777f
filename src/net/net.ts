import type { EventEmitter } from 'node:events';
import type { ClientRequestArgs } from 'node:http';
import {
  BlockList,
  getDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  isIP,
  isIPv4,
  isIPv6,
  type NetConnectOpts,
  SocketAddress,
  type SocketConnectOpts,
  setDefaultAutoSelectFamily,
  setDefaultAutoSelectFamilyAttemptTimeout,
} from 'node:net';
import type { Duplex } from 'node:stream';
import type { TcpConnection } from '../tcp/terms/user.ts';
import type { Driver } from './driver/driver.ts';
import { Server, type ServerOptions, type SocketClass } from './server.ts';
import type { SocketOwner } from './socket/duplex.ts';
import { Socket } from './socket/socket.ts';
import { connectArgs, type ExtraSettings, type FastOpenOptions, type SocketOptions } from './terms/args.ts';
import { type Callable, callable, type Statics } from './terms/callable.ts';
import { channels } from './terms/channels.ts';
import { checkSocketOptions } from './terms/check-options.ts';

/** What `import net from 'node:net'` gives, on a host of our own. */
export interface Net {
  /** `new Socket(options)`: an unconnected socket of this host. As in node:net it can be called, too (`Socket.call(this)`). */
  readonly Socket: SocketConstructor;
  /** What node:net calls Socket, too. */
  readonly Stream: SocketConstructor;
  readonly Server: ServerConstructor;
  createServer(onConnection?: (socket: Socket) => void): Server;
  createServer(options?: ServerOptions, onConnection?: (socket: Socket) => void): Server;
  connect: Connect;
  createConnection: Connect;
  // What has nothing to do with a host is node:net's own, and the defaults are those of the process.
  readonly BlockList: typeof BlockList;
  readonly SocketAddress: typeof SocketAddress;
  isIP(input: string): number;
  isIPv4(input: string): boolean;
  isIPv6(input: string): boolean;
  getDefaultAutoSelectFamily(): boolean;
  setDefaultAutoSelectFamily(value: boolean): void;
  getDefaultAutoSelectFamilyAttemptTimeout(): number;
  setDefaultAutoSelectFamilyAttemptTimeout(milliseconds: number): void;
}

export type SocketConstructor = Statics<typeof Duplex> & Callable<[options?: SocketOptions], Socket>;
export type ServerConstructor = Statics<typeof EventEmitter> &
  Callable<
    [options?: ServerOptions | ((socket: Socket) => void) | null, onConnection?: (socket: Socket) => void],
    Server
  >;

export interface Connect {
  (
    options: NetConnectOpts & Pick<SocketOptions, 'typeOfService'> & ExtraSettings & FastOpenOptions,
    listener?: () => void,
  ): Socket;
  /** As node:http calls it (`createConnection` of a request or an agent). */
  (options: ClientRequestArgs, onCreated?: (error: Error | null, socket: Duplex) => void): Socket;
  (port: number, host?: string, listener?: () => void): Socket;
  (port: number, listener?: () => void): Socket;
  /**
   * What node:net has for the sockets of the file system.
   * @throws TypeError ERR_INVALID_ARG_VALUE: these are the kernel's
   */
  (path: string, listener?: () => void): Socket;
}

/** The constructors of a host's sockets and servers. V8 makes fast code for the objects of those that it has seen. */
export interface HostClasses {
  /** Whose they are. When that host is gone, another one may have them, with the code that V8 has made for them. */
  driver: Driver;
  readonly Socket: SocketClass;
  readonly Server: new (
    options?: ServerOptions | ((socket: Socket) => void) | null,
    onConnection?: (socket: Socket) => void,
  ) => Server;
  /** As they are shown to the application. */
  readonly exported: { readonly Socket: SocketConstructor; readonly Server: ServerConstructor };
}

export function hostClasses(driver: Driver): HostClasses {
  class HostSocket extends Socket {
    constructor(options?: SocketOptions, accepted?: { connection: TcpConnection; owner: SocketOwner }) {
      if (accepted === undefined && options != null) checkSocketOptions(options);
      super(classes.driver, options, accepted);
    }
  }
  class HostServer extends Server {
    constructor(options?: ServerOptions | ((socket: Socket) => void) | null, onConnection?: (socket: Socket) => void) {
      super(classes.driver, HostSocket, options, onConnection);
    }
  }
  const exported = {
    Socket: callable(HostSocket, 'Socket') as SocketConstructor,
    Server: callable(HostServer, 'Server') as ServerConstructor,
  };
  const classes: HostClasses = { driver, Socket: HostSocket, Server: HostServer, exported };
  return classes;
}

/** The net API of the host behind a driver. Nothing in it needs `this`, so its functions may be passed around. */
export function createNet(driver: Driver, classes = hostClasses(driver)): Net {
  classes.driver = driver;
  const { exported } = classes;
  const connect: Connect = (...args: unknown[]): Socket => {
    const inOrder = connectArgs(args);
    const [options] = inOrder;
    const socket = new classes.Socket(options as SocketOptions);
    if (channels.clientSocket.hasSubscribers) channels.clientSocket.publish({ socket });
    if (options.timeout) socket.setTimeout(options.timeout);
    return socket.connect(inOrder as unknown as SocketConnectOpts);
  };
  return {
    Socket: exported.Socket,
    Stream: exported.Socket,
    Server: exported.Server,
    createServer: (
      options?: ServerOptions | ((socket: Socket) => void),
      onConnection?: (socket: Socket) => void,
    ): Server => new classes.Server(options, onConnection),
    connect,
    createConnection: connect,
    BlockList,
    SocketAddress,
    isIP,
    isIPv4,
    isIPv6,
    getDefaultAutoSelectFamily,
    setDefaultAutoSelectFamily,
    getDefaultAutoSelectFamilyAttemptTimeout,
    setDefaultAutoSelectFamilyAttemptTimeout,
  };
}
