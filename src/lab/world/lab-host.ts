import { Host, type Sysctls } from '../../host/host.ts';
import type { Direction } from '../../link/impairment/language/terms.ts';
import { Inspection } from '../../observe/inspect/inspection.ts';
import type { SocketSnapshot } from '../../observe/inspect/sockets.ts';
import { SeededRandom } from '../../time/random.ts';
import type { Micros } from '../../time/wheel.ts';
import { type Address, address } from '../../wire/address.ts';
import { Packet } from '../../wire/packet.ts';
import { Slab } from '../../wire/slab.ts';
import type { LabListener, LabSocket } from './socket.ts';
import { type ConnectSettings, type ListenSettings, Sockets } from './sockets.ts';
import type { World } from './world.ts';

export interface LabHostOptions {
  readonly name: string;
  readonly address: string;
  /** The end of the path that it is at: what leaves the left one goes `out`. */
  readonly side: 'left' | 'right';
  readonly sysctls?: Partial<Sysctls>;
  /** The longest packet of its link, in octets; default: 1,500. */
  readonly mtu?: number;
  /** Each of its connections begins with this sequence number, as no kernel of today does; default: RFC 6528's. */
  readonly initialSequence?: number;
  /** What its timestamps are ahead of the lab's clock, in milliseconds; default: by chance, for each address (tcp_timestamps 1). */
  readonly timestampOffset?: number;
}

/** A socket that is there at the end. */
export type Ending = Pick<SocketSnapshot, 'state' | 'local' | 'localPort' | 'remote' | 'remotePort' | 'left'>;

/** What the place of a port is in a packet of IPv4 without options. */
const DST_PORT = 22;
/** Turns that a host gets for what one batch brings: data, the answer to it, what that frees. */
const BATCH_TURNS = 16;

/** A computer in the lab: one host, its sockets, its applications. */
export class LabHost {
  readonly name: string;
  readonly index: number;
  readonly side: 'left' | 'right';
  readonly address: Address;
  /** The stack itself: everything that a test of it could ask is there. */
  host: Host;
  /** false: its plug is pulled. */
  isOn = true;
  /** Packets that have arrived. */
  inbox: Uint8Array[] = [];

  private readonly world: World;
  private readonly options: LabHostOptions;
  private sockets: Sockets;
  private outbox: Uint8Array[] = [];
  private readonly packet = new Packet();

  constructor(world: World, index: number, options: LabHostOptions) {
    this.world = world;
    this.index = index;
    this.options = options;
    this.name = options.name;
    this.side = options.side;
    this.address = address(options.address);
    this.host = this.boot();
    this.sockets = new Sockets(world, this);
  }

  // ---- what applications do

  /**
   * Starts an application, when the scenario has told its story: what it does takes no time but what it waits for. An error of a
   * socket that it doesn't catch ends it.
   */
  run(application: () => Promise<unknown>): void {
    this.world.wake();
    Promise.resolve()
      .then(application)
      .catch((error: unknown) => this.world.journal.applicationFailed(this, error));
  }

  /** @throws SocketError EADDRINUSE */
  listen(port: number, settings: ListenSettings = {}): LabListener {
    return this.sockets.listen(port, settings);
  }

  /** Opens a connection; `await socket.connected` waits for it. @throws SocketError EADDRNOTAVAIL, EADDRINUSE */
  connect(to: LabHost | string, port: number, settings: ConnectSettings = {}): LabSocket {
    const remote = typeof to === 'string' ? address(to) : to.address;
    return this.sockets.connect(remote, port, settings);
  }

  /** Waits so many milliseconds. */
  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.world.in(milliseconds, () => {
        this.world.wake();
        resolve();
      });
    });
  }

  /** What a kernel does with all sockets of a process that ends, however it does: it closes them. */
  exitProcess(): void {
    this.sockets.closeAll();
    this.transmit();
  }

  /** The plug is pulled: it says nothing any more, and knows nothing afterwards. */
  powerOff(): void {
    this.isOn = false;
    this.inbox = [];
    this.outbox = [];
    this.world.journal.stop(this);
    this.sockets.forget();
  }

  /** It is switched on (again): the same address, and nothing of what was before. */
  powerOn(): void {
    if (this.isOn) return;
    this.host = this.boot();
    this.sockets = new Sockets(this.world, this);
    this.isOn = true;
  }

  /** Its sockets as they are now. */
  ending(): Ending[] {
    return this.isOn ? [...new Inspection(this.host).sockets()] : [];
  }

  // ---- what drives it

  /** Is a packet addressed to it? Two hosts with one address are behind one address translator: their ports tell. */
  owns(octets: Uint8Array): boolean {
    if (!this.isOn || octets.length < 24) return false;
    const { w3, family } = this.address;
    const destination = (octets[16]! << 24) | (octets[17]! << 16) | (octets[18]! << 8) | octets[19]!;
    if (family !== 4 || destination !== w3) return false;
    const shared = this.world.hosts.some((other) => other !== this && other.address.equals(this.address));
    if (!shared) return true;
    const port = (octets[DST_PORT]! << 8) | octets[DST_PORT + 1]!;
    const [first, last] = this.host.sysctls.ip_local_port_range;
    return port >= first! && port <= last!;
  }

  nextDeadline(): Micros {
    return this.isOn ? this.host.nextDeadline() : Number.POSITIVE_INFINITY;
  }

  /** Packets that have come, time-outs that are due, and what both bring about. */
  batch(): void {
    if (!this.isOn) return;
    const { now } = this.world;
    const { host } = this;
    // What has come by now is no longer waited for: packets first, then the time-outs of the same moment.
    for (const octets of this.inbox.splice(0)) this.receive(octets);
    if (host.nextDeadline() <= now) host.advance(now);
    host.deliver(now);
    for (let turn = 0; host.flush(now) && turn < BATCH_TURNS; turn++) host.deliver(now);
    this.launchAll();
  }

  /** What a call gave to send leaves before the call returns, as write(2) has it. */
  transmit(): void {
    if (!this.isOn) return;
    this.host.flush(this.world.now);
    this.launchAll();
  }

  private launchAll(): void {
    const direction: Direction = this.side === 'left' ? 'out' : 'in';
    for (const octets of this.outbox.splice(0)) this.world.launch(octets, direction);
  }

  private receive(octets: Uint8Array): void {
    const { packet } = this;
    packet.fill(new Slab(octets));
    this.host.receive(packet, this.world.now);
  }

  private boot(): Host {
    const { mtu = 1500, sysctls } = this.options;
    const host = new Host({
      addresses: [{ address: this.address, prefix: 24 }],
      mtu,
      ...(sysctls !== undefined && { sysctls }),
      random: new SeededRandom(this.world.random.next()),
      now: this.world.now,
      clock: () => this.world.now,
      output: (frame) => {
        this.outbox.push(frame.joined());
        // Some segments leave within a call, a RST of close(2): no batch is due for them.
        this.world.touch(this);
      },
    });
    host.onPending = () => this.world.touch(this);
    const { initialSequence, timestampOffset } = this.options;
    if (initialSequence !== undefined) host.tcp.secrets.initialSequence = () => initialSequence | 0;
    if (timestampOffset !== undefined) host.tcp.timestampOffset = () => timestampOffset | 0;
    this.world.journal.follow(this, host);
    return host;
  }
}
