/** Why something happened: a sentence, and where it is written that it should. */
export interface Cause {
  readonly text: string;
  readonly source: string;
}

const cause = (text: string, source: string): Cause => ({ text, source });

/** Why a connection changed its state, or its congestion window. */
export const causes = {
  activeOpen: cause('active OPEN', 'RFC 9293, 3.10.1'),
  synReceived: cause('SYN received', 'RFC 9293, 3.10.7.2'),
  synWithCookie: cause('SYN with a good Fast Open cookie: its data is taken at once', 'RFC 7413, 4.2.2'),
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
  controlled: cause('the algorithm sets the window itself', 'tcp_cong_control in net/ipv4/tcp_input.c'),
  fastRetransmit: cause('a segment is lost: fast retransmit', 'RFC 5681, 3.2; RFC 9937, 6.1'),
  rateReduction: cause('each ACK lets so much leave as brings the window to the threshold (PRR)', 'RFC 9937, 6.2'),
  recovered: cause('loss recovery complete', 'RFC 6582, 3.2'),
  undoneByDsack: cause('all that was sent again came twice (D-SACK)', 'RFC 3708, 2.2; RFC 4015'),
  undoneByEcho: cause('the ACK answers what was sent first (Eifel)', 'RFC 3522, 3.2; RFC 4015'),
  undoneBeforehand: cause('it arrived before anything was sent again', 'tcp_input.c, tcp_packet_delayed; RFC 4015'),
  undoneByFrto: cause('after the time-out something arrived that was sent only once (F-RTO)', 'RFC 5682, 3.1'),
  timeout: cause('retransmission timeout', 'RFC 5681, 3.1'),
  ecnMarks: cause('the path marks packets: less before it has to drop', 'RFC 3168, 6.1.2'),
  idle: cause('idle for longer than an RTO', 'RFC 5681, 4.1'),
  unused: cause('the window was not used for an RTO', 'RFC 2861, 3.1; tcp_cwnd_application_limited'),
  cubicConcave: cause('CUBIC: back towards the window of the last loss', 'RFC 9438, 4.4'),
  cubicConvex: cause('CUBIC: looks for more than before', 'RFC 9438, 4.5'),
  cubicRenoFriendly: cause('CUBIC: as fast as Reno', 'RFC 9438, 4.3'),
  fastConvergence: cause('CUBIC: less than last time, so it leaves room to others', 'RFC 9438, 4.7'),
  conservativeSlowStart: cause('HyStart++: the round trip grows, so slow start slows down', 'RFC 9406, 4.2'),
  slowStartResumed: cause('HyStart++: the round trip is short again: slow start goes on', 'RFC 9406, 4.2'),
  conservativeSlowStartOver: cause('HyStart++: the round trip stayed long: slow start is over', 'RFC 9406, 4.2'),
  bunchedAcks: cause('ACKs came in a bunch: paced from here on', 'RFC 9002, section 7.7'),
  hystartTrain: cause('HyStart: ACKs came in a row for half of the round trip', 'tcp_cubic.c, hystart_update'),
  hystartDelay: cause('HyStart: the round trip is longer than it was', 'tcp_cubic.c, hystart_update'),
  bbrStartup: cause('BBR, STARTUP: the rate doubles each round trip', 'tcp_bbr.c, bbr_init'),
  bbrFull: cause(
    'BBR: three round trips without a quarter more bandwidth: the pipe is full',
    'bbr_check_full_bw_reached',
  ),
  bbrDrain: cause('BBR, DRAIN: what STARTUP put into the queue leaves it', 'tcp_bbr.c, bbr_check_drain'),
  bbrDrained: cause('BBR, PROBE_BW: no more is in flight than the path holds', 'tcp_bbr.c, bbr_check_drain'),
  bbrProbesMore: cause('BBR, PROBE_BW, phase 0: a quarter more, is there more bandwidth?', 'bbr_is_next_cycle_phase'),
  bbrProbesLess: cause(
    'BBR, PROBE_BW, phase 1: a quarter less, the queue of phase 0 drains',
    'bbr_is_next_cycle_phase',
  ),
  bbrCruises: cause('BBR, PROBE_BW, phases 2 to 7: as fast as the path', 'tcp_bbr.c, bbr_is_next_cycle_phase'),
  bbrProbeRtt: cause('BBR, PROBE_RTT: no shorter round trip for 10 s, four segments for 200 ms', 'bbr_update_min_rtt'),
  bbrProbedRtt: cause('BBR, PROBE_RTT is over: back to PROBE_BW', 'tcp_bbr.c, bbr_check_probe_rtt_done'),
  bbrProbedRttEarly: cause(
    'BBR, PROBE_RTT is over, the pipe was never full: back to STARTUP',
    'bbr_check_probe_rtt_done',
  ),
  bbrPoliced: cause(
    'BBR: a fifth is lost, twice at the same rate: a policer, whose rate it keeps to',
    'bbr_lt_bw_interval_done',
  ),
  bbrNotPoliced: cause(
    "BBR: the policer's rate was kept to for 48 round trips: the path is asked anew",
    'bbr_lt_bw_sampling',
  ),
  bbrIdleRestart: cause(
    'BBR: after a pause it goes on at the rate of the path, without a burst',
    'tcp_bbr.c, bbr_cwnd_event',
  ),
  bbrConserves: cause(
    'BBR, a loss: for a round trip one segment leaves for each that arrives',
    'bbr_set_cwnd_to_recover_or_restore',
  ),
  bbrRestores: cause('BBR, repaired: the window is what it was before the loss', 'bbr_set_cwnd_to_recover_or_restore'),
} as const;

/** Why something else happened: to timers, windows, queues, and to what is known of the path. */
export const eventCauses = {
  dataOut: cause('data is on its way', 'RFC 6298, 5.1'),
  newDataAcknowledged: cause('new data is acknowledged', 'RFC 6298, 5.3'),
  olderSacked: cause(
    'what was sent before the first segment went again arrives yet',
    'tcp_input.c, tcp_clean_rtx_queue',
  ),
  allAcknowledged: cause('all that was out is acknowledged', 'RFC 6298, 5.2'),
  backedOff: cause('no ACK came in time: the time-out doubles', 'RFC 6298, 5.5'),
  retransmissionTimeout: cause('no ACK came within the RTO', 'RFC 6298, 5.4'),
  windowShut: cause("the peer's window leaves no room", 'RFC 9293, 3.8.6.1'),
  windowOpened: cause("the peer's window is open again", 'RFC 9293, 3.8.6.1'),
  ackWaits: cause('an ACK may ride on data', 'RFC 9293, 3.8.6.3'),
  ackSent: cause('an ACK has left', 'RFC 9293, 3.8.6.3'),
  nothingHeard: cause('the peer has been silent', 'RFC 9293, 3.8.4'),
  heard: cause('the peer was heard', 'RFC 9293, 3.8.4'),
  waitsForFin: cause("waits for the peer's FIN, without a user", 'ip-sysctl.rst, tcp_fin_timeout'),
  connectionOver: cause('the connection is over', 'RFC 9293, 3.10.4'),

  windowFull: cause('the peer filled our window: the user has not read', 'RFC 9293, 3.8.6.2.2'),
  windowRead: cause('the user has read: our window opens', 'RFC 9293, 3.8.6.2.2'),
  windowTold: cause('the peer said so', 'RFC 9293, 3.10.7.4, fifth'),

  rttOfSegment: cause('the time from a segment to its ACK', 'RFC 6298, 3'),
  rttOfEcho: cause('the timestamp that the ACK echoes', 'RFC 7323, 4.1'),

  tailMayBeLost: cause('no ACK for two round trips would say that the end is lost', 'RFC 8985, 7.2'),
  mayBeOvertaken: cause('it was overtaken, and may come yet', 'RFC 8985, 6.2, step 5'),
  seemsReneging: cause('the peer acknowledges less than it said to have', 'RFC 2018, 8'),

  lostByTime: cause('something sent later has arrived, and time to come was left (RACK)', 'RFC 8985, 6.2'),
  lostBySack: cause('enough later segments have arrived (SACK)', 'RFC 6675, 4, IsLost()'),
  lostByDuplicateAcks: cause('enough duplicate ACKs', 'RFC 5681, 3.2'),
  lostByPartialAck: cause('a partial ACK shows the next hole', 'RFC 6582, 3.2'),
  lostByTimeout: cause('no ACK came within the RTO: all that is out counts as lost', 'RFC 6298, 5.4; RFC 5681, 3.1'),
  synDataRefused: cause('the SYN-ACK did not acknowledge the data of our SYN', 'RFC 7413, 4.2.1'),
  lostToPath: cause('longer than the path takes', 'RFC 1191, 6.4; RFC 8899'),
  probeRefused: cause('the shut window refused it, and is open now', 'RFC 9293, 3.8.6.1'),

  ecnAgreed: cause('both ends have ECN', 'RFC 3168, 6.1.1'),
  accEcnAgreed: cause('both ends have AccECN', 'RFC 9768, 3.1.1'),
  ecnOfAccEcn: cause('asked for AccECN, we grant ECN of RFC 3168 (tcp_ecn)', 'RFC 9768, 3.1.2'),
  accEcnRefused: cause('the peer has ECN of RFC 3168 only', 'RFC 9768, 3.1.2'),
  ecnRefused: cause('the peer grants no ECN', 'RFC 3168, 6.1.1'),
  ecnNotGranted: cause('asked for ECN, we grant none (tcp_ecn), or its SYN had ECT', 'RFC 3168, 6.1.1'),
  ecnEchoed: cause("the SYN-ACK has our SYN's own flags: the peer copies what it doesn't know", 'RFC 9768, 3.1.2'),
  ecnWithdrawn: cause('no answer: the path may drop handshakes with ECN flags', 'RFC 3168, 6.1.1.1; RFC 9768, 3.1.4'),
  synWithoutEcn: cause('the SYN came again without ECN flags: no ECT from us', 'RFC 9768, 3.1.5'),
  aceZeroed: cause('the ACE field is 0 at the end of the handshake: no ECT from us', 'RFC 9768, 3.2.2.1'),
  ecnFieldChanged: cause('the path changes the ECN field: no ECT from us', 'RFC 9768, 3.2.2.3'),
  accEcnOptionZeroed: cause("the path clears the AccECN option's counters: not believed", 'RFC 9768, 3.2.3.2.4'),
  accEcnOptionAbsent: cause('no AccECN option came in time: none will be believed', 'RFC 9768, 3.2.3.2'),
  accEcnOptionLost: cause('ACKs with an AccECN option are lost: sent no more', 'RFC 9768, 3.2.3.2.2'),
  noRoomForOption: cause('no room for the AccECN option', 'RFC 9768, 3.2.3.3'),
  markReceived: cause('a packet came marked CE', 'RFC 3168, 5; RFC 9768, 3.2.1'),
  echoBegins: cause('marked data came: ECE until CWR', 'RFC 3168, 6.1.3'),
  cwrReceived: cause('CWR came: ECE ends', 'RFC 3168, 6.1.3'),
  marksTold: cause('the peer tells of marks', 'RFC 3168, 6.1.2; RFC 9768, 3.2.2'),
  cwrSent: cause('new data says that the window was lowered', 'RFC 3168, 6.1.2'),

  paced: cause('segments are spread over the round trip', 'RFC 9002, 7.7; tcp_output.c, tcp_pacing_check'),

  handshakeBegan: cause('a SYN was answered', 'RFC 9293, 3.10.7.2'),
  handshakeComplete: cause('a handshake is complete', 'RFC 9293, 3.10.7.4'),
  accepted: cause('the user accepted a connection', 'RFC 9293, 3.10.1'),
  handshakeEnded: cause('a handshake ended early', 'RFC 9293, 3.10.7.4'),
  fastOpened: cause('a SYN with data may be accepted before the handshake is complete', 'RFC 7413, 4.2.2'),
} as const;

/** Why a segment left. */
export const sendCauses = {
  open: cause('active OPEN', 'RFC 9293, 3.10.1'),
  openWithData: cause('active OPEN with data in the SYN (Fast Open)', 'RFC 7413, 4.2.1'),
  synDataAnswer: cause('answers a SYN whose data was taken (Fast Open)', 'RFC 7413, 4.2.2'),
  synAnswer: cause('answers a SYN', 'RFC 9293, 3.10.7.2'),
  simultaneousOpen: cause('answers a SYN that crossed ours', 'RFC 9293, 3.5, figure 7'),
  synRepeated: cause('the peer sent its SYN again', 'RFC 9293, 3.10.7.4, first'),
  cookie: cause('SYN cookie: nothing is stored', 'RFC 4987, 3.6'),

  newData: cause('new data', 'RFC 9293, 3.10.2'),
  afterHandshake: cause('data that waited for the handshake', 'RFC 9293, 3.10.2'),
  roomInCwnd: cause('an ACK made room in the congestion window', 'RFC 5681, 3.1'),
  roomInRecovery: cause('an ACK made room while losses are repaired', 'RFC 6675, 5'),
  limitedTransmit: cause('new data on a duplicate ACK (limited transmit)', 'RFC 3042'),
  roomInWindow: cause("the peer's window opened", 'RFC 9293, 3.8.6'),
  nagleOver: cause("an ACK or more data released what Nagle's algorithm held", 'RFC 9293, 3.7.4; RFC 896'),
  uncorked: cause('uncorked, or a full segment', 'tcp(7), TCP_CORK'),
  roomInBuffer: cause('the user wrote into the send buffer again', 'tcp(7), SO_SNDBUF'),
  itsTurn: cause('its turn again', 'ip-sysctl.rst, tcp_limit_output_bytes'),
  itsTime: cause('its time of departure has come (pacing)', 'RFC 9002, 7.7'),
  smallWindow: cause('the window stays small: what fits is sent', 'RFC 9293, 3.8.6.2.1, (4)'),
  mtuProbe: cause('asks whether the path takes a longer segment', 'RFC 4821; tcp_mtu_probing'),
  fin: cause('FIN: the user has closed', 'RFC 9293, 3.10.4'),
  urgent: cause('tells that urgent data waits', 'RFC 9293, 3.8.5, MUST-66'),

  rto: cause('retransmission timeout', 'RFC 6298, 5.4'),
  fastRetransmit: cause('fast retransmit', 'RFC 5681, 3.2; RFC 6675, 5'),
  partialAck: cause('a partial ACK showed the next hole', 'RFC 6582, 3.2'),
  synDataRefused: cause('the server did not take it with the SYN', 'RFC 7413, 4.2.1'),
  lossProbe: cause('tail loss probe: asks whether the end has arrived', 'RFC 8985, 7.3'),
  slowStartAfterRto: cause('lost by the RTO; an ACK made room', 'RFC 5681, 3.1'),
  pathMtu: cause('it was longer than the path takes', 'RFC 1191, 6.4'),

  windowProbe: cause('window probe', 'RFC 9293, 3.8.6.1'),
  keepAlive: cause('keep-alive', 'RFC 9293, 3.8.4'),

  ackHandshake: cause('ACK: completes the handshake', 'RFC 9293, 3.10.7.3'),
  ackSecondSegment: cause('ACK: more than one full segment is unacknowledged', 'RFC 9293, 3.8.6.3; RFC 5681, 4.2'),
  ackTimer: cause('ACK: the delayed-ACK timer fired', 'RFC 9293, 3.8.6.3'),
  ackQuick: cause('ACK: quick ACK mode', 'tcp_input.c, tcp_enter_quickack_mode; TCP_QUICKACK'),
  ackEcn: cause('ACK: the ECN field changed, or CWR came', 'RFC 9768, 3.2.2.5.1; tcp_ecn.h, tcp_ecn_accept_cwr'),
  ackOutOfOrder: cause('ACK: a segment came out of order', 'RFC 5681, 4.2'),
  ackHoleFilled: cause('ACK: a hole is filled', 'RFC 5681, 4.2'),
  ackDuplicate: cause('ACK: the segment was here already', 'RFC 9293, 3.10.7.4, first; RFC 2883'),
  ackRefused: cause('ACK: the octets were not taken', 'RFC 9293, 3.10.7.4'),
  ackFin: cause('ACK: of a FIN', 'RFC 9293, 3.10.7.4, eighth'),
  ackWindow: cause('ACK: window update', 'RFC 9293, 3.8.6.2.2'),
  ackTimeWait: cause('ACK: in TIME_WAIT', 'RFC 9293, 3.10.7.4; RFC 1337'),
  ackProbe: cause('ACK: answers a keep-alive or window probe', 'RFC 9293, 3.8.4'),
  ackSequence: cause('ACK: the segment was outside of the window', 'RFC 9293, 3.10.7.4, first'),
  ackTimestamp: cause('ACK: its timestamp was old (PAWS)', 'RFC 7323, 5.3'),
  ackUnsent: cause('ACK: it acknowledged what was never sent', 'RFC 9293, 3.10.7.4, fifth'),

  challengeSyn: cause('challenge ACK: a SYN on a connection', 'RFC 5961, 4.2'),
  challengeReset: cause('challenge ACK: a RST that is not at RCV.NXT', 'RFC 5961, 3.2'),
  challengeOldAck: cause('challenge ACK: its ACK is too old', 'RFC 5961, 5.2'),

  resetNoSocket: cause('RST: no connection and no listener there', 'RFC 9293, 3.10.7.1'),
  resetBadAck: cause('RST: it acknowledges what is not ours', 'RFC 9293, 3.10.7.2; 3.10.7.3; 3.10.7.4'),
  resetBadEcho: cause('RST: it echoes a timestamp that is not ours', 'tcp_input.c, tcp_rcv_synsent_state_process'),
  resetUnread: cause('RST: data that will never be read', 'RFC 2525, 2.17'),
  resetAborted: cause('RST: ABORT by the user', 'RFC 9293, 3.10.5'),
  resetFailed: cause('RST: keep-alives unanswered', 'tcp_timer.c, tcp_keepalive_timer'),
  resetOrphans: cause('RST: tcp_max_orphans is reached', 'ip-sysctl.rst'),
  resetOverflow: cause('RST: the accept queue is full (tcp_abort_on_overflow)', 'ip-sysctl.rst'),
} as const;

/** Why ordinary segments leave: data, and ACKs of data that came in order. */
export const ordinaryCauses: ReadonlySet<Cause> = new Set([
  ...[sendCauses.newData, sendCauses.afterHandshake, sendCauses.roomInCwnd, sendCauses.roomInWindow],
  ...[sendCauses.nagleOver, sendCauses.uncorked, sendCauses.roomInBuffer, sendCauses.itsTurn, sendCauses.itsTime],
  ...[sendCauses.ackSecondSegment, sendCauses.ackQuick, sendCauses.ackWindow, sendCauses.ackTimer],
]);

/** What each call of the user is. */
export const callCauses = {
  connect: cause('the user opens a connection', 'RFC 9293, 3.10.1'),
  listen: cause('the user listens', 'RFC 9293, 3.10.1'),
  accept: cause('the user takes a connection', 'accept(2)'),
  write: cause('the user writes', 'RFC 9293, 3.10.2'),
  read: cause('the user reads', 'RFC 9293, 3.10.3'),
  shutdown: cause('the user has no more to send', 'RFC 9293, 3.10.4; shutdown(2)'),
  close: cause('the user lets go', 'RFC 9293, 3.10.4; close(2)'),
  abort: cause('the user aborts', 'RFC 9293, 3.10.5'),
} as const;

/** An ICMP error came for a connection. */
export const icmpCause = cause('an ICMP error quotes a segment of ours', 'RFC 9293, 3.9.2.2; RFC 5927');
