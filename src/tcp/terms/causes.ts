/** Why something happened: a sentence, and where it is written that it should. */
export interface Cause {
  readonly text: string;
  readonly source: string;
}

const cause = (text: string, source: string): Cause => ({ text, source });

/** Why a connection changed its state. */
export const causes = {
  activeOpen: cause('active OPEN', 'RFC 9293, 3.10.1'),
  synReceived: cause('SYN received', 'RFC 9293, 3.10.7.2'),
  synAckReceived: cause('SYN-ACK received', 'RFC 9293, 3.10.7.3'),
  simultaneousOpen: cause('SYN received while our own was out', 'RFC 9293, 3.5, figure 7'),
  synAcknowledged: cause('ACK of our SYN', 'RFC 9293, 3.10.7.4'),
  userClosed: cause('CLOSE by the user', 'RFC 9293, 3.10.4'),
  userAborted: cause('ABORT by the user', 'RFC 9293, 3.10.5'),
  unreadData: cause('closed with data unread or still arriving', 'RFC 2525, 2.17'),
  finReceived: cause('FIN received', 'RFC 9293, 3.10.7.4'),
  finAcknowledged: cause('ACK of our FIN', 'RFC 9293, 3.10.7.4'),
  finRetransmitted: cause('the peer sent its FIN again', 'RFC 9293, 3.10.7.4'),
  resetReceived: cause('RST received', 'RFC 9293, 3.10.7.4'),
  cookieReturned: cause('ACK of a SYN cookie', 'RFC 4987, 3.6'),
  acceptQueueFull: cause('the accept queue is full (tcp_abort_on_overflow)', 'ip-sysctl.rst'),
  anotherSyn: cause('another SYN before the handshake was complete', 'RFC 9293, 3.10.7.4, fourth'),
  refused: cause('RST in answer to our SYN', 'RFC 9293, 3.10.7.3'),
  icmpHard: cause('ICMP hard error', 'RFC 9293, 3.9.2.2'),
  retriesExhausted: cause('retransmissions exhausted (R2)', 'RFC 9293, 3.8.3'),
  userTimeout: cause('the user timeout is over (TCP_USER_TIMEOUT)', 'RFC 9293, 3.10.8; RFC 5482'),
  keepAliveExhausted: cause('keep-alives unanswered', 'RFC 9293, 3.8.4'),
  finTimeout: cause('tcp_fin_timeout over for a closed connection', 'ip-sysctl.rst'),
  twoMslOver: cause('2MSL over', 'RFC 9293, 3.10.8'),
  newIncarnation: cause('acceptable SYN for the next incarnation', 'RFC 9293, 3.10.7.4; RFC 6191'),
  takenOver: cause('a new connection takes its place (tcp_tw_reuse)', 'RFC 6191'),
  tooManyOrphans: cause('tcp_max_orphans reached', 'ip-sysctl.rst'),
  tableFull: cause('tcp_max_tw_buckets reached', 'ip-sysctl.rst'),
  listenerClosed: cause('the listener was closed', 'RFC 9293, 3.10.4'),

  slowStart: cause('slow start', 'RFC 5681, 3.1'),
  congestionAvoidance: cause('congestion avoidance', 'RFC 5681, 3.1'),
  fastRetransmit: cause('third duplicate ACK', 'RFC 5681, 3.2'),
  recovered: cause('loss recovery complete', 'RFC 6582, 3.2'),
  undone: cause('the retransmissions were needless', 'RFC 3522; RFC 3708; RFC 4015'),
  timeout: cause('retransmission timeout', 'RFC 5681, 3.1'),
  idle: cause('idle for longer than an RTO', 'RFC 5681, 4.1'),
} as const;
