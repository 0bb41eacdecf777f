import type { Micros } from '../../time/wheel.ts';
import { Codel } from './codel.ts';
import type { Limits, Rate } from './language/terms.ts';
import { markCongestion } from './packets/changes.ts';
import type { WirePacket } from './packets/wire-packet.ts';

/** The queue's length where none is asked for: so long at the rate, but room for ten long packets. */
const QUEUE_TIME: Micros = 100_000;
const QUEUE_LEAST = 15_000;
/** The array of those that wait is cut when so many places at its beginning are free. */
const FREE_PLACES = 1024;

export interface BottleneckUser {
  /** A packet has left at `at`, which lies at or before the time of the call. */
  left(packet: WirePacket, at: Micros): void;
  /** CoDel takes it out. */
  dropped(packet: WirePacket, at: Micros): void;
  /** It has Congestion Experienced from now on: CoDel's work, or of a queue that is long. */
  marked(packet: WirePacket, at: Micros): void;
}

/**
 * A link of some speed with a queue before it. One packet is on the wire at a time, and it isn't in the queue any more; it has
 * left when its last bit has. Times are computed, not measured: calls that come late change nothing.
 */
export class Bottleneck {
  readonly #user: BottleneckUser;
  readonly #microsPerOctet: number;
  readonly #mostPackets: number;
  readonly #mostOctets: number;
  /** ECN-capable packets that find as much in the queue are marked. */
  readonly #markAtPackets: number;
  readonly #markAtOctets: number;
  readonly #codel: Codel | null;
  readonly #marks: boolean;

  #onWire: WirePacket | null = null;
  /** When it has left. A fraction, or the rate would not be met. */
  #free: Micros = 0;
  #waiting: { packet: WirePacket; since: Micros }[] = [];
  /** The place of the queue's head in `#waiting`. */
  #head = 0;
  #octets = 0;

  constructor(rate: Rate, user: BottleneckUser) {
    const octetsIn = (time: Micros): number => (rate.bitsPerSecond * time) / 8e6;
    const octetsOf = ({ bytes, time }: Limits): number =>
      Math.min(bytes ?? Number.POSITIVE_INFINITY, time === null ? Number.POSITIVE_INFINITY : octetsIn(time));
    const { packets, bytes, time, mark, codel } = rate;
    const unlimited = packets === null && bytes === null && time === null;
    this.#user = user;
    this.#microsPerOctet = 8e6 / rate.bitsPerSecond;
    this.#mostPackets = packets ?? Number.POSITIVE_INFINITY;
    this.#mostOctets = unlimited ? Math.max(octetsIn(QUEUE_TIME), QUEUE_LEAST) : octetsOf(rate);
    this.#markAtPackets = mark?.packets ?? Number.POSITIVE_INFINITY;
    this.#markAtOctets = mark === null ? Number.POSITIVE_INFINITY : octetsOf(mark);
    this.#codel = codel === null ? null : new Codel(codel);
    this.#marks = codel?.ecn ?? false;
  }

  /** Packets in the queue. */
  get length(): number {
    return this.#waiting.length - this.#head;
  }

  /**
   * Takes a packet, after `run` for the same time. False: the queue is full.
   * @param admitted it has a place in the queue, however full that is
   */
  push(packet: WirePacket, now: Micros, admitted = false): boolean {
    if (this.#onWire === null) {
      this.#send(packet, now);
      return true;
    }
    const full = this.length >= this.#mostPackets || this.#octets + packet.length > this.#mostOctets;
    if (full && !admitted) return false;
    const long = this.length >= this.#markAtPackets || this.#octets >= this.#markAtOctets;
    if (long && !admitted && markCongestion(packet)) this.#user.marked(packet, now);
    this.#codel?.joined(packet.length);
    this.#waiting.push({ packet, since: now });
    this.#octets += packet.length;
    return true;
  }

  /** Lets everything leave that has left by now. */
  run(now: Micros): void {
    while (this.#onWire !== null && this.#free <= now) {
      const left = this.#onWire;
      this.#onWire = null;
      this.#user.left(left, this.#free);
      const next = this.#next(this.#free);
      if (next !== null) this.#send(next, this.#free);
    }
  }

  nextDeadline(): Micros {
    return this.#onWire === null ? Number.POSITIVE_INFINITY : Math.ceil(this.#free);
  }

  /** Takes out all packets, in their order. */
  clear(): WirePacket[] {
    const packets = this.#waiting.slice(this.#head).map(({ packet }) => packet);
    if (this.#onWire !== null) packets.unshift(this.#onWire);
    this.#onWire = null;
    this.#waiting = [];
    this.#head = this.#octets = 0;
    return packets;
  }

  #send(packet: WirePacket, at: Micros): void {
    this.#onWire = packet;
    this.#free = at + packet.length * this.#microsPerOctet;
  }

  /** The next packet whose turn it is, once CoDel has had its say. */
  #next(now: Micros): WirePacket | null {
    while (this.length > 0) {
      const { packet, since } = this.#waiting[this.#head++]!;
      this.#octets -= packet.length;
      this.#cut();
      if (!this.#codel?.drops(now - since, this.#octets, now)) return packet;
      if (this.#marks && markCongestion(packet)) {
        this.#user.marked(packet, now);
        return packet;
      }
      this.#user.dropped(packet, now);
    }
    return null;
  }

  #cut(): void {
    if (this.#head < FREE_PLACES || this.#head * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#head);
    this.#head = 0;
  }
}
