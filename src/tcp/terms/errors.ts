/** The errors TCP reports to its user, under the codes that Node (and errno) use for them. */
export type TcpErrorCode =
  | 'ECONNREFUSED' // RST in answer to our SYN, or an ICMP port unreachable
  | 'ECONNRESET' // RST on a synchronized connection (RFC 9293, section 3.10.7.4)
  | 'ECONNABORTED' // we gave it up: user abort, out of orphans or memory
  | 'ETIMEDOUT' // R2 reached (RFC 9293, section 3.8.3), user timeout, keep-alive
  | 'EPIPE' // sent after our own FIN
  | 'EADDRINUSE' // the local port (or the whole four-tuple) is taken
  | 'EADDRNOTAVAIL' // not an address of this host, or no ephemeral port is left
  | 'EHOSTUNREACH' // ICMP host unreachable
  | 'ENETUNREACH' // no source address for that destination, ICMP net unreachable
  | 'ENETDOWN' // the stack was closed, or its link is gone
  | 'ENOPROTOOPT' // ICMP protocol unreachable
  | 'EPROTO' // ICMP parameter problem
  | 'EMSGSIZE' // too long for the path
  | 'ENOBUFS' // more is queued than half the sequence space can tell apart
  | 'ENOENT' // no congestion control algorithm of that name
  | 'EPERM' // the host doesn't let its users choose that congestion control algorithm
  | 'EISCONN'
  | 'ENOTCONN'
  | 'EFAULT' // octets that were to be sent are gone from the user's memory
  | 'EINVAL';

export class TcpError extends Error {
  readonly code: TcpErrorCode;
  constructor(code: TcpErrorCode, message: string) {
    super(message);
    this.name = 'TcpError';
    this.code = code;
  }
}
