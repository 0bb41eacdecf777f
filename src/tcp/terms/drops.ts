import type { TcpParseDrop } from '../../wire/tcp.ts';
import type { Cause } from './causes.ts';
import type { TcpCounters } from './counters.ts';

/** Why a segment is thrown away, and the counter of Linux's that counts it, where there is one. */
export interface DropCause extends Cause {
  readonly counter?: keyof TcpCounters;
}

const drop = (text: string, source: string, counter?: keyof TcpCounters): DropCause =>
  counter === undefined ? { text, source } : { text, source, counter };

/** Why TCP threw a segment away that it could read. Each is counted in `Tcp.drops`. */
const drops = {
  NoSocket: drop('no connection and no listener has that port: answered with a RST', 'RFC 9293, 3.10.7.1'),
  NotUnicast: drop('from or to a broadcast or multicast address', 'RFC 9293, 3.9.2.3, MUST-57'),
  Md5Unexpected: drop('signed, where no key is known', 'RFC 2385, 2; tcp_inbound_md5_hash', 'TCPMD5Unexpected'),
  OutsideWindow: drop('outside of the receive window', 'RFC 9293, 3.10.7.4, first'),
  OverWindow: drop(
    'reaches beyond the right edge of the receive window',
    'RFC 9293, 3.10.7.4, first; tcp_sequence',
    'BeyondWindow',
  ),
  Paws: drop('its timestamp is older than the last one in sequence (PAWS)', 'RFC 7323, 5', 'PAWSEstab'),
  PawsTimeWait: drop(
    'its timestamp is older than the last one before TIME_WAIT (PAWS)',
    'RFC 7323, 5; tcp_timewait_state_process',
    'PAWSTimewait',
  ),
  PawsActive: drop(
    'it answers no SYN of ours, by the timestamp that it echoes',
    'RFC 7323, 3.2; tcp_rcv_synsent_state_process',
    'PAWSActive',
  ),
  PawsSyn: drop(
    'a SYN whose timestamp is older than the last one of the connection that ours took the place of',
    'RFC 7323, 5; tcp_rcv_synsent_state_process',
  ),
  NoAck: drop('no ACK bit where one is due', 'RFC 9293, 3.10.7.4, fifth'),
  AckUnsent: drop('acknowledges what was never sent', 'RFC 9293, 3.10.7.4, fifth'),
  AckTooOld: drop('acknowledges what is long gone', 'RFC 5961, 5.2'),
  RstNotExact: drop('a RST in the window but not at its left edge, or wrong for its state', 'RFC 5961, 3.2'),
  SynOnConnection: drop('a SYN on a synchronized connection', 'RFC 5961, 4.2', 'TCPSYNChallenge'),
  SynInHandshake: drop('another SYN before the handshake is complete', 'RFC 9293, 3.10.7.4, fourth'),
  NotASyn: drop('no SYN where one is due, or one with FIN or RST', 'RFC 9293, 3.10.7.2; 3.10.7.3'),
  SynQueueFull: drop("the listener's SYN queue is full", 'tcp_conn_request; tcp_max_syn_backlog', 'TCPReqQFullDrop'),
  AcceptQueueFull: drop("the listener's accept queue is full", 'tcp_conn_request; somaxconn', 'ListenOverflows'),
  SynBacklogLow: drop(
    'without cookies the last quarter of tcp_max_syn_backlog is kept for known peers, and none is',
    'tcp_conn_request; tcp_max_syn_backlog',
    'ListenDrops',
  ),
  DeferredAccept: drop(
    "the handshake's last ACK, where the user waits for data",
    'tcp(7), TCP_DEFER_ACCEPT',
    'TCPDeferAcceptDrop',
  ),
  TimestampBeforeLast: drop(
    "its timestamp is older than that address's last connection's",
    'tcp_tw_recycle',
    'PAWSPassive',
  ),
  DataAfterClose: drop('data after our user had closed for good', 'RFC 2525, 2.17', 'TCPAbortOnData'),
  TextBeyondFin: drop('data beyond a FIN that came first', 'RFC 9293, 3.10.7.4, seventh'),
  WindowShut: drop('our window was shut', 'RFC 9293, 3.10.7.4, first; tcp_data_queue', 'TCPZeroWindowDrop'),
  ReceiveQueueFull: drop('more than the receive buffer takes', 'tcp_rmem; tcp_data_queue', 'TCPRcvQDrop'),
  OutOfOrderQueueFull: drop(
    'out of order, and more than the receive buffer takes',
    'tcp_rmem; tcp_data_queue_ofo',
    'TCPOFODrop',
  ),
  TimeWait: drop('for a connection in TIME_WAIT, and not what could end that', 'RFC 9293, 3.10.7.4; RFC 1337'),
} as const;

export type TcpDrop = TcpParseDrop | keyof typeof drops;

export const dropCauses: Readonly<Record<TcpDrop, DropCause>> = {
  TcpTruncated: drop('shorter than a TCP header', 'RFC 9293, 3.1', 'InErrs'),
  TcpDataOffset: drop('its Data Offset points outside of it', 'RFC 9293, 3.1', 'InErrs'),
  TcpChecksum: drop('wrong checksum', 'RFC 9293, 3.1, MUST-3', 'InCsumErrors'),
  ...drops,
};
