import type { Address } from '../wire/address.ts';
import type { Connection } from './connection.ts';
import { abort } from './ending.ts';
import { SocketOptions } from './socket-options.ts';
import type { Tcp } from './tcp.ts';
import type { TcpListener } from './user.ts';

/**
 * A passive OPEN and its two queues: connections whose handshake is under way (the SYN queue), and those that wait for
 * the user to accept them (the accept queue).
 */
export class Listener implements TcpListener {
  readonly tcp: Tcp;
  readonly local: Address;
  readonly port: number;
  readonly backlog: number;
  /** What its connections begin with. */
  options = new SocketOptions();
  private readonly onAcceptable: () => void;
  private readonly synQueue = new Set<Connection>();
  private acceptQueue: Connection[] = [];
  private told = true;
  private closed = false;

  constructor(tcp: Tcp, local: Address, port: number, backlog: number, onAcceptable: () => void) {
    this.tcp = tcp;
    this.local = local;
    this.port = port;
    this.backlog = backlog;
    this.onAcceptable = onAcceptable;
  }

  get synQueueLength(): number {
    return this.synQueue.size;
  }

  get acceptQueueLength(): number {
    return this.acceptQueue.length;
  }

  get synQueueIsFull(): boolean {
    return this.synQueue.size >= this.tcp.sysctls.tcp_max_syn_backlog;
  }

  /** A backlog of n admits n + 1, as in Linux (sk_acceptq_is_full). */
  get acceptQueueIsFull(): boolean {
    return this.acceptQueue.length > this.backlog;
  }

  accept(): Connection | null {
    const c = this.acceptQueue.shift() ?? null;
    if (c !== null) c.listener = null;
    return c;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.tcp.removeListener(this);
    for (const c of [...this.synQueue, ...this.acceptQueue]) abort(c);
    this.synQueue.clear();
    this.acceptQueue = [];
  }

  /** A SYN was answered. */
  began(c: Connection): void {
    this.synQueue.add(c);
  }

  /** The handshake is complete: from one queue to the other. */
  established(c: Connection): void {
    this.synQueue.delete(c);
    this.acceptQueue.push(c);
    if (this.told) {
      this.told = false;
      this.tcp.noteAcceptable(this);
    }
  }

  /** A connection ended before it was accepted. */
  forget(c: Connection): void {
    if (!this.synQueue.delete(c) && !this.closed) this.acceptQueue = this.acceptQueue.filter((other) => other !== c);
  }

  /** Tells the user, outside of segment processing. */
  deliver(): void {
    this.told = true;
    if (!this.closed && this.acceptQueue.length > 0) this.onAcceptable();
  }
}
