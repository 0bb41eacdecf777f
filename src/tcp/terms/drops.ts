import type { TcpParseDrop } from '../../wire/tcp.ts';

/** Why TCP threw a segment away. Each has a counter in `Tcp.drops`. */
export type TcpDrop =
  | TcpParseDrop
  /** No connection and no listener has that port; answered with a RST. */
  | 'NoSocket'
  /** From or to a broadcast or multicast address (MUST-57). */
  | 'NotUnicast'
  /** Outside of the receive window (RFC 9293, section 3.10.7.4, first). */
  | 'OutsideWindow'
  /** Its timestamp is older than the last one in sequence (RFC 7323, section 5: PAWS). */
  | 'Paws'
  /** No ACK bit where one is due (fifth). */
  | 'NoAck'
  /** Acknowledges something never sent. */
  | 'AckUnsent'
  /** Acknowledges something long gone (RFC 5961, section 5.2). */
  | 'AckTooOld'
  /** A RST that is in the window but not at its left edge (RFC 5961, section 3.2), or wrong for its state. */
  | 'RstNotExact'
  /** A SYN on a synchronized connection (RFC 5961, section 4.2). */
  | 'SynOnConnection'
  /** Something other than a SYN for a listener, or with SYN and FIN or RST together. */
  | 'NotASyn'
  /** The listener's SYN queue or accept queue is full. */
  | 'SynQueueFull'
  | 'AcceptQueueFull'
  /** Without cookies the last quarter of `tcp_max_syn_backlog` is kept for peers that are known, and none is. */
  | 'SynBacklogLow'
  /** The handshake's last ACK, without data, where the user waits for data (TCP_DEFER_ACCEPT). */
  | 'DeferredAccept'
  /** A SYN whose timestamp is older than the last connection's from that address (tcp_tw_recycle). */
  | 'TimestampBeforeLast'
  /** Data after our user had closed for good. */
  | 'DataAfterClose'
  /** Data beyond a FIN that came first. */
  | 'TextBeyondFin'
  /** More than the receive buffer is willing to hold. */
  | 'ReceiveQueueFull'
  /** For a connection in TIME_WAIT, and not what could end that. */
  | 'TimeWait';
