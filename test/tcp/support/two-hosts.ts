import { Host, type Sysctls } from '../../../src/host/host.ts';
import { Cable, type CableEnd, type CablePacket } from '../../../src/link/cable.ts';
import { markCongestion } from '../../../src/link/impairment/packets/changes.ts';
import { WirePacket } from '../../../src/link/impairment/packets/wire-packet.ts';
import { SeededRandom } from '../../../src/time/random.ts';
import { address } from '../../../src/wire/address.ts';
import { Slab } from '../../../src/wire/slab.ts';
import { icmpError } from '../../support/ip-machine.ts';

/** How a wire treats packets, and how the hosts at its ends are set up. Chances are out of 100, times in milliseconds. */
export interface Wire {
  seed: number;
  loss: number;
  duplication: number;
  /** So many of the packets that have ECT come marked. */
  marks: number;
  /** Every packet takes `delay` and up to `jitter` more, so that a large jitter reorders. */
  delay: number;
  jitter: number;
  /** Packets arrive when so many milliseconds are full, several at once; 0: each for itself. */
  batch: number;
  mtu: number;
  offload: boolean;
  sysctls: Partial<Sysctls>;
  /** For a time the wire is narrower than its ends believe; null: it never is. */
  narrow: Narrows | null;
  /**
   * How far initial sequence numbers are before the wrap, in octets, and timestamp clocks before half of theirs; null: both are
   * as each host chooses them for itself.
   */
  beforeWrap: number | null;
  clockBeforeWrap: number;
}

/** A wire without faults, to be spread into others. */
export const FAULTLESS: Wire = {
  ...{
    seed: 1,
    loss: 0,
    duplication: 0,
    marks: 0,
    delay: 10,
    jitter: 0,
    batch: 0,
    mtu: 1500,
    offload: false,
    sysctls: {},
  },
  ...{ narrow: null, beforeWrap: 1 << 30, clockBeforeWrap: 1 << 30 },
};

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

interface Arrival<S> {
  at: number;
  order: number;
  to: S;
  packet: CablePacket;
}

/** One host and its end of the wire. */
export class Station {
  readonly name: string;
  readonly host: Host;
  readonly end: CableEnd;
  /** Of every connection: its initial sequence number, and what its timestamp clock adds to the host's; 0 if the host chooses. */
  readonly iss: number = 0;
  readonly clockOffset: number = 0;

  constructor(name: string, end: CableEnd, wire: Wire, salt: number) {
    this.name = name;
    this.end = end;
    this.host = new Host({
      addresses: [{ address: address(name), prefix: 24 }],
      mtu: wire.mtu,
      gsoMaxSize: end.gsoMaxSize,
      checksumOffload: end.checksumOffload,
      sysctls: wire.sysctls,
      random: new SeededRandom(wire.seed ^ salt),
      now: BEGIN,
      output: (frame) => end.send(frame),
    });
    if (wire.beforeWrap === null) return;
    const { secrets } = this.host.tcp;
    this.iss = (-wire.beforeWrap - salt) | 0;
    this.clockOffset = 0x7fff_ffff - BEGIN / 1000 - wire.clockBeforeWrap;
    secrets.initialSequence = () => this.iss;
    secrets.timestampOffset = () => this.clockOffset;
  }
}

/** Two hosts on a wire that loses, doubles, delays and reorders, in virtual time: the same from the same `Wire`. */
export class TwoHosts<S extends Station = Station> {
  now = BEGIN;
  readonly near: S;
  readonly far: S;
  protected readonly wire: Wire;
  protected readonly random: SeededRandom;
  private arrivals: Arrival<S>[] = [];
  private jobs: { at: number; run: () => void }[] = [];
  private order = 0;

  constructor(wire: Wire, station: new (name: string, end: CableEnd, wire: Wire, salt: number) => S) {
    this.wire = wire;
    this.random = new SeededRandom(wire.seed);
    const cable = new Cable({ mtu: wire.mtu, offload: wire.offload });
    this.near = new station('10.0.0.1', cable.a, wire, 0);
    this.far = new station('10.0.0.2', cable.b, wire, 77);
    for (const side of [this.near, this.far]) {
      side.end.attach({
        receive: (packet) => side.host.receive(packet, this.now),
        batchEnd: () => {},
        linkDown: () => {},
      });
    }
  }

  /** Does something in so many milliseconds from now. */
  in(milliseconds: number, run: () => void): void {
    this.jobs.push({ at: this.now + milliseconds * 1000, run });
  }

  /** Lets so many milliseconds pass. */
  wait(milliseconds: number): void {
    const until = this.now + milliseconds * 1000;
    for (const side of [this.near, this.far]) this.finishBatch(side);
    while (this.nextEvent() <= until) this.step();
    this.now = until;
  }

  /** What the applications do in each turn of a batch, and what is looked at behind it. */
  protected application(_side: S): void {}
  protected batchDone(_side: S): void {}

  /** @returns when something happens next; infinity: never */
  protected nextEvent(): number {
    let next = this.arrivals[0]?.at ?? Number.POSITIVE_INFINITY;
    for (const job of this.jobs) next = Math.min(next, job.at);
    return Math.min(next, this.near.host.nextDeadline(), this.far.host.nextDeadline());
  }

  protected step(): void {
    // A wheel that was not advanced for a while may name a time that has passed: early, never late.
    this.now = Math.max(this.now, this.nextEvent());
    const due = this.jobs.filter((job) => job.at <= this.now);
    this.jobs = this.jobs.filter((job) => job.at > this.now);
    for (const job of due) job.run();
    for (const side of [this.near, this.far]) this.runSide(side, due.length > 0);
  }

  private runSide(side: S, called: boolean): void {
    const { now } = this;
    const due = this.arrivals.filter((a) => a.at <= now && a.to === side);
    const timers = side.host.nextDeadline() <= now;
    if (due.length === 0 && !timers && !called) return;
    this.arrivals = this.arrivals.filter((a) => a.at > now || a.to !== side);
    if (timers) side.host.advance(now);
    side.end.inject(due.map((a) => a.packet));
    this.finishBatch(side);
  }

  protected finishBatch(side: S): void {
    const { now } = this;
    for (let turn = 0; turn < 3; turn++) {
      side.host.deliver(now);
      this.application(side);
      side.host.flush(now);
    }
    side.end.flush();
    for (const packet of side.end.take()) this.launch(packet, side === this.near ? this.far : this.near);
    this.batchDone(side);
  }

  private launch(packet: CablePacket, to: S): void {
    const { wire } = this;
    const length = lengthOnTheWire(packet);
    if (length > wire.mtu) throw new Error(`A packet of ${length} bytes, where ${wire.mtu} fit`);
    if (wire.narrow !== null && this.isTooLong(packet, length, wire.narrow)) {
      if (wire.narrow.told !== null) this.tellTooBig(packet, to === this.near ? this.far : this.near, wire.narrow.told);
      return;
    }
    if (wire.marks > 0 && this.chance() < wire.marks) markCongestion(new WirePacket(new Slab(packet.bytes), true));
    for (const takes of this.delays()) this.arrive(to, takes, { ...packet, bytes: packet.bytes.slice() });
  }

  /** How long each copy of a packet is on its way, in microseconds; it has none if it is lost. */
  protected delays(): number[] {
    const { loss, duplication, delay, jitter } = this.wire;
    const copies = this.chance() < loss ? 0 : this.chance() < duplication ? 2 : 1;
    return Array.from({ length: copies }, () => delay * 1000 + Math.floor((jitter * 1000 * this.chance()) / 100));
  }

  private arrive(to: S, takes: number, packet: CablePacket): void {
    const step = this.wire.batch * 1000 || 1;
    const at = Math.ceil((this.now + takes) / step) * step;
    this.arrivals.push({ at, order: this.order++, to, packet });
    this.arrivals.sort((a, b) => a.at - b.at || a.order - b.order);
  }

  private isTooLong({ bytes }: CablePacket, length: number, { from, until, mtu }: Narrows): boolean {
    const since = this.now - BEGIN;
    if (since < from * 1000 || since >= until * 1000) return false;
    return mtu === 0 || (length > mtu && (bytes[6]! & DF) !== 0);
  }

  private tellTooBig({ bytes }: CablePacket, sender: S, mtu: number): void {
    const family = { router: ROUTER, ours: sender.name, peer: ROUTER };
    const error = { bytes: icmpError(family, 3, 4, bytes, mtu), gsoSize: 0, checksumTrusted: false };
    this.arrive(sender, this.wire.delay * 500, error);
  }

  /** 0 to 99. */
  chance(): number {
    return (this.random.next() >>> 0) % 100;
  }
}

/** Of the packets that a super-segment is cut into the longest, in bytes. */
function lengthOnTheWire({ bytes, gsoSize }: CablePacket): number {
  if (gsoSize === 0) return bytes.length;
  const ipHeader = (bytes[0]! & 15) * 4;
  return ipHeader + (bytes[ipHeader + 12]! >> 4) * 4 + gsoSize;
}
