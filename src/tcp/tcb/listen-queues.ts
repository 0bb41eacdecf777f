import { Bag } from '../../basics/bag.ts';
import type { Micros } from '../../time/wheel.ts';
import type { Address } from '../../wire/address.ts';
import { FastOpenQueue } from '../queues/fast-open-queue.ts';
import { RedeemedCookies } from '../tables/redeemed-cookies.ts';
import { DEFAULT_OPTIONS, SocketOptions } from '../terms/socket-options.ts';
import type { TcpContext } from './context.ts';
import type { Tcb } from './tcb.ts';

/** While the SYN queue is busy, SYN-ACKs are sent again at least this often (net/ipv4/inet_connection_sock.c). */
const FEWEST_RETRIES = 2;
/** Up to so many half-open connections, retries are not reduced. */
const QUIET_SYN_QUEUE = 8;

/**
 * What is remembered of a passive OPEN, and its two queues: connections whose handshake is under way (the SYN queue), and those that wait for
 * the user to accept them (the accept queue).
 */
export class ListenQueues {
  readonly tcp: TcpContext;
  /** Its number on this host, of the same row as those of connections. */
  readonly id: number;
  readonly local: Address;
  readonly port: number;
  /** Where it listens at ::, IPv4 addresses are not its own. */
  ipv6Only = false;
  reusePort = false;
  readonly backlog: number;
  /** What its connections begin with; each as it is when the SYN comes. */
  options = new SocketOptions();
  private inherited: Readonly<SocketOptions> = DEFAULT_OPTIONS;
  /** When the last SYN cookie was sent. */
  lastCookieAt: Micros = Number.NEGATIVE_INFINITY;
  readonly redeemedCookies = new RedeemedCookies();
  /** When a good cookie last found the accept queue full. */
  cookieRefusedAt: Micros = Number.NEGATIVE_INFINITY;
  /** Fast Open requests whose handshake is not complete. */
  readonly fastOpen = new FastOpenQueue();
  /** When it began to listen. */
  readonly since: Micros;
  private readonly onAcceptable: () => void;
  protected readonly synQueue = new Bag<Tcb>();
  /** Of them: those whose SYN-ACK was never sent again. */
  private young = 0;
  protected acceptQueue: Tcb[] = [];
  /** The last event about the queues. */
  lastEvent = 0;
  private told = true;
  protected closed = false;

  constructor(tcp: TcpContext, local: Address, port: number, backlog: number, onAcceptable: () => void) {
    this.tcp = tcp;
    this.id = tcp.takeId();
    this.local = local;
    this.port = port;
    this.backlog = backlog;
    this.since = tcp.now;
    this.onAcceptable = onAcceptable;
  }

  get synQueueLength(): number {
    return this.synQueue.size;
  }

  get acceptQueueLength(): number {
    return this.acceptQueue.length;
  }

  /**
   * More handshakes under way than the user would take connections (inet_csk_reqsk_queue_is_full; Linux 6.18 lets the
   * backlog and one more in, measured, older ones exactly the backlog).
   */
  get synQueueIsFull(): boolean {
    return this.synQueue.size > this.backlog;
  }

  /** A backlog of n admits n + 1, as in Linux (sk_acceptq_is_full). */
  get acceptQueueIsFull(): boolean {
    return this.acceptQueue.length > this.backlog;
  }

  /**
   * How often a SYN-ACK is sent again. Half of the queue is kept for newcomers: when it is more than half full, and old ones
   * are most of it, those get fewer tries, one less each time that the young ones would have to double to outnumber them.
   */
  get synAckRetries(): number {
    let retries = this.options.synCount ?? this.tcp.sysctls.tcp_synack_retries;
    const length = this.synQueue.size;
    if (2 * length <= Math.max(QUIET_SYN_QUEUE, this.backlog)) return retries;
    for (let young = 2 * this.young; retries > FEWEST_RETRIES && length >= young; young *= 2) retries--;
    return retries;
  }

  /** So many Fast Open requests may be pending (fastopen_queue_tune); 0: this listener has no Fast Open. */
  get fastOpenLimit(): number {
    return Math.min(this.options.fastOpenQueue ?? 0, this.tcp.sysctls.somaxconn);
  }

  /** `options` as they are now, in one object for all connections until they change. */
  get inheritedOptions(): Readonly<SocketOptions> {
    if (!this.inherited.equals(this.options)) this.inherited = this.options.copy();
    return this.inherited;
  }

  /** A SYN was answered. */
  began(c: Tcb): void {
    c.synQueuePlace = this.synQueue.add(c);
    this.young++;
  }

  /** A SYN-ACK had no answer for the first time. */
  aged(): void {
    this.young--;
  }

  /** The handshake is complete: from one queue to the other. */
  established(c: Tcb): void {
    this.leaveSynQueue(c);
    this.offer(c);
  }

  /** The user may accept it; with Fast Open that is before the handshake is complete. */
  offer(c: Tcb): void {
    this.acceptQueue.push(c);
    if (this.told) {
      this.told = false;
      this.tcp.noteAcceptable(this);
    }
  }

  /**
   * A connection ended before it was accepted. One whose handshake was complete stays in the accept queue: the user is to get
   * what came in order before a RST, and its error (as in Linux, where the accept queue holds sockets in CLOSE too).
   * @returns whether it was in the SYN queue
   */
  ended(c: Tcb): boolean {
    return this.leaveSynQueue(c);
  }

  /** Tells the user, outside of segment processing. */
  deliver(): void {
    this.told = true;
    if (!this.closed && this.acceptQueue.length > 0) this.onAcceptable();
  }

  private leaveSynQueue(c: Tcb): boolean {
    if (c.synQueuePlace === null || !this.synQueue.remove(c.synQueuePlace)) return false;
    c.synQueuePlace = null;
    if (c.totalRto === 0) this.young--;
    return true;
  }
}
