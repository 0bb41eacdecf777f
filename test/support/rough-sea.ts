import { Host, type Sysctls } from '../../src/host/host.ts';
import { Cable, type CableEnd, type CablePacket } from '../../src/link/cable.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import type { Listener } from '../../src/tcp/listener.ts';
import { SeededRandom } from '../../src/time/random.ts';
import { address } from '../../src/wire/address.ts';
import { icmpError } from '../ip/world.ts';
import { checkInvariants, type Edges } from './invariants.ts';
import { RecordingUser, stream } from './user.ts';

/** How the wire treats packets, and what the two ends are like. Chances are out of 100. */
export interface Sea {
  seed: number;
  loss: number;
  duplication: number;
  /** Every packet takes `delay` and up to `jitter` milliseconds more, so that a large jitter reorders. */
  delay: number;
  jitter: number;
  /** Octets that each side sends. */
  octets: [near: number, far: number];
  /** Octets that a reader takes at a time, and how many milliseconds it waits before the next; 0: it reads at once. */
  readPause: number;
  mtu: number;
  offload: boolean;
  sysctls: Partial<Sysctls>;
  /** For a time the wire is narrower than its ends believe; null: it never is. */
  narrow: Narrows | null;
  /** The distance of both initial sequence numbers to the wrap, in octets. */
  beforeWrap: number;
}

/** From `from` to `until` (milliseconds) no packet passes that has DF and more than `mtu` bytes; with 0 none at all. */
export interface Narrows {
  from: number;
  until: number;
  mtu: number;
  /** The MTU that a router tells the sender (0: it says "too big" only); null: there is no such router, packets are just gone. */
  told: number | null;
}

const BEGIN = 1_000_000;
const DF = 0x40;
const ROUTER = '10.0.0.99';

const LIMIT_MS = 4 * 3600 * 1000;
const LIMIT_EVENTS = 400_000;

interface Arrival {
  at: number;
  order: number;
  to: Side;
  packet: CablePacket;
}

/** One host, its end of the cable, and its application. */
class Side {
  readonly host: Host;
  readonly user = new RecordingUser();
  connection: Connection | null = null;
  written = 0;
  shut = false;
  nextRead = Number.POSITIVE_INFINITY;
  /** What the invariants compare with. */
  last: Edges | null = null;
  readonly end: CableEnd;
  readonly octets: number;

  readonly name: string;

  constructor(name: string, end: CableEnd, octets: number, sea: Sea, salt: number) {
    this.name = name;
    this.end = end;
    this.octets = octets;
    this.host = new Host({
      addresses: [{ address: address(name), prefix: 24 }],
      mtu: sea.mtu,
      gsoMaxSize: end.gsoMaxSize,
      checksumOffload: end.checksumOffload,
      sysctls: sea.sysctls,
      random: new SeededRandom(sea.seed ^ salt),
      now: BEGIN,
      output: (frame) => end.send(frame),
    });
    this.host.tcp.secrets.initialSequence = () => -sea.beforeWrap - salt;
  }
}

/** Two hosts on a wire that loses, doubles, delays and reorders, in virtual time: the same from the same `Sea`. */
export class RoughSea {
  now = BEGIN;
  readonly near: Side;
  readonly far: Side;
  private readonly sea: Sea;
  private readonly random: SeededRandom;
  private readonly listener: Listener;
  private arrivals: Arrival[] = [];
  private order = 0;

  constructor(sea: Sea) {
    this.sea = sea;
    this.random = new SeededRandom(sea.seed);
    const cable = new Cable({ mtu: sea.mtu, offload: sea.offload });
    this.near = new Side('10.0.0.1', cable.a, sea.octets[0], sea, 0);
    this.far = new Side('10.0.0.2', cable.b, sea.octets[1], sea, 77);
    for (const side of [this.near, this.far]) {
      side.end.attach({
        receive: (packet) => side.host.receive(packet, this.now),
        batchEnd: () => {},
        linkDown: () => {},
      });
      if (sea.readPause > 0) side.user.autoRead = false;
    }
    this.listener = this.far.host.tcp.listen({ port: 80, onAcceptable: () => {} });
  }

  /** Opens, sends everything both ways, closes. Throws when an octet, an ending or an invariant is wrong. */
  run(): void {
    const { near, far } = this;
    near.connection = near.host.tcp.connect({ remote: address('10.0.0.2'), remotePort: 80, user: near.user });
    near.user.connection = near.connection;
    this.finishBatch(near);
    for (let events = 0; !this.isOver(); events++) {
      if (events > LIMIT_EVENTS) throw new Error(`Not over after ${events} events: ${this.situation()}`);
      this.step();
      if (this.now > LIMIT_MS * 1000) throw new Error(`Not over after ${LIMIT_MS} ms: ${this.situation()}`);
    }
    for (const [side, other] of [
      [near, far],
      [far, near],
    ] as const) {
      if (side.connection !== null) side.user.read(); // what a slow reader has left
      if (side.user.error !== null) throw new Error(`An end failed: ${side.user.error.message}`);
      if (side.user.received !== other.octets)
        throw new Error(`${side.user.received} of ${other.octets} octets arrived`);
    }
  }

  private isOver(): boolean {
    return this.near.user.closed && this.far.user.closed;
  }

  private step(): void {
    let next = this.arrivals[0]?.at ?? Number.POSITIVE_INFINITY;
    for (const side of [this.near, this.far]) next = Math.min(next, side.host.nextDeadline(), side.nextRead);
    if (next === Number.POSITIVE_INFINITY) throw new Error(`Both ends wait for ever: ${this.situation()}`);
    // A wheel that was not advanced for a while may name a time that has passed: early, never late.
    this.now = Math.max(this.now, next);
    for (const side of [this.near, this.far]) this.runSide(side);
  }

  private runSide(side: Side): void {
    const { now, sea } = this;
    const due = this.arrivals.filter((a) => a.at <= now && a.to === side);
    const timers = side.host.nextDeadline() <= now;
    const reads = side.nextRead <= now;
    if (due.length === 0 && !timers && !reads) return;
    this.arrivals = this.arrivals.filter((a) => a.at > now || a.to !== side);
    if (timers) side.host.advance(now);
    side.end.inject(due.map((a) => a.packet));
    if (reads) {
      side.nextRead = now + sea.readPause * 1000;
      if (side.connection !== null) side.user.read(1 + this.chance() * 600);
    }
    this.finishBatch(side);
  }

  private finishBatch(side: Side): void {
    const { now } = this;
    for (let turn = 0; turn < 3; turn++) {
      side.host.deliver(now);
      this.application(side);
      side.host.flush(now);
    }
    side.end.flush();
    for (const packet of side.end.take()) this.launch(packet, side === this.near ? this.far : this.near);
    if (side.connection !== null) side.last = checkInvariants(side.connection, side.last);
  }

  /** Accepts, writes while there is room, closes its side when all is written. */
  private application(side: Side): void {
    if (side === this.far && side.connection === null) {
      const c = this.listener.accept();
      if (c === null) return;
      side.connection = side.user.connection = c;
      c.user = side.user;
      if (c.readableLength > 0 || c.atEnd) side.user.onReadable();
    }
    const c = side.connection;
    if (c === null || side.user.closed) return;
    if (this.sea.readPause > 0 && side.nextRead === Number.POSITIVE_INFINITY) side.nextRead = this.now;
    if (side.shut) return;
    while (side.written < side.octets && c.sendSpace > 0) {
      const count = Math.min(1 + this.chance() * (this.chance() < 50 ? 10 : 400), side.octets - side.written);
      c.send(stream('peer', side.written, count));
      side.written += count;
    }
    if (side.written === side.octets) {
      side.shut = true;
      c.shutdown();
    }
  }

  private launch(packet: CablePacket, to: Side): void {
    const { sea } = this;
    if (sea.narrow !== null && this.isTooLong(packet, sea.narrow)) {
      if (sea.narrow.told !== null) this.tellTooBig(packet, to === this.near ? this.far : this.near, sea.narrow.told);
      return;
    }
    const copies = this.chance() < sea.loss ? 0 : this.chance() < sea.duplication ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const at = this.now + sea.delay * 1000 + Math.floor((sea.jitter * 1000 * this.chance()) / 100);
      this.arrivals.push({ at, order: this.order++, to, packet: { ...packet, bytes: packet.bytes.slice() } });
    }
    this.arrivals.sort((a, b) => a.at - b.at || a.order - b.order);
  }

  private isTooLong({ bytes, gsoSize }: CablePacket, { from, until, mtu }: Narrows): boolean {
    const since = this.now - BEGIN;
    if (since < from * 1000 || since >= until * 1000) return false;
    const ipHeader = (bytes[0]! & 15) * 4;
    const headers = ipHeader + (bytes[ipHeader + 12]! >> 4) * 4;
    const longest = gsoSize > 0 ? headers + gsoSize : bytes.length;
    return mtu === 0 || (longest > mtu && (bytes[6]! & DF) !== 0);
  }

  private tellTooBig({ bytes }: CablePacket, sender: Side, mtu: number): void {
    const family = { router: ROUTER, ours: sender.name, peer: ROUTER };
    const packet = { bytes: icmpError(family, 3, 4, bytes, mtu), gsoSize: 0, checksumTrusted: false };
    this.arrivals.push({ at: this.now + this.sea.delay * 500, order: this.order++, to: sender, packet });
    this.arrivals.sort((a, b) => a.at - b.at || a.order - b.order);
  }

  /** 0 to 99. */
  private chance(): number {
    return (this.random.next() >>> 0) % 100;
  }

  private situation(): string {
    return [this.near, this.far]
      .map(({ connection: c, user, written, octets }) => {
        if (c === null) return 'no connection';
        const queued = `${c.sendQueueLength} queued, ${c.sent.segments} out`;
        return `${c.state} wrote ${written}/${octets} read ${user.received} (${queued}, window ${c.snd.wnd}, cwnd ${c.cwnd})`;
      })
      .join('; ');
  }
}
