import { LabError, type SocketError } from '../../lab/terms/errors.ts';
import type { LabHost } from '../../lab/world/lab-host.ts';
import type { LabListener, LabSocket } from '../../lab/world/socket.ts';
import type { World } from '../../lab/world/world.ts';
import type { UserCall } from '../../tcp/tcb/events.ts';
import type { AgentClient } from '../agent/agent-client.ts';
import type { Answer, Ends, Request } from '../agent/protocol.ts';
import type { KernelWatch } from './kernel-watch.ts';

/** What sockets of the kernel need: who holds them, who sees what they do, a number for each. */
export interface KernelSockets {
  readonly world: World;
  readonly agent: AgentClient;
  readonly watch: KernelWatch;
  readonly takeNumber: () => number;
}

/** What of a socket of this stack the kernel's have as well: all that applications call. */
type Calls = Omit<LabSocket, 'connection' | 'connected' | 'state' | `on${string}`>;

/** A socket of the kernel's in the hands of an application of the lab: as `LabSocket`, which says what each call does. */
export class KernelSocket implements Calls {
  readonly owner: LabHost;
  readonly id: number;
  connected: Promise<KernelSocket>;
  error: SocketError | null = null;
  octetsRead = 0;
  octetsWritten = 0;
  localPort = 0;

  private readonly world: World;
  private readonly agent: AgentClient;
  private readonly watch: KernelWatch;
  private ends: Ends | null = null;
  private isClosed = false;

  constructor(owner: LabHost, { world, agent, watch, takeNumber }: KernelSockets) {
    this.owner = owner;
    this.world = world;
    this.agent = agent;
    this.watch = watch;
    this.id = takeNumber();
    this.connected = Promise.resolve(this);
  }

  /** What the kernel keeps to itself. */
  get connection(): never {
    throw new LabError('it looks into a connection, which the kernel does not let us do');
  }

  open(remote: string, port: number, localPort: number): void {
    const localAddress = `${this.owner.address}`;
    const request = { op: 'connect', socket: this.id, address: remote, port, localAddress, localPort } as const;
    this.connected = this.asked('connect', request).then(({ ends }) => {
      this.isBetween(ends!);
      return this;
    });
    this.connected.catch(() => {});
  }

  /** The handshake is done, as its process knows. */
  isBetween(ends: Ends): void {
    this.ends = ends;
    this.localPort = ends.localPort;
  }

  async write(what: number | string | Uint8Array): Promise<void> {
    const octets = typeof what === 'number' ? Buffer.alloc(what, 'tcpglass') : Buffer.from(what);
    this.octetsWritten += octets.length;
    await this.asked('write', { op: 'write', socket: this.id, octets: octets.toString('base64') });
  }

  async read(most = Number.MAX_SAFE_INTEGER): Promise<Uint8Array | null> {
    const { octets } = await this.asked('read', { op: 'read', socket: this.id, most });
    if (octets === null || octets === undefined) return null;
    const got = Buffer.from(octets, 'base64');
    this.octetsRead += got.length;
    return got;
  }

  async readAll(): Promise<number> {
    let count = 0;
    for (let octets = await this.read(); octets !== null; octets = await this.read()) count += octets.length;
    return count;
  }

  async readOctets(count: number): Promise<number> {
    let got = 0;
    while (got < count) {
      const octets = await this.read(count - got);
      if (octets === null) break;
      got += octets.length;
    }
    return got;
  }

  shutdown(): void {
    this.called('shutdown');
    this.tell({ op: 'shutdown', socket: this.id });
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.called('close');
    this.tell({ op: 'close', socket: this.id });
  }

  reset(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.called('abort');
    this.tell({ op: 'reset', socket: this.id });
  }

  setNoDelay(noDelay = true): void {
    this.tell({ op: 'setNoDelay', socket: this.id, noDelay });
  }

  setKeepAlive(idle = 0): void {
    this.tell({ op: 'setKeepAlive', socket: this.id, idle });
  }

  async ended(): Promise<SocketError | null> {
    try {
      await this.agent.ask({ op: 'ended', socket: this.id });
      return null;
    } catch (error) {
      return error as SocketError;
    } finally {
      this.world.wake();
    }
  }

  async finished(): Promise<void> {
    const error = await this.ended();
    if (error !== null) throw this.world.journal.failed(this.owner, null, 'poll', error);
  }

  /** The log tells of the call as of one on a host of this stack. */
  called(call: UserCall): void {
    if (this.ends !== null) this.watch.called(call, this.ends);
  }

  /** A call that is done at once and has no result. */
  private tell(request: Request): void {
    this.agent.ask(request, true).catch(() => {});
  }

  /** @throws SocketError, which the log tells of, too */
  private async asked(call: string, request: Request): Promise<Answer> {
    try {
      return await this.agent.ask(request);
    } catch (error) {
      this.error = error as SocketError;
      throw this.world.journal.failed(this.owner, null, call, this.error);
    } finally {
      this.world.wake();
    }
  }
}

/** A listener of the kernel's. What nobody accepts stays in the kernel's queue. */
export class KernelListener implements Pick<LabListener, 'owner' | 'accept' | 'close'> {
  readonly owner: LabHost;
  private readonly world: World;
  private readonly agent: AgentClient;
  private readonly watch: KernelWatch;
  private readonly id: number;
  private readonly takeNumber: () => number;
  private readonly listening: Promise<unknown>;

  constructor(owner: LabHost, { world, agent, watch, takeNumber }: KernelSockets, port: number, backlog: number) {
    this.owner = owner;
    this.world = world;
    this.agent = agent;
    this.watch = watch;
    this.takeNumber = takeNumber;
    this.id = takeNumber();
    const request = { op: 'listen', socket: this.id, address: `${owner.address}`, port, backlog } as const;
    this.listening = agent.ask(request, true).catch((error: SocketError) => {
      throw world.journal.failed(owner, null, 'listen', error);
    });
    this.listening.catch(() => {});
  }

  async accept(): Promise<never> {
    await this.listening;
    const { world, agent, watch, takeNumber } = this;
    const socket = new KernelSocket(this.owner, { world, agent, watch, takeNumber });
    try {
      const { ends } = await agent.ask({ op: 'accept', socket: socket.id, listener: this.id });
      socket.isBetween(ends!);
      socket.called('accept');
      return socket as never;
    } finally {
      world.wake();
    }
  }

  acceptNow(): never {
    throw new LabError('it accepts without waiting, which can be had of no process here');
  }

  close(): void {
    this.agent.ask({ op: 'close', socket: this.id }, true).catch(() => {});
  }
}
