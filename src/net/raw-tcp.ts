import { isIP } from 'node:net';
import { IdTable } from '../basics/id-table.ts';
import { TcpError } from '../tcp/terms/errors.ts';
import type { SocketOptions } from '../tcp/terms/socket-options.ts';
import type { ConnectionUser, TcpConnection, TcpListener } from '../tcp/terms/user.ts';
import { Address } from '../wire/address.ts';
import type { Driver, LinkUser } from './driver/driver.ts';
import { checkFunction, wrongType } from './terms/argument-errors.ts';
import { invalidIp } from './terms/check-options.ts';
import { throwLater } from './terms/errors.ts';
import { toAddress, toDestination } from './terms/resolve.ts';
import { checkedTcpOptions } from './terms/tcp-options.ts';
import { validPort } from './terms/values.ts';

export interface RawListenOptions {
  /** 0 to 65535; 0: an ephemeral one, which the listener tells. */
  port: number;
  /** One of our addresses. Default: all of them. */
  host?: string | Address | undefined;
  /** :: stands for IPv6 addresses only (IPV6_V6ONLY). Default: false. */
  ipv6Only?: boolean | undefined;
  /** How many connections may wait to be accepted: they wait only until the batch ends. Default, and the most: `somaxconn` (4096). */
  backlog?: number | undefined;
  /** SO_REUSEADDR: what is left of connections at this port doesn't stop it from being listened on. Default: true. */
  reuseAddress?: boolean | undefined;
  /** What connections begin with, as setsockopt(2) would set it on the listener. */
  socketOptions?: Partial<SocketOptions> | undefined;
  /** The link is gone, or the stack was closed: it listens no more. Not called after `close`. */
  onDown?: ((error: TcpError) => void) | undefined;
}

export interface RawConnectOptions {
  /** An IP address of the peer: names are not looked up (`dns.lookup` does that). */
  host: string | Address;
  /** 0 to 65535. */
  port: number;
  /** One of our addresses. Default: the first of the peer's family. */
  localAddress?: string | Address | undefined;
  /** Default, and 0: an ephemeral one (RFC 6056). */
  localPort?: number | undefined;
  /** As setsockopt(2) would set it before connect(2). */
  socketOptions?: Partial<SocketOptions> | undefined;
  /** TCP Fast Open (RFC 7413): what is sent until the next batch ends goes with the SYN. Default: false. */
  fastOpen?: boolean | undefined;
}

/** A port that is listened on. */
export interface RawListener {
  /** The address as it was asked for; 0.0.0.0: all. */
  readonly address: string;
  readonly port: number;
  /** Listens no more; connections that were accepted live on. Idempotent. */
  close(): void;
  /** It keeps the process alive (as it does from the beginning), or doesn't. */
  ref(): this;
  unref(): this;
}

/**
 * TCP's own user interface (RFC 9293, section 3.9.1), without node:net's streams, events and contexts: for who needs the speed. A
 * connection calls the methods of an object of yours, once for each batch of packets; you call its own. native-notes/raw-api.md has
 * the contract, a server and a client.
 */
export interface RawTcp {
  /**
   * Passive OPEN. `accept` is called for each connection when its handshake is complete, and gives its user, whose `onReadable`
   * comes right after that if data are there already. null: the connection is closed, with a RST if the peer has sent something. If
   * `accept` throws, that connection is reset.
   *
   * @throws TcpError EADDRINUSE, EADDRNOTAVAIL (not an address of this host), ENOENT (no such congestion control), ENETDOWN
   * @throws TypeError, RangeError for options that can't be, with Node's codes
   *
   * @example
   * ```ts
   * stack.tcp.listen({ port: 9 }, (connection) => ({
   *   onReadable() {
   *     connection.skip();
   *     if (connection.atEnd) connection.close();
   *   },
   *   onClosed() {},
   * }));
   * ```
   */
  listen(options: RawListenOptions, accept: (connection: TcpConnection) => ConnectionUser | null): RawListener;
  /**
   * Active OPEN. What is sent before `onConnected` leaves when the connection is there.
   *
   * @returns the connection, in SYN_SENT. That it failed comes by `onClosed`: ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH
   * @throws TcpError ENETUNREACH (no address of that family, or no host's), EADDRNOTAVAIL (no port left, or not our address),
   *   EADDRINUSE, EINVAL (families that differ), ENOENT (no such congestion control), ENETDOWN
   * @throws TypeError, RangeError for options that can't be, with Node's codes
   */
  connect(options: RawConnectOptions, user: ConnectionUser): TcpConnection;
}

/** The raw interface of the host behind a driver. Nothing in it needs `this`. */
export function createRawTcp(driver: Driver): RawTcp {
  const open = new OpenConnections(driver);
  return {
    listen: (options, accept) => {
      checkFunction(accept, 'accept');
      return new Listener(driver, options, (connection) => open.serve(connection, accept));
    },
    connect: (options, user) => {
      checkUser(user, 'user');
      checkUp(driver);
      const connection = driver.host.tcp.connect({
        remote: destination(options.host),
        remotePort: validPort(options.port, 'options.port'),
        local: ownAddress(options.localAddress, 'options.localAddress'),
        localPort: validPort(options.localPort ?? 0, 'options.localPort'),
        socketOptions: checkedTcpOptions(options.socketOptions, 'options.socketOptions'),
        fastOpen: options.fastOpen,
        user,
      });
      open.add(connection);
      return connection;
    },
  };
}

/** Has the place of a user who is asked for; `close` and `abort` take it away again. */
const UNDECIDED: ConnectionUser = { onReadable() {}, onClosed() {} };

/** Those that were opened or accepted here: they keep the process alive, and hear when the link is gone. */
class OpenConnections implements LinkUser {
  readonly #driver: Driver;
  readonly #open = new IdTable<TcpConnection>();

  constructor(driver: Driver) {
    this.#driver = driver;
    driver.join(this);
    driver.host.tcp.onReleased = (id) => {
      if (this.#open.delete(id) && this.#open.size === 0) driver.processHold.release();
    };
  }

  add(connection: TcpConnection): void {
    this.#open.set(connection.id, connection);
    if (this.#open.size === 1) this.#driver.processHold.hold();
  }

  serve(connection: TcpConnection, accept: (connection: TcpConnection) => ConnectionUser | null): void {
    if (!isOver(connection)) this.add(connection);
    connection.user = UNDECIDED;
    const user = accept(connection);
    if (connection.user !== UNDECIDED) return; // it was closed, or was given a user already
    if (user === null) {
      connection.close();
      return;
    }
    checkUser(user, 'what accept returns');
    connection.user = user;
    // A FIN that came with the handshake, before there was a user, is told here; data are told in their turn.
    if (connection.atEnd && connection.state === 'CLOSE_WAIT') user.onReadable();
  }

  linkLost(reason: string | null): void {
    const own = [...this.#driver.host.tcp.connections].filter(({ id }) => this.#open.get(id) !== undefined);
    for (const connection of own) {
      const { user } = connection;
      if (reason === null) connection.close();
      else connection.abort();
      // In a tick: who closes the stack is not called back from that call.
      if (user !== null) process.nextTick(tellClosed, user, downError(this.#driver));
    }
  }
}

const isOver = ({ state }: TcpConnection): boolean => state === 'CLOSED' || state === 'TIME_WAIT';

function tellClosed(user: ConnectionUser, error: TcpError): void {
  user.onClosed(error);
}

class Listener implements RawListener, LinkUser {
  readonly #driver: Driver;
  readonly #listener: TcpListener;
  readonly #place: ReturnType<Driver['join']>;
  readonly #onDown: ((error: TcpError) => void) | undefined;
  #listening = true;
  #holding = false;

  constructor(driver: Driver, options: RawListenOptions, serve: (connection: TcpConnection) => void) {
    checkUp(driver);
    if (options.onDown !== undefined) checkFunction(options.onDown, 'options.onDown');
    this.#driver = driver;
    this.#onDown = options.onDown;
    this.#listener = driver.host.tcp.listen({
      port: validPort(options.port, 'options.port'),
      local: ownAddress(options.host, 'options.host'),
      ipv6Only: options.ipv6Only,
      backlog: options.backlog,
      reuseAddress: options.reuseAddress,
      socketOptions: checkedTcpOptions(options.socketOptions, 'options.socketOptions'),
      onAcceptable: () => this.#acceptAll(serve),
    });
    this.#place = driver.join(this);
    this.ref();
  }

  get address(): string {
    return this.#listener.local.toString();
  }

  get port(): number {
    return this.#listener.port;
  }

  #acceptAll(serve: (connection: TcpConnection) => void): void {
    for (let c = this.#listener.accept(); c !== null; c = this.#listener.accept()) {
      try {
        serve(c);
      } catch (fault) {
        // Also where it has set `user` before: the object may be half made. What it has closed itself stays as it is.
        if (c.user !== null) c.abort();
        (this.#driver.host.onUserFault ?? throwLater)(fault);
      }
    }
  }

  close(): void {
    if (!this.#listening) return;
    this.#listening = false;
    this.unref();
    this.#driver.leave(this.#place);
    this.#listener.close();
  }

  linkLost(): void {
    this.close();
    if (this.#onDown !== undefined) process.nextTick(this.#onDown, downError(this.#driver));
  }

  ref(): this {
    if (!this.#holding && this.#listening) {
      this.#holding = true;
      this.#driver.processHold.hold();
    }
    return this;
  }

  unref(): this {
    if (this.#holding) this.#driver.processHold.release();
    this.#holding = false;
    return this;
  }
}

// ---- What is given

const downError = (driver: Driver): TcpError => new TcpError('ENETDOWN', `No network: ${driver.downReason}`);

function checkUp(driver: Driver): void {
  if (driver.downReason !== null) throw downError(driver);
}

/** The methods that every user has; the others may be missing. */
function checkUser(user: unknown, name: string): asserts user is ConnectionUser {
  if (typeof user !== 'object' || user === null) throw wrongType(name, 'a ConnectionUser', user);
  const { onReadable, onClosed } = user as ConnectionUser;
  checkFunction(onReadable, `${name}.onReadable`);
  checkFunction(onClosed, `${name}.onClosed`);
}

function ownAddress(given: string | Address | undefined, name: string): Address | undefined {
  if (given === undefined || given instanceof Address) return given;
  return toAddress(checkedIp(given, name));
}

function destination(given: string | Address): Address {
  return given instanceof Address ? given : toDestination(checkedIp(given, 'options.host'));
}

function checkedIp(given: unknown, name: string): string {
  if (typeof given !== 'string') throw wrongType(name, 'an IP address', given);
  if (isIP(given) === 0) throw invalidIp(given);
  return given;
}
