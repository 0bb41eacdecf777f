import { Bag, type Place } from '../../basics/bag.ts';
import { inPollPhase } from '../../link/poll-phase.ts';
import type { Link, LinkReceiver } from '../../link/terms/link.ts';
import type { ConnectOptions, ListenOptions, TcpConnection, TcpListener } from '../../tcp/terms/user.ts';
import type { Address } from '../../wire/address.ts';
import type { Frame } from '../../wire/frame.ts';
import type { Packet } from '../../wire/packet.ts';
import { throwLater } from '../terms/errors.ts';
import { realTime, type StackTime, type StackTimer } from './clock.ts';
import { ProcessHold } from './process-hold.ts';

/** What the driver and the net API need of a Host. */
export interface NetHost {
  readonly tcp: {
    connect(options: ConnectOptions): TcpConnection;
    listen(options: ListenOptions): TcpListener;
    /** Those not in TIME_WAIT. */
    readonly connections: Iterable<TcpConnection>;
    readonly congestionControls: ReadonlyMap<string, unknown>;
    readonly sysctls: { readonly tcp_fastopen: number };
    onReleased: ((id: number) => void) | null;
  };
  readonly ip: { readonly addresses: { readonly own: readonly { readonly address: Address }[] } };
  /** `now`: with the first packet of a batch. */
  receive(packet: Packet, now?: number): void;
  /** What the host has sent to itself waits for `receiveLooped`. */
  readonly hasLooped: boolean;
  receiveLooped(now: number): void;
  deliver(now: number): void;
  flush(now: number, room?: number): boolean;
  advance(now: number): void;
  nextDeadline(): number;
  onPending: (() => void) | null;
  onUserFault: ((fault: unknown) => void) | null;
}

/** A socket or server that lives on the driver's link and has to hear when that is gone. */
export interface LinkUser {
  /** `null`: the stack was closed on purpose. */
  linkLost(reason: string | null): void;
}

/** Its `then` queues a promise job: behind the ticks of the callback that is running, and a microsecond cheaper than one (measured). */
const settled = Promise.resolve();
const LONGEST_TIMEOUT = 0x7fffffff;
/** How often `close` looks whether the last connection is gone, in milliseconds. */
const LINGER_STEP = 5;

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
  link: Link;
  readonly time: StackTime;
  readonly processHold: ProcessHold;
  /** The link is gone, or `close` was called: one sentence of why. */
  downReason: string | null = null;
  #stopped = false;
  #closing: Promise<void> | null = null;
  readonly #users = new Bag<LinkUser>();

  /** The time of the batch, run or flush at work. */
  #now: number;
  /** From the first packet (or due timer) until the application has been told. */
  #inBatch = false;
  #flushScheduled = false;
  #flushing = false;
  /** Set while there is more to send than fitted into one turn. */
  #continuation: NodeJS.Immediate | null = null;
  /** What we have sent to ourselves is on its way. */
  #isLooping = false;
  #timer: StackTimer | null = null;
  /** The deadline that the timer was set for; the host's may have moved later since. */
  #armedFor = Infinity;

  constructor(host: NetHost, link: Link, time: StackTime = realTime) {
    this.host = host;
    this.link = link;
    this.time = time;
    this.#now = time.now();
    this.processHold = new ProcessHold(link);
    host.onPending = () => this.#schedule();
    host.onUserFault = throwLater;
    link.attach(this);
  }

  receive(packet: Packet): void {
    if (this.#inBatch) {
      this.host.receive(packet);
    } else {
      // A link may hand over several batches in one call, before any promise job: each gets its ACKs.
      if (this.#flushScheduled) this.#flush();
      this.#inBatch = true;
      this.#now = this.time.now();
      this.host.receive(packet, this.#now);
    }
  }

  batchEnd(): void {
    if (!this.#inBatch) this.#now = this.time.now();
    this.#inBatch = true;
    this.#deliver();
  }

  roomAgain(): void {
    if (!this.#stopped) this.#schedule();
  }

  linkDown(reason: string): void {
    if (this.#stopped) return;
    this.#endUsers(reason);
    this.#stop();
  }

  /**
   * Closes all sockets and servers at once, and the link when the peers have got what was queued and have answered the
   * FINs, or after `linger` milliseconds. A peer that still has not is reset then: the stack, which could answer it, is gone.
   */
  close(linger = 500): Promise<void> {
    this.#closing ??= this.#close(linger);
    return this.#closing;
  }

  async #close(linger: number): Promise<void> {
    if (this.#stopped) return;
    this.#endUsers(null);
    const deadline = this.time.now() + linger * 1000;
    while (!this.#stopped && this.#busy() && this.time.now() < deadline) await this.time.sleep(LINGER_STEP);
    if (this.#stopped) return;
    for (const connection of [...this.host.tcp.connections]) if (hasMore(connection)) connection.abort();
    // Where data before it were lost, a RST is not believed but asked about (RFC 5961, section 3.2): the answer is one more.
    this.link.flush();
    this.link.poll?.();
    this.#stop();
  }

  /** The host's way out. Some segments leave at once, outside of any flush (a RST for `abort`): the link has to hear. */
  output(frame: Frame): void {
    this.link.send(frame);
    if (!this.#flushing) this.#schedule();
  }

  /** Puts another link in the place of the present one: one around it, or the one within. */
  relink(link: Link): void {
    this.link = link;
    link.attach(this);
    this.#schedule();
  }

  get addresses(): readonly Address[] {
    return this.host.ip.addresses.own.map(({ address }) => address);
  }

  join(user: LinkUser): Place {
    return this.#users.add(user);
  }

  leave(place: Place): void {
    this.#users.remove(place);
  }

  /** Ends a batch: lets the application run, then has the flush come behind the ticks it queued. */
  #deliver(): void {
    try {
      this.host.deliver(this.#now);
    } finally {
      this.#inBatch = false;
      this.#schedule();
    }
  }

  /** In a batch nothing is scheduled before its end: the flush has to come behind the application's ticks. */
  #schedule(): void {
    if (this.#flushScheduled || this.#inBatch) return;
    this.#flushScheduled = true;
    settled.then(this.#flushTick);
  }

  readonly #flushTick = (): void => {
    this.#flushScheduled = false;
    if (this.#stopped) return;
    try {
      this.#flush();
    } catch (error) {
      throwLater(error); // or it would be a promise's rejection, which need not end the process
    }
  };

  readonly #continue = (): void => {
    this.#continuation = null;
    if (!this.#stopped) this.#flush();
  };

  /** A batch from ourselves to ourselves, in an event of its own: two sockets of one process must not keep others from theirs. */
  readonly #receiveLooped = (): void => {
    this.#isLooping = false;
    if (this.#stopped) return;
    this.#inBatch = true;
    this.#now = this.time.now();
    this.host.receiveLooped(this.#now);
    this.#deliver();
  };

  #flush(): void {
    this.#now = this.time.now();
    this.#flushing = true;
    try {
      this.host.deliver(this.#now);
      // A link without room says when it has some again. Else: when this turn of the event loop ends; at the latest after that, the
      // link's events come first.
      const room = this.link.room?.();
      const more = (room === undefined || room > 0) && this.host.flush(this.#now, room);
      if (more) this.#continuation ??= setImmediate(this.#continue);
      if (this.host.hasLooped && !this.#isLooping) {
        this.#isLooping = true;
        inPollPhase(this.#receiveLooped);
      }
    } finally {
      this.#flushing = false;
    }
    this.link.flush();
    this.#arm();
  }

  /** The host's, or that of a link which keeps packets back for a while. */
  #nextDeadline(): number {
    const { host, link } = this;
    const deadline = host.nextDeadline();
    return link.nextDeadline === undefined ? deadline : Math.min(deadline, link.nextDeadline());
  }

  /**
   * Sets the timer when the host needs it earlier than it is set for. A deadline that moved later leaves it as it is:
   * waking up once for nothing is cheaper than setting a timer for every segment.
   */
  #arm(): void {
    const deadline = this.#nextDeadline();
    if (deadline >= this.#armedFor) return;
    if (this.#timer !== null) this.time.clearTimer(this.#timer);
    const delay = Math.ceil((deadline - this.#now) / 1000);
    this.#timer = this.time.setTimer(this.#onTimer, Math.min(Math.max(delay, 1), LONGEST_TIMEOUT));
    this.processHold.setTimer(this.#timer);
    this.#armedFor = deadline;
  }

  /**
   * The event loop runs timers before it looks for packets. After a handler that took long (or with the process stopped
   * for a while) a retransmission timer is due although the ACKs lie in the device's queue: so these are read first, and
   * only what is due even then fires.
   */
  readonly #onTimer = (): void => {
    this.#timer = null;
    this.processHold.setTimer(null);
    this.#armedFor = Infinity;
    if (this.#due()) this.link.poll?.();
    if (this.#due()) this.link.advance?.(this.#now);
    if (this.#due()) {
      this.#inBatch = true;
      this.host.advance(this.#now);
      this.#deliver();
    } else if (!this.#stopped) {
      this.#arm();
    }
  };

  /** Is it time for something now? */
  #due(): boolean {
    this.#now = this.time.now();
    return !this.#stopped && this.#now >= this.#nextDeadline();
  }

  /** Are there connections that still have something to say? */
  #busy(): boolean {
    if (this.#flushScheduled) return true;
    for (const connection of this.host.tcp.connections) if (hasMore(connection)) return true;
    return false;
  }

  #endUsers(reason: string | null): void {
    this.downReason ??= reason ?? 'the stack was closed';
    for (const user of this.#users.items()) user.linkLost(reason);
  }

  #stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) this.time.clearTimer(this.#timer);
    this.host.onPending = null;
    this.link.close();
  }
}

/** Whose peer has our FIN acknowledged has everything; the rest is to wait for the peer's. */
const hasMore = (connection: TcpConnection): boolean => connection.state !== 'FIN_WAIT_2';
