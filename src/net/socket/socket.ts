import type * as net from 'node:net';
import { isIP } from 'node:net';
import { addAbortSignal } from 'node:stream';
import type { TcpError } from '../../tcp/terms/errors.ts';
import type { TcpInfo } from '../../tcp/terms/tcp-info.ts';
import type { TcpConnection } from '../../tcp/terms/user.ts';
import type { Driver, LinkUser } from '../driver/driver.ts';
import { addressProperties, familyName } from '../terms/address-properties.ts';
import {
  type ConnectOptions,
  connectArgs,
  type FastOpenOptions,
  type SocketOptions,
  validPort,
} from '../terms/args.ts';
import { type Attempt, connectError, linkError, nodeError, openError } from '../terms/errors.ts';
import { literalAddress, resolve, toAddress, toDestination } from '../terms/resolve.ts';
import type { SocketOwner } from './duplex.ts';
import { Endpoint } from './endpoint.ts';
import { acceptedScope, connectingScope } from './socket-scope.ts';
import { SocketSettings } from './socket-settings.ts';
import { adoptedByTls } from './tls.ts';
import { WriteLedger } from './write-ledger.ts';

/**
 * node:net's Socket on our own TCP: the same methods, properties, events and errors.
 *
 * One rule is stricter than it looks: a chunk of more than 4 KiB is sent from the application's memory, without a copy,
 * so it must not change before its write callback (or 'finish') says so, which is when the peer has acknowledged it.
 */
export class Socket extends SocketSettings implements LinkUser {
  readonly autoSelectFamilyAttemptedAddresses: string[] = [];
  /** The server that accepted it; node:http puts its own here. */
  server: unknown = null;

  /** Both ends, once there is a connection, and still after it. */
  declare readonly localAddress?: string;
  declare readonly localPort?: number;
  declare readonly localFamily?: string;
  declare readonly remoteAddress: string | undefined;
  declare readonly remotePort: number | undefined;
  declare readonly remoteFamily: string | undefined;

  /** `accepted`: a connection that is there already, and whom to tell when the socket is done with it. */
  constructor(driver: Driver, options?: SocketOptions, accepted?: { connection: TcpConnection; owner: SocketOwner }) {
    super(driver, options);
    if (accepted) this.#accept(accepted.connection, accepted.owner);
    if (options?.signal) addAbortSignal(options.signal, this);
  }

  #accept(connection: TcpConnection, owner: SocketOwner): void {
    this.owner = owner;
    this.server = owner;
    this.scope = acceptedScope(owner.scope!);
    const endpoint = new Endpoint(this, this.scope, this.ledger, this.readTarget, null);
    endpoint.connection = connection;
    connection.user = endpoint;
    this.driver.join(this);
    this.#adopt(endpoint);
  }

  #adopt(endpoint: Endpoint): void {
    this.endpoint = endpoint;
    const { connection } = endpoint;
    this.applySettings(connection);
    if (this.readWanted) endpoint.want();
    this.readWanted = false;
    this._settleHold();
  }

  /** The server's 'connection' handlers have run. @internal */
  _accepted(paused: boolean): void {
    if (!this.destroyed) this.scope!.runInAsyncScope(this.#begin, this, paused);
  }

  #begin(paused: boolean): void {
    if (!paused) this.read(0);
    this.endpoint!.start();
  }

  override resume(): this {
    if (this.isPaused() && adoptedByTls(this)) this.#serveTls();
    return super.resume();
  }

  /**
   * The TLS above us ends our side when it has sent all, so the peer's FIN must not. And it writes copies of its records,
   * one write at a time: if its callbacks waited for the peer, there would be one write per round trip, and 'drain' would
   * come behind the next request, at which node:http pauses a parser that node:tls does not stop feeding.
   */
  #serveTls(): void {
    this.chunksStay = true;
    process.nextTick(allowHalfOpen, this);
  }

  // ---- Connecting -----------------------------------------------------------------------------------------------

  connect(options: net.SocketConnectOpts & FastOpenOptions, listener?: () => void): this;
  connect(port: number, host: string, listener?: () => void): this;
  connect(port: number, listener?: () => void): this;
  connect(path: string, listener?: () => void): this;
  connect(...args: unknown[]): this {
    const [options, listener] = connectArgs(args);
    if (listener) this.once('connect', listener);
    if ((options as { path?: unknown }).path)
      throw new TypeError('Cannot connect to a path: a tcpglass stack speaks TCP only');
    if (options.port === undefined) {
      throw nodeError(TypeError, 'ERR_MISSING_ARGS', 'The "options" or "port" argument must be specified');
    }
    const port = validPort(options.port);
    if (options.localAddress && !isIP(options.localAddress)) {
      throw nodeError(TypeError, 'ERR_INVALID_IP_ADDRESS', `Invalid IP address: ${options.localAddress}`);
    }
    if (this.destroyed) this.#revive();
    this._touch();
    this.connecting = true;
    this.scope = connectingScope();
    this.driver.join(this);
    const literal = literalAddress(options.host);
    if (literal !== null) process.nextTick(openSocket, this, literal, port, options);
    else this.#lookUp(options, port);
    return this;
  }

  #lookUp(options: Partial<ConnectOptions>, port: number): void {
    resolve(options, this.driver.addresses, (error, address, family) => {
      this.emit('lookup', error, address, family, options.host);
      if (!this.connecting) return;
      if (error) process.nextTick(destroySocket, this, error);
      else this._open(address, port, options);
    });
  }

  /** A destroyed socket that connects again starts from nothing. */
  #revive(): void {
    (this as unknown as { _undestroy(): void })._undestroy();
    this.endpoint = null;
    this.ledger = new WriteLedger();
    this.early = null;
    this.writesWhileConnecting = false;
    this.readWanted = false;
    this.resetting = false;
  }

  /** The active OPEN. @internal */
  _open(address: string, port: number, options: Partial<ConnectOptions>): void {
    if (!this.connecting) return;
    const { localAddress, localPort } = options;
    const attempt: Attempt = { address, port, localAddress, localPort };
    if (this.endpoint) return void this.destroy(connectError('EISCONN', 'connect', address, port));
    if (this.driver.downReason !== null) return void this.destroy(linkError('connect', this.driver.downReason));
    const remote = toDestination(address);
    this.emit('connectionAttempt', address, port, remote.family);
    const endpoint = new Endpoint(this, this.scope!, this.ledger, this.readTarget, attempt);
    try {
      endpoint.connection = this.driver.host.tcp.connect({
        remote,
        remotePort: port,
        local: localAddress ? toAddress(localAddress) : undefined,
        localPort: localPort || undefined,
        fastOpen: Boolean(options.fastOpen),
        user: endpoint,
      });
    } catch (error) {
      return void this.destroy(openError((error as TcpError).code, attempt));
    }
    this.#adopt(endpoint);
    this.writesWhileConnecting = Boolean(options.fastOpen);
    if (this.writesWhileConnecting) this.#sendEarly();
  }

  /** @internal */
  _connected(): void {
    this.connecting = false;
    this._touch();
    try {
      this.emit('connect');
      this.#sendEarly();
      this.emit('ready');
    } finally {
      // Whatever a handler threw: the connection goes on.
      this.#sendEarly();
      if (!this.destroyed) this.#begin(this.isPaused());
    }
  }

  #sendEarly(): void {
    const early = this.early;
    if (early === null || this.destroyed) return;
    this.early = null;
    this.endpoint!.writeAll(early.chunks, early.done);
  }

  linkLost(reason: string | null): void {
    const error = reason === null ? undefined : linkError(this.connecting ? 'connect' : 'read', reason);
    this.scope!.runInAsyncScope(this.destroy, this, error);
  }

  protected override letGo(): void {
    this.stopTimeout();
    this.driver.leave(this);
    this._settleHold();
  }

  // ---- What it is -----------------------------------------------------------------------------------------------

  /** What Linux's TCP_INFO tells, during the connection and after it. node:net has nothing like it. */
  info(): TcpInfo {
    if (this.endpoint === null)
      throw nodeError(Error, 'ERR_SOCKET_CLOSED', 'Cannot tell about a connection before there is one');
    return this.endpoint.connection.info();
  }

  /** @internal */
  get _connection(): TcpConnection | undefined {
    return this.endpoint?.connection;
  }

  address(): net.AddressInfo | Record<string, never> {
    const connection = this._connection;
    if (!connection) return {};
    return { address: connection.local.toString(), family: familyName(connection.local), port: connection.localPort };
  }

  get readyState(): net.SocketReadyState {
    if (this.connecting) return 'opening';
    if (this.readable) return this.writable ? 'open' : 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  get bufferSize(): number {
    return this.writableLength;
  }

  get bytesRead(): number {
    return this.endpoint === null ? 0 : this.endpoint.bytesRead;
  }

  /** As node:net counts: what was accepted, sent or not. */
  get bytesWritten(): number {
    return this.ledger.accepted;
  }
}

Object.defineProperties(Socket.prototype, addressProperties);

function openSocket(socket: Socket, address: string, port: number, options: Partial<ConnectOptions>): void {
  socket._open(address, port, options);
}

/** A tick later than the TLSSocket, which takes over for itself what the application has chosen. */
function allowHalfOpen(socket: Socket): void {
  socket.allowHalfOpen = true;
}

function destroySocket(socket: Socket, error: Error): void {
  socket.destroy(error);
}
