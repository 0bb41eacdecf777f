import type { LookupAddress } from 'node:dns';
import type * as net from 'node:net';
import { type BlockList, getDefaultAutoSelectFamily, getDefaultAutoSelectFamilyAttemptTimeout, isIP } from 'node:net';
import { addAbortSignal } from 'node:stream';
import type { Place } from '../../basics/bag.ts';
import type { TcpError } from '../../tcp/terms/errors.ts';
import type { TcpInfo } from '../../tcp/terms/tcp-info.ts';
import type { TcpConnection } from '../../tcp/terms/user.ts';
import type { Driver, LinkUser } from '../driver/driver.ts';
import { addressProperties, addressText, familyName } from '../terms/address-properties.ts';
import { type ConnectOptions, connectArgs, type FastOpenOptions, type SocketOptions } from '../terms/args.ts';
import { checkConnectOptions } from '../terms/check-options.ts';
import {
  type Attempt,
  blockedError,
  connectError,
  linkError,
  nodeError,
  openError,
  type SystemError,
} from '../terms/errors.ts';
import { lookUp, toAddress, toDestination, wantsOneFamily, wrongAddress } from '../terms/resolve.ts';
import type { SocketOwner } from './duplex.ts';
import { Endpoint } from './endpoint.ts';
import { FamilyAttempts, inTurn } from './family-attempts.ts';
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
  /** Which addresses were tried, in this order, where a name has several (`autoSelectFamily`). */
  declare autoSelectFamilyAttemptedAddresses: string[];
  declare blockList?: BlockList | undefined;
  #attempts: FamilyAttempts | null = null;
  /** The server that accepted it; node:http puts its own here. */
  server: unknown = null;

  /** Both ends, once there is a connection, and still after it. */
  declare readonly localAddress?: string;
  declare readonly localPort?: number;
  declare readonly localFamily?: string;
  declare readonly remoteAddress: string | undefined;
  declare readonly remotePort: number | undefined;
  declare readonly remoteFamily: string | undefined;

  /** Among those who hear when the link is gone. */
  #place: Place | null = null;

  /** `accepted`: a connection that is there already, and whom to tell when the socket is done with it. */
  constructor(driver: Driver, options?: SocketOptions, accepted?: { connection: TcpConnection; owner: SocketOwner }) {
    super(driver, options);
    if (accepted) this.#accept(accepted.connection, accepted.owner);
    if (options?.blockList) this.blockList = options.blockList;
    if (options?.signal) addAbortSignal(options.signal, this);
  }

  #accept(connection: TcpConnection, owner: SocketOwner): void {
    this.owner = owner;
    this.server = owner;
    this._isDualStack = owner.isDualStack;
    this.scope = acceptedScope(owner.scope!);
    const endpoint = new Endpoint(this, this.scope, this.ledger, this.readTarget, null);
    endpoint.connection = connection;
    connection.user = endpoint;
    this.#place = this.driver.join(this);
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
    // A server's TLSSocket that cannot begin is destroyed in a promise job, and is to have read nothing by then.
    if (this.owner !== null && this.chunksStay) this.endpoint!.startSoon();
    else this.endpoint!.start();
  }

  override resume(): this {
    if (this._handle === null && this.isPaused() && adoptedByTls(this)) this.#serveTls();
    return super.resume();
  }

  /**
   * The TLS above us ends our side when it has sent all, so the peer's FIN must not. And it writes copies of its records,
   * one write at a time: if its callbacks waited for the peer, there would be one write per round trip, and 'drain' would
   * come behind the next request, at which node:http pauses a parser that node:tls does not stop feeding.
   */
  #serveTls(): void {
    this._writesAreCopies();
    process.nextTick(allowHalfOpen, this);
  }

  /** What is written from now on is not touched again. @internal */
  _writesAreCopies(): void {
    this.chunksStay = true;
  }

  // ---- Connecting -----------------------------------------------------------------------------------------------

  connect(options: net.SocketConnectOpts & FastOpenOptions, listener?: () => void): this;
  connect(port: number, host: string, listener?: () => void): this;
  connect(port: number, listener?: () => void): this;
  connect(path: string, listener?: () => void): this;
  connect(...args: unknown[]): this {
    const [options, listener] = connectArgs(args);
    if (listener) this.once('connect', listener);
    const port = checkConnectOptions(options);
    if (this.destroyed) this.#revive();
    this._touch();
    this.connecting = true;
    this.scope = connectingScope();
    this.#place ??= this.driver.join(this); // it may be there already, of a connection that it has
    const { host } = options;
    if (host && isIP(host)) process.nextTick(openSocket, this, host, port, options);
    else this.#lookUp(options, port);
    return this;
  }

  #lookUp(options: Partial<ConnectOptions>, port: number): void {
    // What is sent with the SYN is sent once: Fast Open has one address.
    const selects = (options.autoSelectFamily ?? getDefaultAutoSelectFamily()) && !options.fastOpen;
    const all = selects && !options.localAddress && !wantsOneFamily(options.family);
    const host = options.host || 'localhost';
    lookUp(options, all, this.driver.addresses, (error, found) => {
      for (const { address, family } of error ? [NOTHING_FOUND] : found) {
        this.emit('lookup', error, address, family, host);
        if (!this.connecting) return;
      }
      const good = error ? [] : found.filter((each) => wrongAddress(each, options) === null);
      const failure = error ?? (good.length === 0 ? wrongAddress(found[0] ?? NOTHING_FOUND, options) : null);
      if (failure !== null) {
        process.nextTick(destroySocket, this, failure);
        return;
      }
      this._touch();
      const addresses = inTurn(good);
      if (!all || addresses.length === 1) this._open(addresses[0]!.address, port, options);
      else this.#tryAll(addresses, port, options);
    });
  }

  #tryAll(addresses: LookupAddress[], port: number, options: Partial<ConnectOptions>): void {
    const timeout = options.autoSelectFamilyAttemptTimeout ?? getDefaultAutoSelectFamilyAttemptTimeout();
    this.#attempts = new FamilyAttempts(this, this.driver.time, addresses, port, options, timeout);
    this.#attempts.next();
  }

  /** A destroyed socket that connects again starts from nothing. */
  #revive(): void {
    (this as unknown as { _undestroy(): void })._undestroy();
    this.endpoint = null;
    this.ledger = new WriteLedger();
    this.early = null;
    this.writesWhileConnecting = false;
    this.readWanted = false;
    this.resetting = this._endedByPeer = false;
  }

  /** The active OPEN, to the one address that there is. @internal */
  _open(address: string, port: number, options: Partial<ConnectOptions>): void {
    if (!this.connecting) return;
    if (this.endpoint) return void this.destroy(connectError('EISCONN', 'connect', address, port));
    const error = this._attempt(address, port, options);
    if (error !== null) this.destroy(error);
  }

  /** An active OPEN, which takes the place of one before. @internal */
  _attempt(address: string, port: number, options: Partial<ConnectOptions>): SystemError | null {
    const { localAddress, localPort } = options;
    const attempt: Attempt = { address, port, localAddress, localPort };
    if (this.driver.downReason !== null) return linkError('connect', this.driver.downReason);
    const remote = toDestination(address);
    if (this.blockList?.check(address, `ipv${remote.family}`)) return blockedError(address);
    if (this.endpoint !== null) this.#giveUp(this.endpoint);
    const endpoint = new Endpoint(this, this.scope!, this.ledger, this.readTarget, attempt);
    try {
      endpoint.connection = this.driver.host.tcp.connect({
        remote,
        remotePort: port,
        local: localAddress ? toAddress(localAddress) : undefined,
        localPort: localPort || undefined,
        fastOpen: Boolean(options.fastOpen),
        socketOptions: this.tcpOptions?.copy(),
        user: endpoint,
      });
    } catch (error) {
      const failure = openError((error as TcpError).code, attempt);
      if (failure.syscall !== 'bind') this.emit('connectionAttempt', address, port, remote.family);
      return failure;
    }
    this.#adopt(endpoint);
    this.emit('connectionAttempt', address, port, remote.family);
    this.writesWhileConnecting = Boolean(options.fastOpen);
    if (this.writesWhileConnecting) this.#sendEarly();
    return null;
  }

  #giveUp(endpoint: Endpoint): void {
    this.readWanted ||= endpoint.wanted;
    endpoint.release(null, true);
    this.endpoint = null;
  }

  /** @internal */
  _connectFailed(error: SystemError): void {
    const { address, port } = this.endpoint!.attempt!;
    if (this.#attempts !== null) {
      this.#attempts.failed(error);
      return;
    }
    this.emit('connectionAttemptFailed', address, port, isIP(address), error);
    this.destroy(error);
  }

  /** @internal */
  _connected(): void {
    this.connecting = false;
    this.#attempts?.stop();
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
    this.#attempts?.stop();
    this.#attempts = null;
    if (this.#place !== null) this.driver.leave(this.#place);
    this.#place = null;
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
    const { local, localPort } = connection;
    const { _isDualStack } = this;
    return { address: addressText(local, _isDualStack), family: familyName(local, _isDualStack), port: localPort };
  }

  get readyState(): net.SocketReadyState {
    if (this.connecting) return 'opening';
    if (this.readable) return this.writable ? 'open' : 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  get bufferSize(): number {
    return (this.endpoint === null && !this.connecting ? undefined : this.writableLength) as number;
  }

  get bytesRead(): number {
    return this.endpoint?.bytesRead ?? 0;
  }

  /** Its former name. */
  get _connecting(): boolean {
    return this.connecting;
  }

  /** The server that it counts as a connection of. */
  get _server(): unknown {
    return this.owner && this.server;
  }

  /** As node:net counts: what was accepted, sent or not. */
  get bytesWritten(): number {
    return this.ledger?.accepted; // also asked of the prototype, by who looks through it
  }
}

Object.defineProperties(Socket.prototype, addressProperties);

const NOTHING_FOUND = { address: undefined, family: undefined } as unknown as LookupAddress;

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
