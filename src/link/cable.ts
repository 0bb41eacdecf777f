import type { Frame } from '../wire/frame.ts';
import { Packet } from '../wire/packet.ts';
import { Slab } from '../wire/slab.ts';
import { SoftwareOffload } from './offload/gso.ts';
import { inPollPhase } from './poll-phase.ts';
import type { Link, LinkReceiver } from './terms/link.ts';

/** One packet on the cable. Its bytes are its own: keep it, delay it, drop it, change it. */
export interface CablePacket {
  readonly bytes: Uint8Array;
  /** As in `Packet`. */
  readonly gsoSize: number;
  readonly checksumTrusted: boolean;
}

export interface CableOptions {
  readonly mtu?: number;
  /** Both ends take super-segments and partial checksums, and they arrive as they were sent. */
  readonly offload?: boolean;
  /** In real time: calls `deliver` when it is time for it, later than now. Default: in the next turn of the event loop. */
  readonly soon?: (deliver: () => void) => void;
}

/**
 * Two links joined in memory: what one end flushes, the other receives.
 *
 * In real time, which begins with `createStack` on one of its ends (or with `start`), a packet arrives in the next turn of
 * the event loop. In virtual time nothing moves by itself: packets wait until the world moves them, all at once with
 * `deliver`, or one by one by taking them from one end (`take`) and putting them into the other (`inject`), late, twice, out
 * of order or not at all.
 */
export class Cable {
  readonly a: CableEnd;
  readonly b: CableEnd;
  readonly #soon: (deliver: () => void) => void;
  #running = false;
  #isPlugged = true;
  /** There is something to deliver, and it will be. */
  #isDue = false;

  constructor(options: CableOptions = {}) {
    this.#soon = options.soon ?? inPollPhase;
    this.a = new CableEnd(options, this);
    this.b = new CableEnd(options, this);
  }

  /** From now on what is flushed is delivered by itself. Idempotent. */
  start(): void {
    this.#running = true;
    this.flushed();
  }

  /** Packets wait for `deliver`, or `take` and `inject`, again. Idempotent. */
  stop(): void {
    this.#running = false;
  }

  /** Pulls the plug: what is sent is lost, and neither end notices. Idempotent. */
  unplug(): void {
    this.#isPlugged = false;
  }

  /** Puts it in again. */
  plug(): void {
    this.#isPlugged = true;
  }

  /** One of the ends has something to deliver. @internal */
  flushed(): void {
    if (!this.#running || this.#isDue) return;
    this.#isDue = true;
    this.#soon(this.#deliverDue);
  }

  readonly #deliverDue = (): void => {
    this.#isDue = false;
    if (this.#running) this.deliver();
  };

  /**
   * Delivers what has been flushed so far, each direction as one batch, and returns the number of packets. What the
   * receivers answer waits for the next call: `while (cable.deliver() > 0);` runs until both are silent.
   */
  deliver(): number {
    const toB = this.a.take();
    const toA = this.b.take();
    if (!this.#isPlugged) return 0;
    this.b.inject(toB);
    this.a.inject(toA);
    return toA.length + toB.length;
  }
}

export class CableEnd implements Link {
  readonly mtu: number;
  readonly checksumOffload: boolean;
  readonly gsoMaxSize: number;
  /** Packets dropped because they were longer than the MTU. */
  tooLong = 0;

  readonly #cable: Cable;
  readonly #offload = new SoftwareOffload();
  readonly #packet = new Packet();
  #receiver: LinkReceiver | null = null;
  #queued: CablePacket[] = [];
  #flushed: CablePacket[] = [];
  #closed = false;

  constructor({ mtu = 1500, offload = false }: CableOptions, cable: Cable) {
    this.#cable = cable;
    this.mtu = mtu;
    this.checksumOffload = offload;
    this.gsoMaxSize = offload ? 65535 : 0;
  }

  /** (After the host that had this end closed it, another may have it.) */
  attach(receiver: LinkReceiver): void {
    this.#receiver = receiver;
    this.#closed = false;
  }

  start(): void {
    this.#cable.start();
  }

  send(frame: Frame): void {
    if (this.checksumOffload) this.#queue(frame);
    else this.#offload.lower(frame, this.#queue);
  }

  readonly #queue = (frame: Frame): void => {
    if (this.#closed) return;
    const superSegment = frame.gsoSize > 0 && frame.payloadLength > frame.gsoSize;
    const longest = superSegment ? frame.headerEnd - frame.ipStart + frame.gsoSize : frame.packetLength;
    if (longest > this.mtu) {
      this.tooLong++;
      return;
    }
    this.#queued.push({
      bytes: frame.joined(),
      gsoSize: superSegment ? frame.gsoSize : 0,
      checksumTrusted: frame.checksumPartial,
    });
  };

  flush(): void {
    if (this.#queued.length === 0) return;
    this.#flushed.push(...this.#queued);
    this.#queued = [];
    this.#cable.flushed();
  }

  /** What this end has sent and the other has not taken yet. It is the caller's from now on. */
  take(): CablePacket[] {
    const packets = this.#flushed;
    this.#flushed = [];
    return packets;
  }

  /** Lets this end receive packets, as one batch. */
  inject(packets: readonly CablePacket[]): void {
    if (packets.length === 0 || this.#closed || !this.#receiver) return;
    const packet = this.#packet;
    for (const { bytes, gsoSize, checksumTrusted } of packets) {
      packet.fill(new Slab(bytes));
      packet.gsoSize = gsoSize;
      packet.checksumTrusted = checksumTrusted;
      this.#receiver.receive(packet);
      if (this.#closed) return;
    }
    this.#receiver.batchEnd();
  }

  /** As if the cable was cut at this end. */
  cut(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#receiver?.linkDown(reason);
  }

  close(): void {
    this.#closed = true;
    this.#receiver = null;
    this.#queued = [];
  }
}
