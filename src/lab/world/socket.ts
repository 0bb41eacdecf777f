import type { TcpError } from '../../tcp/terms/errors.ts';
import type { State } from '../../tcp/terms/state.ts';
import type { ConnectionUser } from '../../tcp/terms/user.ts';
import type { Connection } from '../../tcp/user/connection.ts';
import type { Listener } from '../../tcp/user/listener.ts';
import { SocketError } from '../terms/errors.ts';
import type { LabHost } from './lab-host.ts';
import type { World } from './world.ts';

/** Somebody who waits: an application in an `await`. */
export class Waiting {
  private readonly world: World;
  private resolvers: (() => void)[] = [];

  constructor(world: World) {
    this.world = world;
  }

  wait(): Promise<void> {
    return new Promise((resolve) => this.resolvers.push(resolve));
  }

  wake(): void {
    if (this.resolvers.length === 0) return;
    this.world.wake();
    for (const resolve of this.resolvers.splice(0)) resolve();
  }
}

/** An application's socket: the calls are those of socket(7), the waiting is `await`. */
export class LabSocket implements ConnectionUser {
  readonly owner: LabHost;
  readonly connection: Connection;
  /** Resolves when the handshake is done. @throws SocketError in the promise: ECONNREFUSED, ETIMEDOUT, ... */
  readonly connected: Promise<LabSocket>;
  /** What the connection failed with; null: nothing. */
  error: SocketError | null = null;
  /** Octets that were read and written so far. */
  octetsRead = 0;
  octetsWritten = 0;

  private readonly world: World;
  private readonly news: Waiting;
  private isConnected: boolean;
  private isOver = false;
  private isClosed = false;

  /** @internal */
  constructor(world: World, owner: LabHost, connection: Connection, isConnected: boolean) {
    this.world = world;
    this.owner = owner;
    this.connection = connection;
    this.isConnected = isConnected;
    this.news = new Waiting(world);
    connection.user = this;
    this.connected = this.untilConnected();
    // Who doesn't wait for it isn't told.
    this.connected.catch(() => {});
  }

  get state(): State {
    return this.connection.state;
  }

  get localPort(): number {
    return this.connection.localPort;
  }

  /**
   * Queues octets: so many, whose values tell their places, or those of a text; what may leave does at once, as with write(2).
   * Resolves when the send buffer has room for all.
   * @throws SocketError EPIPE, ECONNRESET, ETIMEDOUT
   */
  async write(what: number | string | Uint8Array): Promise<void> {
    this.failIfFailed('write');
    const octets = typeof what === 'number' ? pattern(this.octetsWritten, what) : octetsOf(what);
    try {
      this.connection.send(octets);
      this.octetsWritten += octets.length;
    } catch (error) {
      throw this.world.journal.failed(this.owner, this.connection, 'write', error as TcpError);
    }
    this.owner.transmit();
    while (this.connection.sendSpace <= 0 && this.error === null && !this.isOver) await this.news.wait();
    this.failIfFailed('write');
  }

  /**
   * What has come, at most so much; null: the peer has sent FIN, and all before it is read (read(2) = 0).
   * @throws SocketError ECONNRESET, ETIMEDOUT, after what came before that
   */
  async read(most?: number): Promise<Uint8Array | null> {
    for (;;) {
      const octets = this.connection.read(most);
      if (octets !== null) {
        this.octetsRead += octets.length;
        return octets;
      }
      if (this.connection.atEnd) return null;
      this.failIfFailed('read');
      if (this.isOver) return null;
      await this.news.wait();
    }
  }

  /** Reads until the peer's FIN. @returns how many octets came */
  async readAll(): Promise<number> {
    let count = 0;
    for (let octets = await this.read(); octets !== null; octets = await this.read()) count += octets.length;
    return count;
  }

  /** Reads just so many octets, or as many as come before the peer's FIN. @returns how many */
  async readOctets(count: number): Promise<number> {
    let got = 0;
    while (got < count) {
      const octets = await this.read(count - got);
      if (octets === null) break;
      got += octets.length;
    }
    return got;
  }

  /** shutdown(SHUT_WR): FIN behind what is queued; reading goes on. */
  shutdown(): void {
    this.connection.shutdown();
    this.owner.transmit();
  }

  /** close(2): both directions are done for the application. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.connection.close();
    this.owner.transmit();
    this.over();
  }

  /** close(2) with SO_LINGER on and 0 seconds: RST. */
  reset(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.connection.abort();
    this.owner.transmit();
    this.over();
  }

  setNoDelay(noDelay = true): void {
    this.connection.setNoDelay(noDelay);
  }

  /** @param idle seconds until the first probe; default: tcp_keepalive_time */
  setKeepAlive(idle = 0): void {
    this.connection.setKeepAlive(true, idle * 1000);
  }

  /** Resolves when the connection is over for its application: both FINs, or an error, which is returned. */
  async ended(): Promise<SocketError | null> {
    while (!this.isOver) await this.news.wait();
    return this.error;
  }

  /**
   * Waits until the connection is over, both FINs acknowledged, as poll(2) does for who has called shutdown(2).
   * @throws SocketError what SO_ERROR then says: ECONNRESET, ETIMEDOUT
   */
  async finished(): Promise<void> {
    await this.ended();
    this.failIfFailed('poll');
  }

  // ---- what the connection tells

  onConnected(): void {
    this.isConnected = true;
    this.news.wake();
  }

  onReadable(): void {
    this.news.wake();
  }

  onWritable(): void {
    this.news.wake();
  }

  onClosed(error: TcpError | null): void {
    if (error !== null) this.error = new SocketError(error.code, error.message);
    this.over();
  }

  private over(): void {
    this.isOver = true;
    this.news.wake();
  }

  private async untilConnected(): Promise<LabSocket> {
    while (!this.isConnected && this.error === null && !this.isOver) await this.news.wait();
    if (this.isConnected) return this;
    this.failIfFailed('connect');
    throw new SocketError('ECONNABORTED', 'closed before it was open');
  }

  private failIfFailed(call: string): void {
    if (this.error === null) return;
    const { error } = this;
    this.world.journal.failed(this.owner, this.connection, call, error);
    throw error;
  }
}

/** A socket that listens. */
export class LabListener {
  readonly owner: LabHost;
  readonly listener: Listener;
  private readonly world: World;
  private readonly news: Waiting;
  private readonly opened: (socket: LabSocket) => void;

  /** @internal */
  constructor(world: World, owner: LabHost, listener: Listener, news: Waiting, opened: (socket: LabSocket) => void) {
    this.world = world;
    this.owner = owner;
    this.listener = listener;
    this.news = news;
    this.opened = opened;
  }

  /** Waits for the next connection whose handshake is complete. */
  async accept(): Promise<LabSocket> {
    for (;;) {
      const socket = this.acceptNow();
      if (socket !== null) return socket;
      await this.news.wait();
    }
  }

  /** The next connection, if one is there; null: none. */
  acceptNow(): LabSocket | null {
    const connection = this.listener.accept();
    if (connection === null) return null;
    const socket = new LabSocket(this.world, this.owner, connection, true);
    this.opened(socket);
    return socket;
  }

  close(): void {
    this.listener.close();
  }
}

/** Octets that tell their place in the stream, so that a misplaced one is seen. */
function pattern(from: number, length: number): Uint8Array {
  const octets = new Uint8Array(length);
  for (let i = 0; i < length; i++) octets[i] = (from + i) % 251;
  return octets;
}

/** A text of ASCII, or octets as they are. */
const octetsOf = (what: string | Uint8Array): Uint8Array =>
  typeof what === 'string' ? Uint8Array.from(what, (letter) => letter.charCodeAt(0) & 0xff) : what;
