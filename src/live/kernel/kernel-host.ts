import { LabError } from '../../lab/terms/errors.ts';
import type { Ending, LabHost, LabHostOptions } from '../../lab/world/lab-host.ts';
import type { ConnectSettings, ListenSettings } from '../../lab/world/sockets.ts';
import type { World } from '../../lab/world/world.ts';
import { SeenPacket } from '../../link/impairment/packets/seen-packet.ts';
import type { Micros } from '../../time/wheel.ts';
import { type Address, address } from '../../wire/address.ts';
import { ACK, SYN } from '../../wire/segment.ts';
import { Slab } from '../../wire/slab.ts';
import type { AgentClient } from '../agent/agent-client.ts';
import { kernelInside } from './kernel-inside.ts';
import { KernelListener, KernelSocket, type KernelSockets } from './kernel-socket.ts';
import { KernelWatch } from './kernel-watch.ts';
import { setKernelSysctls } from './sysctls.ts';

/**
 * The Linux kernel as a computer of the lab. For a scenario it is like any other; its sockets are held by processes, its packets come and go
 * through a TUN device, and what is known of its TCP is what `KernelWatch` sees.
 */
export class KernelHost implements Pick<LabHost, keyof LabHost> {
  readonly name: string;
  readonly index: number;
  readonly side: 'left' | 'right';
  readonly address: Address;
  readonly isOn = true;
  inbox: Uint8Array[] = [];
  readonly watch: KernelWatch;
  /** Knobs that the scenario wants and this kernel doesn't have, or doesn't let us set. */
  readonly notSet: string[];
  /** What it shows of its inside. */
  readonly host = kernelInside();

  private readonly world: World;
  private readonly agent: AgentClient;
  private readonly toKernel: (octets: Uint8Array) => void;
  private next = 1;
  /** Connections that an application has opened, and whose SYN has not left yet. */
  private readonly openings = new Set<Opening>();

  /** @param agent the process that holds its sockets @param toKernel hands a packet to the device */
  constructor(
    world: World,
    index: number,
    options: LabHostOptions,
    agent: AgentClient,
    toKernel: (octets: Uint8Array) => void,
  ) {
    this.world = world;
    this.toKernel = toKernel;
    this.index = index;
    this.name = options.name;
    this.side = options.side;
    this.address = address(options.address);
    this.watch = new KernelWatch(world.journal, index, options.address, () => world.now);
    this.notSet = [
      ...setKernelSysctls(options.sysctls ?? {}),
      ...(['initialSequence', 'timestampOffset', 'mtu'] as const).filter((name) => options[name] !== undefined),
    ];
    this.agent = agent;
  }

  /** All that it holds is closed by the kernel. */
  end(): void {
    this.agent.kill();
  }

  run(application: () => Promise<unknown>): void {
    this.world.wake();
    application().catch((error: unknown) => this.world.journal.applicationFailed(this.asHost, error));
  }

  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.world.in(milliseconds, () => {
        this.world.wake();
        resolve();
      });
    });
  }

  listen(port: number, { backlog = 511, options }: ListenSettings = {}): never {
    this.leaveOut(options);
    return new KernelListener(this.asHost, this.sockets, port, backlog) as never;
  }

  connect(to: LabHost | string, port: number, { localPort = 0, options }: ConnectSettings = {}): never {
    this.leaveOut(options);
    const socket = new KernelSocket(this.asHost, this.sockets);
    const remote = typeof to === 'string' ? address(to) : to.address;
    socket.open(`${remote}`, port, localPort);
    this.begins(socket, remote, port);
    return socket as never;
  }

  /** Until its SYN leaves the kernel doesn't know of the connection. */
  private begins(socket: KernelSocket, remote: Address, port: number): void {
    const opening = { remote, port };
    this.openings.add(opening);
    socket.connected.catch(() => {}).finally(() => this.hasBegun(opening));
  }

  private hasBegun(opening: Opening): void {
    if (this.openings.delete(opening)) this.world.touch(this.asHost);
  }

  private get sockets(): KernelSockets {
    const { world, agent, watch } = this;
    return { world, agent, watch, takeNumber: () => this.next++ };
  }

  /** To the rest of the lab it is a host like any other: it has all that is public of one. */
  get asHost(): LabHost {
    return this as unknown as LabHost;
  }

  exitProcess(): void {
    this.end();
  }

  powerOff(): void {
    throw new LabError('The scenario switches a host off: the kernel would be this machine’s');
  }

  powerOn(): void {
    this.powerOff();
  }

  /** The kernel sends by itself. */
  transmit(): void {}

  ending(): Ending[] {
    return this.watch
      .left()
      .map(({ timer, ...socket }) => ({ ...socket, left: socket.state === 'TIME_WAIT' ? timer * 1000 : null }));
  }

  owns(octets: Uint8Array): boolean {
    if (octets.length < 24) return false;
    const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    return view.getInt32(16) === this.address.w3;
  }

  nextDeadline(): Micros {
    return Number.POSITIVE_INFINITY;
  }

  /** What has arrived goes into the device, once the kernel knows what the applications have done before. */
  batch(): void {
    if (this.agent.urgent > 0 || this.openings.size > 0) return;
    for (const octets of this.inbox.splice(0)) {
      this.watch.packet(octets, 'in');
      this.toKernel(octets);
      this.watch.poll();
    }
  }

  /** Node's sockets, through which the kernel's are had, don't know most options. */
  private leaveOut(options: object = {}): void {
    for (const name of Object.keys(options)) if (!this.notSet.includes(name)) this.notSet.push(name);
  }

  /** It has sent a packet. */
  sent(octets: Uint8Array): void {
    this.watch.poll();
    this.watch.packet(octets, 'out');
    for (const opening of this.openings) {
      if (!isSynOf(opening, octets)) continue;
      this.hasBegun(opening);
      break;
    }
    this.world.launch(octets, this.side === 'left' ? 'out' : 'in');
  }
}

/** A connection that the kernel is told to open: where to. */
interface Opening {
  readonly remote: Address;
  readonly port: number;
}

function isSynOf({ remote, port }: Opening, octets: Uint8Array): boolean {
  const seen = new SeenPacket();
  seen.read(new Slab(octets));
  const { type, segment } = seen;
  return (
    type === 'TCP' && (segment.flags & (SYN | ACK)) === SYN && segment.dstPort === port && remote.equals(segment.dst)
  );
}
