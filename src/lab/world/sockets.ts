import type { TcpError } from '../../tcp/terms/errors.ts';
import { SocketOptions } from '../../tcp/terms/socket-options.ts';
import type { Address } from '../../wire/address.ts';
import type { LabHost } from './lab-host.ts';
import { LabListener, LabSocket, Waiting } from './socket.ts';
import type { World } from './world.ts';

export interface ConnectSettings {
  readonly localPort?: number;
  /** setsockopt(2)'s, by their names in `SocketOptions`. */
  readonly options?: Partial<SocketOptions>;
}

export interface ListenSettings {
  readonly backlog?: number;
  /** SO_REUSEADDR; default: true, as Node has it. */
  readonly reuseAddress?: boolean;
  readonly options?: Partial<SocketOptions>;
}

/** The sockets of one host, from its switching on to its end. */
export class Sockets {
  private readonly world: World;
  private readonly owner: LabHost;
  private readonly open = new Set<LabSocket | LabListener>();

  constructor(world: World, owner: LabHost) {
    this.world = world;
    this.owner = owner;
  }

  listen(port: number, { backlog, reuseAddress, options }: ListenSettings): LabListener {
    const news = new Waiting(this.world);
    const listener = this.tried('listen', () =>
      this.owner.host.tcp.listen({
        ...{ port, backlog, reuseAddress, socketOptions: optionsOf(options) },
        onAcceptable: () => news.wake(),
      }),
    );
    const made = new LabListener(this.world, this.owner, listener, news, (socket) => this.open.add(socket));
    this.open.add(made);
    return made;
  }

  connect(remote: Address, remotePort: number, { localPort, options }: ConnectSettings): LabSocket {
    const user = { onConnected: () => {}, onReadable: () => {}, onWritable: () => {}, onClosed: () => {} };
    const socketOptions = optionsOf(options);
    const connection = this.tried('connect', () =>
      this.owner.host.tcp.connect({ remote, remotePort, localPort, socketOptions, user }),
    );
    const socket = new LabSocket(this.world, this.owner, connection, false);
    this.open.add(socket);
    return socket;
  }

  /** As a kernel does for a process that ends. */
  closeAll(): void {
    for (const socket of this.open) socket.close();
    this.open.clear();
  }

  /** Nobody is there any more who could be told of anything. */
  forget(): void {
    this.open.clear();
  }

  private tried<T>(call: string, attempt: () => T): T {
    try {
      return attempt();
    } catch (error) {
      if (typeof (error as TcpError).code !== 'string') throw error;
      throw this.world.journal.failed(this.owner, null, call, error as TcpError);
    }
  }
}

const optionsOf = (given: Partial<SocketOptions> | undefined): SocketOptions | undefined =>
  given === undefined ? undefined : Object.assign(new SocketOptions(), given);
