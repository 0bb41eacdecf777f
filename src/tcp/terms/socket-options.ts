/** Octets of a key of TCP_FASTOPEN_KEY. */
export const FAST_OPEN_KEY = 16;

/** SOCK_MIN_SNDBUF and SOCK_MIN_RCVBUF (include/net/sock.h) on a 64-bit machine: no buffer is smaller, in octets. */
export const SEND_BUFFER_MIN = 4608;
export const RECEIVE_BUFFER_MIN = 2304;

/**
 * What a user can set on a socket, under the names of setsockopt(2)'s options (socket(7), ip(7), tcp(7)). A connection
 * gets a copy of its listener's. `null`: not set, the sysctl holds.
 */
export class SocketOptions {
  /** TCP_NODELAY: Nagle's algorithm off (RFC 9293, section 3.7.4). */
  noDelay = false;
  /** TCP_CORK: nothing shorter than the MSS leaves, for at most 200 ms. */
  cork = false;
  /** TCP_MAXSEG, octets: bounds the MSS that we announce and send. */
  maxSegment: number | null = null;
  /** SO_KEEPALIVE; TCP_KEEPIDLE and TCP_KEEPINTVL in seconds; TCP_KEEPCNT. */
  keepAlive = false;
  keepIdle: number | null = null;
  keepInterval: number | null = null;
  keepCount: number | null = null;
  /** TCP_SYNCNT: overrides `tcp_syn_retries`. */
  synCount: number | null = null;
  /** TCP_LINGER2, seconds in FIN_WAIT_2 after close; negative: none; null or 0: `tcp_fin_timeout` (tcp_fin_time). */
  linger2: number | null = null;
  /** TCP_DEFER_ACCEPT, seconds: a connection is accepted when its first data come. */
  deferAccept: number | null = null;
  /**
   * TCP_FASTOPEN, of a listener: so many connections may be pending that began with data in the SYN (RFC 7413), `somaxconn`
   * at the most; beyond it handshakes are ordinary ones. null or 0: none. `tcp_fastopen` must have 2 among its bits.
   */
  fastOpenQueue: number | null = null;
  /**
   * TCP_FASTOPEN_KEY, of a listener: the key of its cookies, 16 octets, or with a second one that is good still 32; null:
   * `tcp_fastopen_key`. An array is not copied, and must stay as it is.
   */
  fastOpenKey: Uint8Array | null = null;
  /** TCP_FASTOPEN_NO_COOKIE: data in the SYN need no cookie, on either side. For closed networks. */
  fastOpenNoCookie = false;
  /**
   * TCP_FASTOPEN_CONNECT: a connection that we open begins with Fast Open, and where a cookie is there, its SYN waits for the first
   * octets that are sent, however long. (`ConnectOptions.fastOpen` waits until the end of the batch.)
   */
  fastOpenConnect = false;
  /** TCP_NOTSENT_LOWAT, octets: the socket is writable while fewer octets than this were never sent. */
  notSentLowat: number | null = null;
  /**
   * TCP_USER_TIMEOUT (RFC 5482), milliseconds that octets may wait to be acknowledged, or for a shut window, or a SYN for its
   * answer; with keep-alives that the peer may be silent. null or 0: `tcp_retries2` and the like decide, and a peer that answers
   * may keep its window shut for ever.
   */
  userTimeout: number | null = null;
  /** TCP_QUICKACK: true: ACKs are not delayed until the next pause; false: they are. */
  quickAck: boolean | null = null;
  /** TCP_WINDOW_CLAMP, octets: bounds the window that we announce. */
  windowClamp: number | null = null;
  /**
   * TCP_CONGESTION: the algorithm that a connection begins with; null: `tcp_congestion_control`. Later
   * `Connection.setCongestionControl` changes it.
   */
  congestion: string | null = null;
  /** SO_MAX_PACING_RATE: octets in a second that may leave, spread evenly; null: no limit. Later `Connection.setMaxPacingRate` changes it. */
  maxPacingRate: number | null = null;
  /** IP_TOS and IP_TTL; over IPv6 IPV6_TCLASS and IPV6_UNICAST_HOPS. May change at any time. */
  tos = 0;
  ttl: number | null = null;
  /**
   * IP_OPTIONS (IPv4): what goes into the header of every segment, as ip(7) has it, 40 octets at most; a source route as the
   * list of its stops, without the destination (RFC 9293, section 3.9.2.1, MUST-51). Taken when a connection begins: later,
   * `Connection.setIpOptions` changes it. An array is not copied, and must stay as it is.
   */
  ipOptions: Uint8Array | null = null;
  /**
   * IP_LOCAL_PORT_RANGE (ip(7), Linux 6.3): the ephemeral port of a connection that we open lies between these, and within
   * `ip_local_port_range`: the first one, and 65536 times the last. 0 for either: that of the sysctl.
   */
  localPortRange = 0;
  /** SO_SNDBUF and SO_RCVBUF as set(2) doubles them: octets; null: the buffers size themselves. */
  sendBuffer: number | null = null;
  receiveBuffer: number | null = null;
  /**
   * SO_LINGER, seconds; null: off. 0: close resets (TIME_WAIT is skipped, unsent octets are gone). More: close waits so long
   * until all is acknowledged. That is a wait of the caller's, and no call here waits: an interface with blocking sockets
   * waits for it before `close` (as src/drill does), node:net's `end` with a callback is the same.
   */
  linger: number | null = null;

  /** The same with TCP_NODELAY, once it was asked for. */
  #withNoDelay: Readonly<SocketOptions> | null = null;

  copy(): SocketOptions {
    return Object.assign(new SocketOptions(), this);
  }

  /**
   * These, which are shared and never change, with TCP_NODELAY: one object for all that want it. It is what most connections set,
   * and often all that they do.
   */
  withNoDelay(): Readonly<SocketOptions> {
    if (this.#withNoDelay === null) {
      const options = this.copy();
      options.noDelay = true;
      this.#withNoDelay = options;
    }
    return this.#withNoDelay;
  }

  /** Written out, and not by going through all names: each SYN asks for it of its listener's options. */
  equals(other: SocketOptions): boolean {
    return (
      this.noDelay === other.noDelay &&
      this.cork === other.cork &&
      this.maxSegment === other.maxSegment &&
      this.keepAlive === other.keepAlive &&
      this.keepIdle === other.keepIdle &&
      this.keepInterval === other.keepInterval &&
      this.keepCount === other.keepCount &&
      this.synCount === other.synCount &&
      this.linger2 === other.linger2 &&
      this.deferAccept === other.deferAccept &&
      this.fastOpenQueue === other.fastOpenQueue &&
      this.fastOpenKey === other.fastOpenKey &&
      this.fastOpenNoCookie === other.fastOpenNoCookie &&
      this.fastOpenConnect === other.fastOpenConnect &&
      this.notSentLowat === other.notSentLowat &&
      this.userTimeout === other.userTimeout &&
      this.quickAck === other.quickAck &&
      this.windowClamp === other.windowClamp &&
      this.congestion === other.congestion &&
      this.maxPacingRate === other.maxPacingRate &&
      this.tos === other.tos &&
      this.ttl === other.ttl &&
      this.ipOptions === other.ipOptions &&
      this.localPortRange === other.localPortRange &&
      this.sendBuffer === other.sendBuffer &&
      this.receiveBuffer === other.receiveBuffer &&
      this.linger === other.linger
    );
  }
}

/** Nothing set. Shared, so not to be changed. */
export const DEFAULT_OPTIONS: Readonly<SocketOptions> = new SocketOptions();
