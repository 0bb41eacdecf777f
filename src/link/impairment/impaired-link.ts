import type { Random } from '../../time/random.ts';
import type { Micros } from '../../time/wheel.ts';
import type { Frame } from '../../wire/frame.ts';
import { Packet } from '../../wire/packet.ts';
import type { Slab } from '../../wire/slab.ts';
import type { Link, LinkReceiver } from '../terms/link.ts';
import { Impairment } from './impairment.ts';
import type { Direction, Impairments } from './language/terms.ts';
import type { WirePacket } from './packets/wire-packet.ts';
import { WirePackets } from './packets/wire-packets.ts';

export interface ImpairedOptions {
  readonly impairments: Impairments;
  readonly random: Random;
  /** What time it is, in microseconds. */
  readonly clock: () => Micros;
}

/**
 * A link whose path misbehaves: between a host and any other link. To the host it is like the link within, super-segments and
 * all; these are cut, so that each packet of the wire has a fate of its own.
 *
 * It has packets that wait: its driver calls `advance` when `nextDeadline` has come.
 */
export class ImpairedLink implements Link, LinkReceiver {
  readonly inner: Link;
  readonly impairment: Impairment;
  readonly queueLength?: number;
  readonly #clock: () => Micros;
  readonly #packets = new WirePackets();
  readonly #packet = new Packet();
  #receiver: LinkReceiver | null = null;
  /** Something was handed to the link within since its last flush. */
  #sent = false;
  #closed = false;
  /** Called when nothing is held back any more: the link can be taken out. */
  #onEmpty: (() => void) | null = null;

  constructor(inner: Link, { impairments, random, clock }: ImpairedOptions) {
    this.inner = inner;
    if (inner.queueLength !== undefined) this.queueLength = inner.queueLength;
    this.#clock = clock;
    this.impairment = new Impairment(random, (packet, direction) => this.#arrived(packet, direction));
    this.impairment.set(impairments, clock());
  }

  get mtu(): number {
    return this.inner.mtu;
  }

  get checksumOffload(): boolean {
    return this.inner.checksumOffload;
  }

  get gsoMaxSize(): number {
    return this.inner.gsoMaxSize;
  }

  attach(receiver: LinkReceiver): void {
    this.#receiver = receiver;
    this.inner.attach(this);
  }

  start(): void {
    this.inner.start?.();
  }

  poll(): void {
    this.inner.poll?.();
  }

  room(): number {
    return this.inner.room?.() ?? Number.MAX_SAFE_INTEGER;
  }

  /** Another path from now on. */
  set(impairments: Impairments): void {
    this.#onEmpty = null;
    this.impairment.set(impairments, this.#clock());
  }

  /**
   * A path without faults. What is held back arrives with the next `advance`.
   * @param onEmpty called as soon as nothing is held back: then the link can be taken out, unless `set` comes before that
   */
  clear(onEmpty: () => void): void {
    this.impairment.clear(this.#clock());
    this.#onEmpty = onEmpty;
    this.#tellIfEmpty();
  }

  #tellIfEmpty(): void {
    const onEmpty = this.#onEmpty;
    if (onEmpty === null || !this.impairment.isEmpty) return;
    this.#onEmpty = null;
    onEmpty();
  }

  nextDeadline(): Micros {
    return this.#closed ? Number.POSITIVE_INFINITY : this.impairment.nextDeadline();
  }

  /** Hands on what has arrived by now, each direction as one batch. */
  advance(now: Micros): void {
    if (this.#closed) return;
    this.impairment.advance(now);
    this.#flushInner();
    if (this.#closed) return;
    this.#receiver?.batchEnd();
    this.#tellIfEmpty();
  }

  // ---- outward ------------------------------------------------------------------------------------------------------

  send(frame: Frame): void {
    if (this.#closed) return;
    const now = this.#clock();
    this.#packets.ofFrame(frame, (slab, trusted, gsoSize) => this.impairment.enter('out', slab, trusted, gsoSize, now));
  }

  flush(): void {
    this.#flushInner();
  }

  #flushInner(): void {
    if (!this.#sent) return;
    this.#sent = false;
    this.inner.flush();
  }

  /** What is on its way to the far side arrives at once: with us goes all that could deliver it later. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#receiver = null;
    const now = this.#clock();
    this.impairment.clear(now);
    this.impairment.advance(now);
    this.#flushInner();
    this.inner.close();
  }

  // ---- inward -------------------------------------------------------------------------------------------------------

  receive(packet: Packet): void {
    const now = this.#clock();
    this.#packets.ofPacket(packet, (slab, trusted, gsoSize) =>
      this.impairment.enter('in', slab, trusted, gsoSize, now),
    );
  }

  batchEnd(): void {
    this.#flushInner();
    this.#receiver?.batchEnd();
  }

  roomAgain(): void {
    this.#receiver?.roomAgain?.();
  }

  linkDown(reason: string): void {
    this.#closed = true;
    this.#receiver?.linkDown(reason);
  }

  #arrived(arrived: WirePacket, direction: Direction): void {
    if (direction === 'out') {
      this.#sent = true;
      this.inner.send(this.#packets.toFrame(arrived));
    } else {
      this.#handUp(arrived.slab, arrived);
    }
  }

  #handUp(slab: Slab, { checksumTrusted, gsoSize }: WirePacket): void {
    const packet = this.#packet;
    packet.fill(slab);
    packet.gsoSize = gsoSize;
    packet.checksumTrusted = checksumTrusted;
    this.#receiver?.receive(packet);
  }
}
