import type { Host } from '../../host/host.ts';
import type { TcpError, TcpErrorCode } from '../../tcp/terms/errors.ts';
import { SocketOptions } from '../../tcp/terms/socket-options.ts';
import type { ConnectionUser } from '../../tcp/terms/user.ts';
import type { Connection } from '../../tcp/user/connection.ts';
import type { Listener } from '../../tcp/user/listener.ts';
import { seqDiff } from '../../wire/seq.ts';
import { ErrorQueue } from '../buffers/error-queue.ts';
import { Ledger } from '../packets/payload.ts';
import { CONSTANTS } from '../terms/constants.ts';
import type { SocketAddress } from './arguments.ts';

const { POLLIN, POLLOUT, POLLERR, POLLHUP, POLLRDHUP, POLLPRI, POLLRDNORM, POLLWRNORM } = CONSTANTS as Record<
  string,
  number
>;

/** TOS or traffic class; TTL or hop limit, null: the sysctl holds. */
interface IpFields {
  tos: number;
  ttl: number | null;
}

/**
 * A socket as an application knows it, on top of the core's connections and listeners: what BSD sockets add is a place for
 * an error until a call asks for it, and the memory of what has been shut down.
 */
export class SocketFile implements ConnectionUser {
  readonly type = 'socket';
  readonly host: Host;
  /** AF_INET or AF_INET6. */
  readonly family: number;
  /** IPV6_V6ONLY: one of AF_INET6 has nothing to do with IPv4-mapped addresses. */
  v6Only = false;
  nonBlocking = false;
  options = new SocketOptions();
  bound: SocketAddress | null = null;
  connection: Connection | null = null;
  listener: Listener | null = null;
  /** connect() was called, and its end has not been told yet. */
  connecting = false;
  /** SO_ERROR: why the connection ended, until it is asked for. */
  error: TcpErrorCode | null = null;
  over = false;
  readShut = false;
  writeShut = false;
  oobInline = false;
  readonly errorQueue = new ErrorQueue();
  /** Counts what happened, for edge-triggered epoll. */
  activity = 0;
  receiveLowWater = 1;
  /** Options that are only remembered. */
  readonly remembered = new Map<string, number>();
  /** What was written and what was read, octet by octet. */
  readonly written = new Ledger();
  octetsRead = 0;

  /** What was set for the headers of the other IP than the host's packets have: it never shows. */
  otherIp: IpFields = { tos: 0, ttl: null };

  constructor(host: Host, family: number) {
    this.host = host;
    this.family = family;
  }

  /** What goes into the headers of IPv4's packets, or IPv6's: a socket of AF_INET6 has both. */
  ipFields(family: 4 | 6): IpFields {
    return this.host.addresses[0]!.family === family ? this.options : this.otherIp;
  }

  adopt(connection: Connection): void {
    this.connection = connection;
    connection.user = this;
    this.options = connection.ownOptions();
    if (connection.state === 'CLOSED' || connection.state === 'TIME_WAIT') this.over = true;
  }

  // ---- What the connection tells (ConnectionUser)

  onConnected(): void {
    this.activity++;
  }

  onReadable(): void {
    this.activity++;
  }

  /** Free space counts only where a call found none before (SOCK_NOSPACE). */
  onWritable(): void {
    const c = this.connection;
    if (c === null || !c.wantsSpace || !this.isWritable) return;
    c.wantsSpace = false;
    this.activity++;
  }

  onUrgent(): void {
    this.activity++;
  }

  onClosed(error: TcpError | null): void {
    this.activity++;
    this.over = true;
    if (error !== null) this.error = error.code;
  }

  onAcceptable(): void {
    this.activity++;
  }

  // ---- What the calls ask

  /** Has the handshake been completed (and the connection perhaps ended since)? */
  get established(): boolean {
    return this.connection !== null && !this.handshaking && !this.over;
  }

  get handshaking(): boolean {
    const c = this.connection;
    if (c === null || this.over) return false;
    return c.state === 'SYN_SENT' || (c.state === 'SYN_RECEIVED' && !c.isFastOpenPending);
  }

  /** connect() has returned, and the SYN waits for the first write (TCP_FASTOPEN_CONNECT). */
  get isDeferred(): boolean {
    return !this.over && this.connection?.fastOpen?.synWaits === true;
  }

  takeError(): TcpErrorCode | null {
    const { error } = this;
    this.error = null;
    return error;
  }

  /** Octets that may be read now: up to the urgent mark, where reading stops once (tcp(7), SO_OOBINLINE). */
  get readable(): number {
    const c = this.connection;
    if (c === null) return 0;
    const mark = c.urgentLength;
    if (this.oobInline || mark === 0 || mark > c.readableLength) return c.readableLength;
    return mark === 1 ? c.readableLength - 1 : mark - 1;
  }

  /** The urgent octet is not part of the stream, unless SO_OOBINLINE: at the mark it is stepped over. */
  stepOverUrgent(): void {
    const c = this.connection;
    if (c === null || this.oobInline || c.urgentLength !== 1 || c.readableLength === 0) return;
    c.read(1);
    this.octetsRead++;
  }

  /** The peer's FIN has been reached, or reading was shut down here, or the connection is gone. */
  get atEnd(): boolean {
    return this.readShut || this.over || (this.connection?.atEnd ?? false);
  }

  /** sk_stream_is_writeable: a third of the buffer is free, and the octets never sent are below TCP_NOTSENT_LOWAT. */
  get isWritable(): boolean {
    const c = this.connection;
    if (c === null || this.over) return true;
    const unsent = seqDiff(c.sendQueue.end, c.snd.nxt);
    if (unsent >= c.notSentLowat) return false;
    const space = c.sendBufferSize - c.sendQueueLength;
    return space >= c.sendQueueLength >> 1 && space > 0;
  }

  /** poll(2)'s answer, as tcp_poll in net/ipv4/tcp.c makes it. */
  pollEvents(): number {
    if (this.listener !== null) return this.listener.acceptQueueLength > 0 ? POLLIN! | POLLRDNORM! : 0;
    const c = this.connection;
    let mask = this.error !== null || !this.errorQueue.isEmpty ? POLLERR! : 0;
    if (c === null) return mask | POLLOUT! | POLLWRNORM! | POLLHUP!;
    const peerIsDone = this.readShut || this.over || c.finReceived;
    if (this.over || (peerIsDone && this.writeShut)) mask |= POLLHUP!;
    if (peerIsDone) mask |= POLLIN! | POLLRDNORM! | POLLRDHUP!;
    if (this.isDeferred) return mask | POLLOUT! | POLLWRNORM!;
    if (this.handshaking) return mask;
    if (this.readable >= this.receiveLowWater) mask |= POLLIN! | POLLRDNORM!;
    if (this.writeShut || this.isWritable) mask |= POLLOUT! | POLLWRNORM!;
    else c.wantsSpace = true;
    if (c.urgentLength > 0) mask |= POLLPRI!;
    return mask;
  }
}
