import type { AsyncResource } from 'node:async_hooks';
import dns from 'node:dns';
import { captureRejectionSymbol, EventEmitter } from 'node:events';
import {
  type AddressInfo,
  type BlockList,
  type DropArgument,
  isIP,
  type ListenOptions,
  type ServerOpts,
} from 'node:net';
import type { Place } from '../basics/bag.ts';
import type { TcpError } from '../tcp/terms/errors.ts';
import { SocketOptions as TcpSocketOptions } from '../tcp/terms/socket-options.ts';
import type { TcpConnection, TcpListener } from '../tcp/terms/user.ts';
import type { Driver, LinkUser } from './driver/driver.ts';
import type { SocketOwner } from './socket/duplex.ts';
import type { Socket } from './socket/socket.ts';
import { listeningScope } from './socket/socket-scope.ts';
import { addressText, familyName } from './terms/address-properties.ts';
import {
  type ExtraSettings,
  type ListenArgs,
  type Listener,
  listenArgs,
  optionsOf,
  type SocketOptions,
} from './terms/args.ts';
import { checkNumber, wrongType } from './terms/argument-errors.ts';
import { adoptable } from './terms/callable.ts';
import { channels } from './terms/channels.ts';
import { checkBlockList, invalidIp } from './terms/check-options.ts';
import { closeOn } from './terms/close-on.ts';
import { listenError, nodeError, throwLater } from './terms/errors.ts';
import type { ServerEmitter } from './terms/events.ts';
import { onlyFamily, toAddress, toListenAt } from './terms/resolve.ts';
import { tcpOptions } from './terms/tcp-options.ts';
import { validCongestionControl, validDuration, validRate } from './terms/values.ts';

export type ServerOptions = ServerOpts & {
  highWaterMark?: number | undefined;
  /**
   * TCP Fast Open (RFC 7413; TCP_FASTOPEN): clients get a cookie, and those that have one get their 'connection' with the data of
   * their SYN, a round trip earlier. `queue`: so many of them may wait for the end of their handshake, 1 to `somaxconn`; beyond it
   * handshakes are ordinary ones; true: as many as the backlog. A SYN may come twice, and with it such a request (RFC 7413,
   * section 2.1). The host's `tcp_fastopen` must have 2 among its bits (3, for both sides), or `listen` throws. Default: false.
   */
  fastOpen?: boolean | { queue: number } | undefined;
  /** Connections from these addresses are closed at once. */
  blockList?: BlockList | undefined;
} & ExtraSettings; // of accepted sockets
export type SocketClass = new (
  options?: SocketOptions,
  accepted?: { connection: TcpConnection; owner: SocketOwner },
) => Socket;

/** As node:net has it; the host's `somaxconn` may lower it. */
const DEFAULT_BACKLOG = 511;
/** What Node made of `maxConnections = 0`: no limit at first, and no connection at all from 21 on. */
const ZERO_DROPS = Number(process.versions.node.split('.')[0]) >= 21;
/** The bit of tcp_fastopen that lets listeners have it. */
const TFO_SERVER = 2;

const AdoptableEmitter = adoptable(EventEmitter) as unknown as new () => ServerEmitter<Socket>;

/** node:net's Server on our own TCP. */
export class Server extends AdoptableEmitter implements LinkUser, SocketOwner {
  allowHalfOpen: boolean;
  pauseOnConnect: boolean;
  noDelay: boolean;
  keepAlive: boolean;
  /** Milliseconds. */
  keepAliveInitialDelay: number;
  highWaterMark: number | undefined;
  /** Milliseconds; 0: none. */
  userTimeout: number;
  /** undefined: `tcp_congestion_control` holds. */
  congestionControl: string | undefined;
  /** Octets in a second; undefined: no limit. */
  maxPacingRate: number | undefined;
  /** Connections beyond this many are closed at once, with a 'drop' event. Unset (and 0, before Node 21): no limit. */
  maxConnections!: number;
  declare blockList?: BlockList | undefined;

  /** Pending Fast Open requests at the most; 0: none; null: as many as the backlog. */
  #fastOpenQueue: number | null;
  /** What its connections begin with; null: nothing is set. */
  readonly #tcpOptions: TcpSocketOptions | null;
  readonly #driver: Driver;
  readonly #socketClass: SocketClass;
  #listener: TcpListener | null = null;
  /** Among those who hear when the link is gone. */
  #place: Place | null = null;
  /** The asynchronous context of the `listen` call. @internal */
  scope: AsyncResource | null = null;
  /** How many accepted sockets are open: node:net's name. @internal */
  _connections = 0;
  /** Where it was told to listen, in one word: node:net's. @internal */
  _connectionKey: string | undefined;
  /** It listens for both families at ::, where IPv4 addresses are written as ::ffff:10.9.0.1. @internal */
  isDualStack = false;
  #referenced = true;
  #holding = false;
  /** Counts calls of `listen` and `close`: what a look-up finds after one of them is out of date. */
  #generation = 0;

  constructor(
    driver: Driver,
    socketClass: SocketClass,
    options?: ServerOptions | ((socket: Socket) => void) | null,
    onConnection?: (socket: Socket) => void,
  ) {
    super();
    this.#driver = driver;
    this.#socketClass = socketClass;
    if (options != null && typeof options !== 'object' && typeof options !== 'function') {
      throw wrongType('options', 'of type object', options);
    }
    const listener = typeof options === 'function' ? options : onConnection;
    const settings: ServerOptions = typeof options === 'function' ? {} : (options ?? {});
    if (settings.keepAliveInitialDelay !== undefined) {
      checkNumber(settings.keepAliveInitialDelay, 'options.keepAliveInitialDelay');
    }
    if (settings.highWaterMark !== undefined) checkNumber(settings.highWaterMark, 'options.highWaterMark');
    if (settings.blockList) {
      checkBlockList(settings.blockList);
      this.blockList = settings.blockList;
    }
    this.allowHalfOpen = Boolean(settings.allowHalfOpen);
    this.pauseOnConnect = Boolean(settings.pauseOnConnect);
    this.noDelay = Boolean(settings.noDelay);
    this.keepAlive = Boolean(settings.keepAlive);
    this.keepAliveInitialDelay = Math.max(0, settings.keepAliveInitialDelay ?? 0);
    const { highWaterMark } = settings;
    this.highWaterMark = highWaterMark === undefined || highWaterMark < 0 ? undefined : highWaterMark;
    this.userTimeout = validDuration(settings.userTimeout ?? 0, 'options.userTimeout');
    this.congestionControl = settings.congestionControl;
    if (this.congestionControl !== undefined) {
      validCongestionControl(this.congestionControl, driver.host.tcp.congestionControls, 'options.congestionControl');
    }
    this.maxPacingRate = settings.maxPacingRate;
    if (this.maxPacingRate !== undefined) validRate(this.maxPacingRate, 'options.maxPacingRate');
    this.#fastOpenQueue = fastOpenQueue(settings.fastOpen);
    this.#tcpOptions = tcpOptions(settings);
    if (typeof listener === 'function') this.on('connection', listener);
  }

  // ---- Listening ------------------------------------------------------------------------------------------------

  listen(port?: number, host?: string, backlog?: number, listener?: Listener): this;
  listen(port?: number, host?: string, listener?: Listener): this;
  listen(port?: number, backlog?: number, listener?: Listener): this;
  listen(port?: number, listener?: Listener): this;
  listen(options: ListenOptions, listener?: Listener): this;
  listen(path: string, backlog?: number, listener?: Listener): this;
  listen(path: string, listener?: Listener): this;
  listen(handle: unknown, backlog?: number, listener?: Listener): this;
  listen(handle: unknown, listener?: Listener): this;
  listen(...args: unknown[]): this {
    if (this.#listener) {
      throw nodeError(
        Error,
        'ERR_SERVER_ALREADY_LISTEN',
        'Listen method has been called more than once without closing.',
      );
    }
    if (channels.listen.hasSubscribers) {
      channels.listen.asyncStart.publish({ server: this, options: optionsOf(args) });
    }
    const wanted = listenArgs(args);
    if (this.#fastOpenQueue !== 0 && (this.#driver.host.tcp.sysctls.tcp_fastopen & TFO_SERVER) === 0) {
      const message =
        'fastOpen needs the sysctl tcp_fastopen with 2 among its bits, as { sysctls: { tcp_fastopen: 3 } }';
      throw nodeError(Error, 'ERR_INVALID_STATE', message);
    }
    if (wanted.listener) this.once('listening', wanted.listener);
    if (wanted.signal) closeOn(wanted.signal, this);
    const generation = ++this.#generation;
    if (wanted.host === undefined) {
      this.#open(wanted, undefined);
      return this;
    }
    // An address is looked up like a name, so that a server with a host listens a tick later than one without.
    // (Read from the module each time, as by node:net: programs put a look-up of their own there.)
    dns.lookup(wanted.host, { all: true, family: onlyFamily(this.#driver.addresses) }, (error, found) => {
      if (generation !== this.#generation) return;
      const address = error ? undefined : toListenAt(found);
      if (address !== undefined && isIP(address)) this.#open(wanted, address);
      else this.emit('error', error ?? invalidIp(address));
    });
    return this;
  }

  #open(wanted: ListenArgs, host: string | undefined): void {
    const local = host ? toAddress(host) : undefined;
    const scope = listeningScope();
    this.scope = scope;
    try {
      if (this.#driver.downReason !== null) throw Object.assign(new Error(), { code: 'ENETDOWN' });
      this.#listener = this.#driver.host.tcp.listen({
        local,
        ipv6Only: wanted.ipv6Only,
        reusePort: wanted.reusePort,
        port: wanted.port,
        backlog: wanted.backlog ?? DEFAULT_BACKLOG,
        socketOptions: this.#listenerOptions(wanted.backlog ?? DEFAULT_BACKLOG),
        onAcceptable: () => this.#acceptAll(scope),
      });
    } catch (error) {
      const failure = listenError((error as TcpError).code, host ?? this.#anyAddress(), wanted.port);
      if (channels.listen.hasSubscribers) channels.listen.error.publish({ server: this, error: failure });
      process.nextTick(emitError, this, failure);
      return;
    }
    this.#place = this.#driver.join(this);
    const { address } = this.address()!;
    this._connectionKey = `${isIP(address)}:${address}:${wanted.port}`;
    this.isDualStack = !wanted.ipv6Only && (host ?? this.#anyAddress()) === '::';
    if (channels.listen.hasSubscribers) channels.listen.asyncEnd.publish({ server: this });
    if (this.#referenced) this.#hold();
    process.nextTick(emitListening, this);
  }

  #listenerOptions(backlog: number): TcpSocketOptions {
    const options = this.#tcpOptions?.copy() ?? new TcpSocketOptions();
    options.fastOpenQueue = this.#fastOpenQueue ?? Math.max(1, backlog);
    return options;
  }

  /** node:net's name for what it listens by; null while it doesn't. @internal */
  get _handle(): object | null {
    return this.#listener;
  }

  get listening(): boolean {
    return this.#listener !== null;
  }

  address(): AddressInfo | null {
    const listener = this.#listener;
    if (!listener) return null;
    const { local } = listener;
    const address = local.isUnspecified && local.family === 6 ? this.#anyAddress() : local.toString();
    return { address, family: address.includes(':') ? 'IPv6' : 'IPv4', port: listener.port };
  }

  #anyAddress(): string {
    return this.#driver.addresses.some((address) => address.family === 6) ? '::' : '0.0.0.0';
  }

  // ---- Accepting ------------------------------------------------------------------------------------------------

  /** `scope`: of the `listen` call, entered for each, so that what a handler leaves in it (`enterWith`) is its own. */
  #acceptAll(scope: AsyncResource): void {
    for (;;) {
      const connection = this.#listener?.accept();
      if (!connection) return;
      try {
        scope.runInAsyncScope(this.#accept, this, connection);
      } catch (error) {
        throwLater(error);
      }
    }
  }

  #accept(connection: TcpConnection): void {
    const { maxConnections } = this;
    if ((ZERO_DROPS ? maxConnections != null : maxConnections) && this._connections >= maxConnections) {
      this.emit('drop', dropped(connection, this.isDualStack));
      connection.close();
      return;
    }
    if (this.blockList?.check(connection.remote.toString(), `ipv${connection.remote.family}`)) {
      connection.close();
      return;
    }
    this._connections++;
    const socket = new this.#socketClass(this.#socketOptions(), { connection, owner: this });
    if (this.pauseOnConnect) socket.pause();
    try {
      this.emit('connection', socket);
      if (channels.serverSocket.hasSubscribers) channels.serverSocket.publish({ socket });
    } finally {
      socket._accepted(this.pauseOnConnect);
    }
  }

  #socketOptions(): SocketOptions {
    const options: SocketOptions = {
      allowHalfOpen: this.allowHalfOpen,
      noDelay: this.noDelay,
      keepAlive: this.keepAlive,
      keepAliveInitialDelay: this.keepAliveInitialDelay,
      userTimeout: this.userTimeout,
      congestionControl: this.congestionControl,
      maxPacingRate: this.maxPacingRate,
    };
    if (this.highWaterMark !== undefined) options.highWaterMark = this.highWaterMark;
    return options;
  }

  getConnections(callback: (error: Error | null, count: number) => void): this {
    process.nextTick(callback, null, this._connections);
    return this;
  }

  /** How many accepted sockets are open. */
  get connections(): number {
    return this._connections;
  }

  /** One of its sockets is destroyed. @internal */
  _left(): void {
    this._connections--;
    this.#closeIfDrained();
  }

  // ---- The end --------------------------------------------------------------------------------------------------

  close(callback?: (error?: Error) => void): this {
    this.#generation++;
    if (typeof callback === 'function') {
      const wasListening = this.#listener !== null;
      this.once('close', () => {
        if (wasListening) callback();
        else callback(nodeError(Error, 'ERR_SERVER_NOT_RUNNING', 'Server is not running.'));
      });
    }
    this.#stop();
    this.#closeIfDrained();
    return this;
  }

  #stop(): void {
    const listener = this.#listener;
    if (!listener) return;
    this.#listener = null;
    if (this.#place !== null) this.#driver.leave(this.#place);
    this.#place = null;
    this.#letGo();
    listener.close();
  }

  #closeIfDrained(): void {
    if (this.#listener === null && this._connections === 0) process.nextTick(emitClosed, this);
  }

  linkLost(reason: string | null): void {
    const address = this.address();
    this.#stop();
    if (reason !== null && address) {
      const error = listenError('ENETDOWN', address.address, address.port);
      error.message += `: ${reason}`;
      process.nextTick(emitError, this, error);
    }
    this.#closeIfDrained();
  }

  /** `captureRejections`: an async 'connection' handler that fails costs its own connection only. */
  override [captureRejectionSymbol](error: Error, event: string, ...args: unknown[]): void {
    if (event === 'connection') (args[0] as Socket).destroy(error);
    else this.emit('error', error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#listener) return;
    await new Promise<void>((resolve, reject) => this.close((error) => (error ? reject(error) : resolve())));
  }

  ref(): this {
    this.#referenced = true;
    if (this.#listener) this.#hold();
    return this;
  }

  unref(): this {
    this.#referenced = false;
    this.#letGo();
    return this;
  }

  #hold(): void {
    if (!this.#holding) this.#driver.processHold.hold();
    this.#holding = true;
  }

  #letGo(): void {
    if (this.#holding) this.#driver.processHold.release();
    this.#holding = false;
  }
}

function fastOpenQueue(option: ServerOptions['fastOpen']): number | null {
  if (option === true) return null;
  if (!option) return 0;
  const { queue } = option;
  if (Number.isInteger(queue) && queue > 0) return queue;
  const message = `The value of "options.fastOpen.queue" is out of range. It must be a whole number above 0. Received ${queue}`;
  throw nodeError(RangeError, 'ERR_OUT_OF_RANGE', message);
}

function dropped({ local, localPort, remote, remotePort }: TcpConnection, isDualStack: boolean): DropArgument {
  return {
    localAddress: addressText(local, isDualStack),
    localPort,
    localFamily: familyName(local, isDualStack),
    remoteAddress: addressText(remote, isDualStack),
    remotePort,
    remoteFamily: familyName(remote, isDualStack),
  };
}

function emitError(server: Server, error: Error): void {
  server.emit('error', error);
}

function emitListening(server: Server): void {
  if (server.listening) server.emit('listening');
}

function emitClosed(server: Server): void {
  server.emit('close');
}
