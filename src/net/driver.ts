import type { Link, LinkReceiver } from '../link/link.ts';
import type { ConnectOptions, ListenOptions, TcpConnection, TcpListener } from '../tcp/user.ts';
import type { Address } from '../wire/address.ts';
import type { Packet } from '../wire/packet.ts';
import { microseconds } from './clock.ts';

/** What the driver and the net API need of a Host. */
export interface NetHost {
  readonly tcp: { connect(options: ConnectOptions): TcpConnection; listen(options: ListenOptions): TcpListener };
  readonly addresses: readonly Address[];
  receive(packet: Packet, now: number): void;
  deliver(now: number): void;
  flush(now: number): void;
  advance(now: number): void;
  nextDeadline(): number;
  onPending: (() => void) | null;
}

/** A socket or server that lives on the driver's link and has to hear when that is gone. */
export interface LinkUser {
  /** `null`: the stack was closed on purpose. */
  linkLost(reason: string | null): void;
}

/** A link that can hold the process, or let it go, as a node:net handle does. */
interface ReferencedLink extends Link {
  ref?(): void;
  unref?(): void;
}

const LONGEST_TIMEOUT = 0x7fffffff;

/**
 * Joins a Host and a Link in real time: the one place where the core meets a clock, a timer and the event loop.
 *
 *     batch of packets -> receive, receive, ... -> deliver (the application runs) -> its ticks -> flush -> link
 *
 * The flush waits for the application's own ticks, so that what it answers with (node:http corks, and uncorks in a
 * tick) leaves in the same segments as the ACK. Calls outside of a batch reach the same flush through `onPending`.
 */
export class Driver implements LinkReceiver {
  readonly host: NetHost;
  readonly link: Link;
  /** The link is gone, or `close` was called: one sentence of why. */
  downReason: string | null = null;
  readonly #users = new Set<LinkUser>();
  /** How many open sockets and servers want the process to stay alive. */
  #holders = 0;
  /** The application said that the link alone need not keep the process alive. */
  #linkUnreferenced = false;

  /** The time of the batch, run or flush at work. */
  #now = microseconds();
  #inBatch = false;
  #flushScheduled = false;
  #timer: NodeJS.Timeout | null = null;
  /** The deadline that the timer was set for; the host's may have moved later since. */
  #armedFor = Infinity;

  constructor(host: NetHost, link: Link) {
    this.host = host;
    this.link = link;
    host.onPending = () => this.#schedule();
    link.attach(this);
  }

  receive(packet: Packet): void {
    if (!this.#inBatch) {
      this.#inBatch = true;
      this.#now = microseconds();
    }
    this.host.receive(packet, this.#now);
  }

  batchEnd(): void {
    this.#inBatch = false;
    this.#deliver();
  }

  linkDown(reason: string): void {
    if (this.downReason === null) this.#end(reason);
  }

  /** Ends all: sockets fail, servers stop, the link is closed. Idempotent. */
  close(): void {
    if (this.downReason !== null) return;
    this.#end(null);
    // What the sockets had queued, and their FINs: as much as the peers' windows take at once.
    this.#flush();
    clearTimeout(this.#timer ?? undefined);
    this.link.close();
    this.host.onPending = null;
  }

  join(user: LinkUser): void {
    this.#users.add(user);
  }

  leave(user: LinkUser): void {
    this.#users.delete(user);
  }

  /** One more (or one less) socket or server that keeps the process alive. */
  hold(): void {
    if (this.#holders++ > 0) return;
    this.#timer?.ref();
    if (this.#linkUnreferenced) (this.link as ReferencedLink).ref?.();
  }

  release(): void {
    if (--this.#holders > 0) return;
    this.#timer?.unref();
    if (this.#linkUnreferenced) (this.link as ReferencedLink).unref?.();
  }

  /** The link by itself keeps the process alive (the default), or leaves that to open sockets and servers. */
  keepAlive(linkToo: boolean): void {
    this.#linkUnreferenced = !linkToo;
    const link = this.link as ReferencedLink;
    if (linkToo || this.#holders > 0) link.ref?.();
    else link.unref?.();
  }

  /** Lets the application run, then flushes behind the ticks it queued. */
  #deliver(): void {
    // Marked as scheduled already, so that a write inside of deliver doesn't put the flush before later handlers' ticks.
    const queueTick = !this.#flushScheduled;
    this.#flushScheduled = true;
    try {
      this.host.deliver(this.#now);
    } finally {
      if (queueTick) process.nextTick(this.#flushTick);
    }
  }

  #schedule(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    process.nextTick(this.#flushTick);
  }

  readonly #flushTick = (): void => {
    this.#flushScheduled = false;
    if (this.downReason === null) this.#flush();
  };

  #flush(): void {
    this.#now = microseconds();
    this.host.deliver(this.#now);
    this.host.flush(this.#now);
    this.link.flush();
    this.#arm();
  }

  /**
   * Sets the timer when the host needs it earlier than it is set for. A deadline that moved later leaves it as it is:
   * waking up once for nothing is cheaper than setting a timer for every segment.
   */
  #arm(): void {
    const deadline = this.host.nextDeadline();
    if (deadline >= this.#armedFor) return;
    clearTimeout(this.#timer ?? undefined);
    const delay = Math.ceil((deadline - this.#now) / 1000);
    this.#timer = setTimeout(this.#onTimer, Math.min(Math.max(delay, 1), LONGEST_TIMEOUT));
    if (this.#holders === 0) this.#timer.unref();
    this.#armedFor = deadline;
  }

  readonly #onTimer = (): void => {
    this.#timer = null;
    this.#armedFor = Infinity;
    if (this.downReason !== null) return;
    this.#now = microseconds();
    if (this.#now < this.host.nextDeadline()) {
      this.#arm();
    } else {
      this.host.advance(this.#now);
      this.#deliver();
    }
  };

  #end(reason: string | null): void {
    this.downReason = reason ?? 'the stack was closed';
    for (const user of [...this.#users]) user.linkLost(reason);
    this.#users.clear();
    clearTimeout(this.#timer ?? undefined);
  }
}
