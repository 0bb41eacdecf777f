import { Host, type Sysctls } from '../../src/host/host.ts';
import { SeededRandom } from '../../src/time/random.ts';
import { type Address, address } from '../../src/wire/address.ts';
import { foldChecksum, pseudoHeaderSum, sumBytes } from '../../src/wire/checksum.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { PROTOCOL_TCP, parseIpv4 } from '../../src/wire/ipv4.ts';
import { Packet } from '../../src/wire/packet.ts';
import { Slab } from '../../src/wire/slab.ts';
import { leftOver } from './left-over.ts';
import { flatten } from './octets.ts';

export const HOST_ADDRESS = address('10.0.0.1');
export const PEER_ADDRESS = address('10.0.0.2');

/** Machines that live in the test under way. */
const machines: Machine[] = [];

// What a test did not look at is a surprise, and surprises fail.
leftOver.push(() => machines.splice(0).flatMap((machine) => machine.packets.map(describePacket)));

export interface MachineOptions {
  /** Default: HOST_ADDRESS. */
  addresses?: { address: Address; prefix: number }[];
  sysctls?: Partial<Sysctls>;
  mtu?: number;
  /** The longest super-segment that the link takes; default: none. */
  gsoMaxSize?: number;
  checksumOffload?: boolean;
  seed?: number;
  /** Initial sequence number of every connection, instead of the secret one. */
  iss?: number;
}

/** A Host in virtual time, with a hand in place of its link: packets are put in and taken out one by one. */
export class Machine {
  readonly host: Host;
  /** Microseconds; passes only by `wait`. */
  now = 1_000_000;
  /** What the host has sent and the test has not looked at, as whole IP packets in one piece. */
  readonly packets: SentPacket[] = [];
  private inBatch = false;
  private pending = false;

  constructor(options: MachineOptions = {}) {
    this.host = new Host({
      addresses: options.addresses ?? [{ address: HOST_ADDRESS, prefix: 24 }],
      mtu: options.mtu ?? 1500,
      gsoMaxSize: options.gsoMaxSize ?? 0,
      checksumOffload: options.checksumOffload ?? false,
      sysctls: options.sysctls ?? {},
      random: new SeededRandom(options.seed ?? 1),
      now: this.now,
      output: (frame) => this.keep(frame),
    });
    const { iss } = options;
    if (iss !== undefined) this.host.tcp.secrets.initialSequence = () => iss | 0;
    this.host.onPending = () => {
      this.pending = true;
    };
    machines.push(this);
  }

  /** What the host sends waits for the test to look at it. */
  protected keep(frame: Frame): void {
    this.packets.push(new SentPacket(frame, this.now));
  }

  /** Puts a packet in: a batch of its own, unless `batch` is under way. */
  receive(bytes: Uint8Array, gsoSize = 0): void {
    const packet = new Packet();
    // In the middle of other octets, which must not matter.
    packet.slab = new Slab(new Uint8Array(bytes.length + 64).fill(0xff));
    packet.slab.bytes.set(bytes, 24);
    packet.start = 24;
    packet.end = 24 + bytes.length;
    packet.gsoSize = gsoSize;
    packet.checksumTrusted = gsoSize > 0;
    this.host.receive(packet, this.now);
    if (!this.inBatch) this.endBatch(packet.slab);
    else this.lent.push(packet.slab);
  }

  private readonly lent: Slab[] = [];

  /** All packets that `put` receives come as one batch. */
  batch(put: () => void): void {
    this.inBatch = true;
    put();
    this.inBatch = false;
    this.endBatch(...this.lent.splice(0));
  }

  /** Runs what is pending from calls of the user outside of a batch. */
  settle(): void {
    if (this.inBatch) return;
    for (let turns = 0; this.pending; turns++) {
      if (turns > 100) throw new Error('The host has work to do for ever');
      this.pending = false;
      this.host.deliver(this.now);
      this.flush();
    }
  }

  /** Lets time pass; timers run in their order, each at its own time. */
  wait(milliseconds: number): void {
    this.settle();
    const until = this.now + milliseconds * 1000;
    for (let next = this.host.nextDeadline(); next <= until; next = this.host.nextDeadline()) {
      this.now = Math.max(this.now, next); // early, even in the past, but never late
      this.host.advance(this.now);
      this.host.deliver(this.now);
      this.flush();
      this.settle();
    }
    this.now = until;
  }

  private flush(): void {
    if (this.host.flush(this.now)) this.pending = true;
  }

  private endBatch(...slabs: Slab[]): void {
    this.host.deliver(this.now);
    this.flush();
    // The link reads the next batch into a slab that no receiver held: a reference still there reads rubbish.
    for (const slab of slabs) if (!slab.held) slab.bytes.fill(0xdb);
    this.settle();
  }
}

/** A packet that the host sent: parsed again from its bytes, checksums verified. */
export class SentPacket {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly gsoSize: number;
  readonly packet = new Packet();

  constructor(frame: Frame, at: number) {
    this.at = at;
    this.gsoSize = frame.gsoSize;
    this.bytes = flatten(frame);
    const { packet } = this;
    packet.slab = new Slab(this.bytes);
    packet.end = this.bytes.length;
    packet.gsoSize = frame.gsoSize;
    packet.checksumTrusted = frame.checksumPartial;
    const problem = parseIpv4(packet);
    if (problem !== null) throw new Error(`The host sent an IP packet with ${problem}`);
    if (packet.end !== this.bytes.length) throw new Error('The host sent octets behind the IP total length');
    if (frame.checksumPartial) this.verifyPartial(frame);
  }

  /** A partial checksum must be the folded sum of the pseudo-header, for the far side to complete. */
  private verifyPartial(frame: Frame): void {
    const { packet, bytes } = this;
    const length = packet.transportEnd - packet.transportStart;
    const whole = foldChecksum(sumBytes(bytes, packet.transportStart, packet.transportEnd, 0));
    const at = packet.transportStart + frame.checksumOffset;
    bytes[at] = whole >> 8;
    bytes[at + 1] = whole & 255;
    const pseudo = pseudoHeaderSum(packet.src, packet.dst, PROTOCOL_TCP, length);
    if (foldChecksum(sumBytes(bytes, packet.transportStart, packet.transportEnd, pseudo)) !== 0) {
      throw new Error('The host sent a partial checksum that does not complete to a right one');
    }
  }
}

/** Set by peer.ts, which knows how to print a segment. */
export const printer: { tcp: (sent: SentPacket) => string } = { tcp: () => 'a TCP segment' };

function describePacket(sent: SentPacket): string {
  const { packet } = sent;
  const what = packet.protocol === PROTOCOL_TCP ? printer.tcp(sent) : `protocol ${packet.protocol}`;
  return `  at ${sent.at / 1000} ms, ${packet.src} > ${packet.dst}: ${what}`;
}
