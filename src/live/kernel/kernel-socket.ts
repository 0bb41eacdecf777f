import { LabError, type SocketError } from '../../lab/terms/errors.ts';
import type { LabHost } from '../../lab/world/lab-host.ts';
import type { World } from '../../lab/world/world.ts';
import type { UserCall } from '../../tcp/tcb/events.ts';
import type { AgentClient } from '../agent/agent-client.ts';
import type { Answer, Ends, Request } from '../agent/protocol.ts';
import type { KernelWatch } from './kernel-watch.ts';

/** A socket of the kernel's in the hands of an application of the lab: as `LabSocket`, which says what each call does. */
export class KernelSocket {
  readonly owner: LabHost;
  connected: Promise<KernelSocket>;
  error: SocketError | null = null;
  octetsRead = 0;
  octetsWritten = 0;
  localPort = 0;

  private readonly world: World;
  private readonly agent: AgentClient;
  private readonly id: number;
  private readonly watch: KernelWatch;
  private ends: Ends | null = null;
  private isClosed = false;

  constructor(world: World, owner: LabHost, agent: AgentClient, id: number, watch: KernelWatch) {
    this.watch = watch;
    this.world = world;
    this.owner = owner;
    this.agent = agent;
    this.id = id;
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

/**
 * A listener of the kernel's. Its process sleeps (SIGSTOP) until somebody accepts: so the kernel's queues are what the scenario wants
 * them to be. From then on the process takes all that come, as Node's do.
 */
export class KernelListener {
  readonly owner: LabHost;
  private readonly world: World;
  private readonly agent: AgentClient;
  private readonly listening: Promise<unknown>;
  private next = 1_000_000;

  private readonly watch: KernelWatch;

  constructor(
    world: World,
    owner: LabHost,
    agent: AgentClient,
    watch: KernelWatch,
    { port, backlog }: { port: number; backlog: number },
  ) {
    this.watch = watch;
    this.world = world;
    this.owner = owner;
    this.agent = agent;
    const request = { op: 'listen', socket: 0, address: `${owner.address}`, port, backlog } as const;
    this.listening = agent.ask(request, true).then(
      () => agent.stop(),
      (error: SocketError) => {
        throw world.journal.failed(owner, null, 'listen', error);
      },
    );
    this.listening.catch(() => {});
  }

  async accept(): Promise<KernelSocket> {
    await this.listening;
    this.agent.goOn();
    const id = this.next++;
    const socket = new KernelSocket(this.world, this.owner, this.agent, id, this.watch);
    const { ends } = await this.agent.ask({ op: 'accept', socket: id, listener: 0 });
    socket.isBetween(ends!);
    socket.called('accept');
    this.world.wake();
    return socket;
  }

  acceptNow(): null {
    return null;
  }

  close(): void {
    this.agent.goOn();
    this.agent.ask({ op: 'close', socket: 0 }, true).catch(() => {});
  }
}
