import type { Cause } from './causes.ts';

/**
 * What keeps a connection from sending (more) at this moment. tcp_info's busy time is all of them but `idle` (its octets all
 * acknowledged) and `handshake`; `rwnd` and `sndbuf` have their own counts there (net/ipv4/tcp_output.c, tcp_chrono_start).
 */
export type HoldReason =
  /** Nothing to send, and nothing that waits for its ACK. */
  | 'idle'
  /** Data waits for the handshake to be complete. */
  | 'handshake'
  /** All that the user wrote is out: it could write more. */
  | 'application'
  /** All that the user wrote is out, and no more fits into the send buffer until some is acknowledged (SO_SNDBUF, tcp_wmem). */
  | 'sndbuf'
  /** The last, short segment waits for an ACK (Nagle's algorithm). */
  | 'nagle'
  /** The last, short segment waits for more data (TCP_CORK, MSG_MORE). */
  | 'cork'
  /** The congestion window is full. */
  | 'cwnd'
  /** The congestion window is full, and it is one that a loss has made smaller: recovery is under way. */
  | 'recovery'
  /** The peer's window is full, or leaves too little room for a segment. */
  | 'rwnd'
  /** Other connections of this host have their turn first (tcp_limit_output_bytes). */
  | 'turn'
  /** Its segments are spread over the round trip: the next one's time has not come. */
  | 'pacing';

/** In the order in which times are counted and told. */
export const HOLD_REASONS: readonly HoldReason[] = [
  ...(['idle', 'handshake', 'application', 'sndbuf', 'nagle', 'cork'] as const),
  ...(['cwnd', 'recovery', 'rwnd', 'turn', 'pacing'] as const),
];

const cause = (text: string, source: string): Cause => ({ text, source });

/** Where it is written that each holds back. */
export const holdCauses: Readonly<Record<HoldReason, Cause>> = {
  idle: cause('everything is sent and acknowledged', 'RFC 9293, 3.10.2'),
  handshake: cause('data waits for the handshake', 'RFC 9293, 3.10.2'),
  application: cause('the application has written nothing more', 'RFC 7661, 4.1'),
  sndbuf: cause('the send buffer is full', 'tcp(7), SO_SNDBUF; tcp_wmem'),
  nagle: cause("a short segment waits for an ACK (Nagle's algorithm)", 'RFC 9293, 3.7.4; RFC 896'),
  cork: cause('a short segment waits for more data (TCP_CORK)', 'tcp(7), TCP_CORK'),
  cwnd: cause('the congestion window is full', 'RFC 5681, 3.1'),
  recovery: cause('the congestion window is full while losses are repaired', 'RFC 6675, 5; RFC 5681, 3.2'),
  rwnd: cause("the peer's window is full", 'RFC 9293, 3.8.6'),
  turn: cause('other connections have their turn first', 'ip-sysctl.rst, tcp_limit_output_bytes'),
  pacing: cause('segments are spread over the round trip (pacing)', 'RFC 9002, 7.7; tcp_output.c, tcp_pacing_check'),
};
