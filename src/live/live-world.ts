import { LabError } from '../lab/terms/errors.ts';
import type { LabHost, LabHostOptions } from '../lab/world/lab-host.ts';
import { BEGIN, World } from '../lab/world/world.ts';
import { openTun } from '../link/open.ts';
import type { TunLink } from '../link/tun.ts';
import { Frame } from '../wire/frame.ts';
import type { Packet } from '../wire/packet.ts';
import { AgentClient } from './agent/agent-client.ts';
import { KernelHost } from './kernel/kernel-host.ts';

/** Who the kernel can be, and the two addresses: its own, and that of the host which it talks to first. */
const ADDRESSES = {
  client: { own: '10.9.0.1', peer: '10.9.0.2' },
  server: { own: '10.9.0.2', peer: '10.9.0.1' },
} as const;

export type KernelRole = keyof typeof ADDRESSES;

/** The kernel's states are looked at at least so often, in milliseconds. */
const LOOK_EVERY = 10;

/**
 * The world of the lab in real time, with the Linux kernel as one of its hosts: of this network namespace, which should have been made for
 * it. The path between them, its delays, faults and rules, and the other hosts are the same as in virtual time.
 */
export class LiveWorld extends World {
  readonly role: KernelRole;
  kernel: KernelHost | null = null;
  /** When the last packet came from the kernel or went to it, in milliseconds since the beginning. */
  lastPacket = 0;
  /** All that was waited for has happened: it need not go on. */
  isEnough: () => boolean = () => false;

  private readonly link: TunLink;
  private readonly agent: AgentClient;
  private readonly frame = new Frame();
  private start = 0;
  /** Something has happened that time didn't bring about. */
  private signal: (() => void) | null = null;
  private isSignalled = false;

  private constructor(seed: number, role: KernelRole, link: TunLink) {
    super(seed);
    this.role = role;
    this.link = link;
    this.agent = new AgentClient(() => this.answered());
    link.attach({
      receive: (packet) => this.fromKernel(packet),
      batchEnd: () => this.rouse(),
      linkDown: () => this.rouse(),
    });
  }

  /** Makes the device and the process that holds the kernel's sockets. @throws LinkError, SocketError */
  static async open(seed: number, role: KernelRole): Promise<LiveWorld> {
    const { own: address, peer } = ADDRESSES[role];
    const link = await openTun({ name: 'lab%d', address, prefix: 24, peer, mtu: 1500, offload: false, busyPoll: 0 });
    const world = new LiveWorld(seed, role, link);
    try {
      await world.agent.started();
    } catch (error) {
      world.close();
      throw error;
    }
    return world;
  }

  /** The device and the process are gone. */
  close(): void {
    this.agent.kill();
    this.link.close();
  }

  override addHost(options: LabHostOptions): LabHost {
    if (options.name !== this.role) return super.addHost(options);
    if (options.address !== ADDRESSES[this.role].own)
      throw new LabError(`The scenario's ${this.role} has an address of its own`);
    this.kernel = new KernelHost(this, this.hosts.length, options, this.agent, (octets) => this.toKernel(octets));
    this.hosts.push(this.kernel.asHost);
    return this.kernel.asHost;
  }

  override touch(host: LabHost): void {
    super.touch(host);
    this.rouse();
  }

  override wake(): void {
    super.wake();
    this.rouse();
  }

  override async run(): Promise<boolean> {
    this.start = performance.now();
    for (;;) {
      this.clock();
      await this.settle();
      this.kernel?.watch.poll();
      if (this.now >= this.limit || this.isEnough()) return false;
      await this.sleep(Math.min(this.nextEvent(), this.limit));
      await this.catchUp();
    }
  }

  /**
   * What is due by now. Where this process was late, much may be: then applications have their turn when it was, behind the packets that
   * came before it and before those that came after it.
   */
  private async catchUp(): Promise<void> {
    this.clock();
    for (let at = this.nextJob(); at <= this.now; at = this.nextJob()) {
      this.happens(at - 1);
      await this.settle();
      this.happens(at);
      await this.settle();
    }
    this.happens();
  }

  /** A packet for the kernel. */
  private toKernel(octets: Uint8Array): void {
    const { frame, link } = this;
    this.lastPacket = this.elapsed;
    frame.reset(0);
    frame.addSlice(octets, 0, octets.length);
    link.send(frame);
    link.flush();
  }

  private fromKernel({ slab, start, end }: Packet): void {
    this.clock();
    this.lastPacket = this.elapsed;
    this.kernel?.sent(slab.bytes.slice(start, end));
  }

  private answered(): void {
    if (this.kernel !== null) this.touch(this.kernel.asHost);
  }

  private clock(): void {
    if (this.start > 0) this.now = Math.max(this.now, BEGIN + Math.round((performance.now() - this.start) * 1000));
  }

  /** Until that time, or until something happens. */
  private async sleep(until: number): Promise<void> {
    if (this.isSignalled) {
      this.isSignalled = false;
      // Packets and answers have their turn, too.
      await new Promise((resolve) => setImmediate(resolve));
      return;
    }
    const milliseconds = Math.min(LOOK_EVERY, Math.max(0, (until - this.now) / 1000));
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.signal = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.signal = null;
    this.isSignalled = false;
  }

  private rouse(): void {
    this.isSignalled = true;
    this.signal?.();
  }
}
