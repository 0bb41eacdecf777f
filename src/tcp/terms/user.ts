import type { Address } from '../../wire/address.ts';
import type { TcpError } from './errors.ts';
import type { SocketOptions } from './socket-options.ts';
import type { State } from './state.ts';
import type { TcpInfo } from './tcp-info.ts';

/**
 * The TCP/user interface (RFC 9293, section 3.9.1), as the application's side sees it.
 *
 * Calls never block and never call back: a connection tells its user what happened through `ConnectionUser`, once per
 * batch of packets (or per timer run), outside of segment processing. So a user may call anything from a callback. What several
 * callbacks of one connection have to tell comes in the order in which they stand here.
 *
 * A callback that throws harms none but its own work: the connection goes on, and all others are told theirs. What it threw is
 * the host's to report (`Host.onUserFault`).
 */
export interface ConnectionUser {
  /** Active OPEN only: ESTABLISHED is reached. */
  onConnected?(): void;
  /**
   * R1 is reached (RFC 9293, section 3.8.3, SHLD-9): data has been sent again `retransmissions` times in vain. Called with
   * each further one.
   */
  onRetransmissionThreshold?(retransmissions: number): void;
  /**
   * An ICMP error that may pass came for this connection (RFC 9293, section 3.9.2.2, SHLD-25). It lives on; `error` is what
   * `onClosed` will get, should it time out. A user without this method is not told (SHLD-20).
   */
  onSoftError?(error: TcpError): void;
  /** The peer has sent urgent data, or more of it (RFC 9293, section 3.8.5; MUST-32): `urgentLength` tells how much. */
  onUrgent?(): void;
  /** `readableLength` grew, or `atEnd` became true (the peer's FIN is next). Repeated only when something new came. */
  onReadable(): void;
  /** `bytesAcked` grew, or send space came free. */
  onWritable?(): void;
  /**
   * The connection is over for its user: both FINs exchanged (it may be in TIME_WAIT now), or `error`. The last call.
   * What arrived before it can still be read, also after an error.
   */
  onClosed(error: TcpError | null): void;
}

/** One end of a TCP connection. Its calls may be made at any time, also when it is over, unless they say what they throw. */
export interface TcpConnection {
  /** Its number on this host, as in the event log and in `stack.inspect`. */
  readonly id: number;
  readonly state: State;
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
  /** Set by the user that accepts or opens the connection. */
  user: ConnectionUser | null;

  // SEND
  /**
   * Queues `bytes[from, to)` by reference, whole, whatever `sendSpace` says: the memory must not change until
   * `bytesAcked` reaches the returned offset.
   * @returns the stream offset behind these bytes: how many bytes were ever queued.
   * @throws TcpError EPIPE after `shutdown`, ENOTCONN when closed, ENOBUFS when more than 1 GiB waits, EINVAL for what are no octets
   *   or no slice of them
   */
  send(bytes: Uint8Array, from?: number, to?: number): number;
  /** Octets the peer has acknowledged, as a stream offset. */
  readonly bytesAcked: number;
  /** Octets the peer has not acknowledged yet, sent or not. */
  readonly sendQueueLength: number;
  /**
   * How much more the send buffer (`tcp_wmem`, `tcp_notsent_lowat`) wants; zero or negative: stop writing until `onWritable`.
   * Who is told so counts as waiting for the buffer, in tcp_info's times.
   */
  readonly sendSpace: number;
  /** Copies what is still queued, so that the application gets its memory back at once. */
  detachSendQueue(): void;
  /** FIN after what is queued (the first half of CLOSE; `shutdown(SHUT_WR)`). Idempotent. */
  shutdown(): void;

  // RECEIVE
  /** In-order octets waiting. What waits closes the advertised window. */
  readonly readableLength: number;
  /** All octets were read and the peer's FIN came behind them. */
  readonly atEnd: boolean;
  /** Octets from the next unread one to the end of the peer's urgent data (RFC 9293, section 3.8.5; MUST-33); 0: none is pending. */
  readonly urgentLength: number;
  /**
   * Takes octets from the receive queue: a view of the stack's memory that now belongs to the caller (the stack
   * never writes it again). Small neighbouring segments are gathered into one piece. `null` when nothing waits.
   */
  read(maxLength?: number): Uint8Array | null;
  /** Copies waiting octets into the caller's buffer (the memory is reused at once); returns how many. */
  readInto(target: Uint8Array): number;
  /** Drops what waits, unseen, at no cost; returns how many octets. */
  skip(): number;

  // CLOSE, ABORT, STATUS
  /**
   * The application is done with both directions: what is queued is still delivered, then FIN. If received data was not
   * read, or arrives later, the peer gets a RST instead (RFC 2525, section 2.17; RFC 9293, section 3.10.4).
   * `onClosed` is not called any more.
   */
  close(): void;
  /** ABORT (RFC 9293, section 3.10.5): RST, queues dropped. `onClosed` is not called any more. */
  abort(): void;
  /** Nagle's algorithm off (true) or on (RFC 9293, section 3.7.4). Default: on. */
  setNoDelay(noDelay: boolean): void;
  /**
   * Keep-alives (RFC 9293, section 3.8.4), first after `idle` milliseconds, then every `interval` milliseconds, until `count` of them
   * have no answer. 0: as it was, or `tcp_keepalive_time`, `_intvl`, `_probes`. Default: off.
   * @throws TcpError EINVAL: no time, or no number
   */
  setKeepAlive(enable: boolean, idle?: number, interval?: number, count?: number): void;
  /**
   * TCP_USER_TIMEOUT (RFC 9293, section 3.10.8; RFC 5482): the connection fails with ETIMEDOUT when this many milliseconds
   * have passed with data unacknowledged, a window shut, or keep-alives unanswered. 0: `tcp_retries2` decides, the default.
   * @throws TcpError EINVAL: no time
   */
  setUserTimeout(milliseconds: number): void;
  /**
   * IP_TOS, IPV6_TCLASS: the DSCP of what is sent (RFC 9293, section 3.9.2), 0 to 255. The two bits of ECN in it are ECN's own. Default: 0.
   * @throws TcpError EINVAL: any other
   */
  setTypeOfService(tos: number): void;
  /** TCP_QUICKACK: no ACK is delayed (true), or all are as long as the rules let them be (false). */
  setQuickAck(quickAck: boolean): void;
  /**
   * SO_RCVBUF and SO_SNDBUF: octets that the buffer has from now on, and no longer sizes itself. The window that was announced already stays.
   * Half of a receive buffer is the window.
   * @throws TcpError EINVAL: not above 0, or above 2^31 - 1
   */
  setReceiveBuffer(octets: number): void;
  setSendBuffer(octets: number): void;
  /** The algorithm that the connection has. */
  readonly congestionControl: string;
  /**
   * TCP_CONGESTION: another algorithm, from now on, whatever state the connection is in.
   * @throws TcpError ENOENT: this host has none of that name; the message says which it has; EPERM: the user may not choose it
   *   (`tcp_allowed_congestion_control`)
   */
  setCongestionControl(name: string): void;
  /**
   * SO_MAX_PACING_RATE: so many octets in a second at most, from now on, spread evenly; below what the algorithm has, never above. null:
   * no limit. 0 isn't one either, as in Linux.
   * @throws TcpError EINVAL: below 0, or no number
   */
  setMaxPacingRate(octets: number | null): void;
  /** What Linux's TCP_INFO tells, under its names. */
  info(): TcpInfo;
}

/** A passive OPEN. */
export interface TcpListener {
  readonly local: Address;
  readonly port: number;
  /** The next connection whose handshake is complete, or `null`. The caller sets its `user`. */
  accept(): TcpConnection | null;
  /** Stops listening: connections not yet accepted are reset, accepted ones live on. */
  close(): void;
}

export interface ConnectOptions {
  remote: Address;
  remotePort: number;
  /** Default: the host's address of that family. */
  local?: Address | undefined;
  /** Default: an ephemeral port (RFC 6056). */
  localPort?: number | undefined;
  socketOptions?: SocketOptions | undefined;
  /**
   * TCP Fast Open (RFC 7413): the SYN carries what is sent until the end of the batch, as much as fits into one segment, if a cookie of
   * the server is there; else it asks for one. What the server doesn't take is sent again once the handshake is complete. It may get
   * the data of the SYN twice: only for what does no harm then (section 2.1). Where `tcp_fastopen` lacks the bit 1 it is an ordinary OPEN. Default: no.
   */
  fastOpen?: boolean | undefined;
  user: ConnectionUser;
}

export interface ListenOptions {
  /** Default: any address of the host. */
  local?: Address | undefined;
  /** IPV6_V6ONLY: :: stands for all IPv6 addresses only (RFC 3493, section 5.3). Default: for those of IPv4 as well. */
  ipv6Only?: boolean | undefined;
  /** SO_REUSEPORT: listeners that all have it share the place, and new connections are spread among them. Default: false. */
  reusePort?: boolean | undefined;
  /** 0: an ephemeral port. */
  port: number;
  /** Length of the accept queue (default and upper bound: `somaxconn`; below zero: that many). */
  backlog?: number | undefined;
  /** SO_REUSEADDR: connections and TIME_WAITs at the port don't stop it from being listened on. Default: true. */
  reuseAddress?: boolean | undefined;
  /** What accepted connections begin with. */
  socketOptions?: SocketOptions | undefined;
  /** Called once per batch in which the accept queue got a connection. */
  onAcceptable: () => void;
}
