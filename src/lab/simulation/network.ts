import { Host, type Sysctls } from '../../host/host.ts';
import { Impairment } from '../../link/impairment/impairment.ts';
import type { Direction, Impairments } from '../../link/impairment/language/terms.ts';
import type { WirePacket } from '../../link/impairment/packets/wire-packet.ts';
import { WirePackets } from '../../link/impairment/packets/wire-packets.ts';
import { SeededRandom } from '../../time/random.ts';
import type { Micros } from '../../time/wheel.ts';
import { address } from '../../wire/address.ts';
import type { Frame } from '../../wire/frame.ts';
import { Packet } from '../../wire/packet.ts';
import { Memory } from './memory.ts';

/** So that no clock begins at 0. */
const BEGIN: Micros = 1_000_000;
/** What one connection may have to do at one time, before it counts as doing so for ever. */
const MOST_TURNS = 10_000;

export interface NetworkOptions {
  readonly impairments: Impairments;
  readonly sysctls: Partial<Sysctls>;
  /** The longest IP packet, in bytes. */
  readonly mtu: number;
  readonly seed: number;
}

/** Sees the packets of a network. What it is given is borrowed. */
export interface NetworkObserver {
  /** A host sends: a super-segment is one frame still. */
  sent(direction: Direction, frame: Frame): void;
  /** A packet comes out of the path, `took` after it went in. */
  arrived(direction: Direction, packet: WirePacket, took: Micros): void;
}

/**
 * Two hosts with a bad path between them, in virtual time, the same in every run of one seed. `near` sends what the path calls
 * `out`. Hosts hand super-segments to the path, which cuts them as a network card does; packets come out of it one by one.
 */
export class Network {
  readonly near: Host;
  readonly far: Host;
  readonly #impairment: Impairment;
  readonly #observer: NetworkObserver;
  readonly #memory = new Memory();
  readonly #packets = new WirePackets(false, (length) => this.#memory.take(length));
  readonly #packet = new Packet();
  /** What is done at a time of its own, the latest first. */
  readonly #jobs: { readonly at: Micros; readonly run: () => void }[] = [];
  /** Hosts that have something to do before time goes on. */
  readonly #busy = new Set<Host>();
  #now: Micros = BEGIN;

  constructor({ impairments, sysctls, mtu, seed }: NetworkOptions, observer: NetworkObserver) {
    this.#observer = observer;
    this.#impairment = new Impairment(new SeededRandom(seed), (packet, direction) => this.#arrived(packet, direction));
    this.#impairment.set(impairments, BEGIN);
    const host = (name: string, direction: Direction, salt: number): Host => {
      const made: Host = new Host({
        addresses: [{ address: address(name), prefix: 24 }],
        mtu,
        checksumOffload: true,
        gsoMaxSize: 65_535,
        sysctls,
        random: new SeededRandom(seed ^ salt),
        now: BEGIN,
        output: (frame) => this.#send(frame, direction),
      });
      made.onPending = () => this.#busy.add(made);
      return made;
    };
    this.near = host('10.0.0.1', 'out', 1);
    this.far = host('10.0.0.2', 'in', 77);
  }

  /** Microseconds since the beginning. */
  get now(): Micros {
    return this.#now - BEGIN;
  }

  /** Has something done at that time, in microseconds since the beginning. */
  at(time: Micros, run: () => void): void {
    const at = time + BEGIN;
    const place = this.#jobs.findLastIndex((job) => job.at > at) + 1;
    this.#jobs.splice(place, 0, { at, run });
  }

  /** Goes on to that time, in microseconds since the beginning. */
  run(time: Micros): void {
    const until = time + BEGIN;
    this.#settle();
    for (let next = this.#next(); next <= until; next = this.#next()) {
      this.#now = Math.max(this.#now, next); // a wheel may name a time that has passed: early, never late
      this.#step();
    }
    this.#now = until;
  }

  #next(): Micros {
    const job = this.#jobs.at(-1)?.at ?? Number.POSITIVE_INFINITY;
    const hosts = Math.min(this.near.nextDeadline(), this.far.nextDeadline());
    return Math.min(hosts, this.#impairment.nextDeadline(), job);
  }

  #step(): void {
    const now = this.#now;
    while (this.#jobs.length > 0 && this.#jobs.at(-1)!.at <= now) this.#jobs.pop()!.run();
    this.#impairment.advance(now);
    this.#advance(this.near);
    this.#advance(this.far);
    this.#settle();
  }

  #advance(host: Host): void {
    if (host.nextDeadline() > this.#now) return;
    host.advance(this.#now);
    this.#busy.add(host);
  }

  /** What came is told to users, and what hosts have to send leaves, until both have nothing to do. */
  #settle(): void {
    for (let turn = 0; this.#busy.size > 0; turn++) {
      if (turn > MOST_TURNS) throw new Error(`The hosts have work to do for ever at ${this.now} us`);
      const [host] = this.#busy;
      this.#busy.delete(host!);
      host!.deliver(this.#now);
      this.#memory.release(host!);
      if (host!.flush(this.#now)) this.#busy.add(host!);
    }
  }

  #send(frame: Frame, direction: Direction): void {
    const now = this.#now;
    this.#observer.sent(direction, frame);
    // Trusted until the path flips a bit: then the checksum, which isn't there, is wrong.
    this.#packets.ofFrame(frame, (slab) => this.#impairment.enter(direction, slab, true, 0, now));
  }

  #arrived(arrived: WirePacket, direction: Direction): void {
    this.#observer.arrived(direction, arrived, this.#now - arrived.since);
    const packet = this.#packet;
    packet.slab = arrived.slab;
    packet.start = 0;
    packet.end = arrived.slab.bytes.length;
    packet.gsoSize = 0;
    packet.checksumTrusted = arrived.checksumTrusted;
    packet.sum = -1;
    const host = direction === 'out' ? this.far : this.near;
    host.receive(packet, this.#now);
    this.#memory.lend(arrived.slab, host);
    this.#busy.add(host);
  }
}
