import { DOUBLE } from '../../basics/double.ts';

/**
 * TCP's counters under their SNMP and netstat names (RFC 4022; Linux's net/ipv4/proc.c). Each counts since the host
 * began.
 */
export class TcpCounters {
  // Tcp: (RFC 4022)
  ActiveOpens = 0;
  PassiveOpens = 0;
  AttemptFails = 0;
  EstabResets = 0;
  InSegs = DOUBLE;
  OutSegs = DOUBLE;
  RetransSegs = 0;
  InErrs = 0;
  OutRsts = 0;
  InCsumErrors = 0;

  // TcpExt: ICMP errors about segments that are not in flight (RFC 5927)
  OutOfWindowIcmps = 0;
  // TcpExt: listeners
  /** An accept queue was full when a SYN or the handshake's last ACK came. */
  ListenOverflows = 0;
  /** SYNs and last ACKs that a listener dropped, for that and any other reason. */
  ListenDrops = 0;
  /** The SYN queue was full: a cookie was sent, or nothing. */
  TCPReqQFullDoCookies = 0;
  TCPReqQFullDrop = 0;
  SyncookiesSent = 0;
  SyncookiesRecv = 0;
  SyncookiesFailed = 0;
  TCPDeferAcceptDrop = 0;
  /** Handshakes that ended with a RST, from either side. */
  EmbryonicRsts = 0;
  // TcpExt: Fast Open (RFC 7413)
  /** Opened by us with data in the SYN: acknowledged with it; not. */
  TCPFastOpenActive = 0;
  TCPFastOpenActiveFail = 0;
  /** Opened by a peer with a good cookie; of them, cookies of the older key; SYNs with a bad one. */
  TCPFastOpenPassive = 0;
  TCPFastOpenPassiveAltKey = 0;
  TCPFastOpenPassiveFail = 0;
  /** As many Fast Open requests were pending as TCP_FASTOPEN allows. */
  TCPFastOpenListenOverflow = 0;
  /** SYNs that asked for a cookie. */
  TCPFastOpenCookieReqd = 0;
  /** Fast Open was found to come to nothing, and pauses (tcp_fastopen_blackhole_timeout_sec). */
  TCPFastOpenBlackhole = 0;
  // TcpExt: TIME_WAIT. As in Linux since 4.1, the first two count beginnings: waits longer than 4 s, and the others
  TW = 0;
  TWKilled = 0;
  /** Taken over by a connection that we open. */
  TWRecycled = 0;
  TCPTimeWaitOverflow = 0;
  /** Timestamps that were out of place: in a SYN (tcp_tw_recycle), in a SYN-ACK, for a connection, in TIME_WAIT. */
  PAWSPassive = 0;
  PAWSActive = 0;
  PAWSEstab = 0;
  PAWSTimewait = 0;
  // TcpExt: acknowledgments
  DelayedACKs = 0;
  TCPPureAcks = DOUBLE;
  TCPChallengeACK = 0;
  TCPSYNChallenge = 0;
  TCPMD5Unexpected = 0;
  /** Answers held back by `tcp_invalid_ratelimit`: by what they would have answered, and in which state. */
  TCPACKSkippedPAWS = 0;
  TCPACKSkippedSeq = 0;
  TCPACKSkippedFinWait2 = 0;
  TCPACKSkippedTimeWait = 0;
  TCPACKSkippedChallenge = 0;
  // TcpExt: loss
  TCPTimeouts = 0;
  TCPFastRetrans = 0;
  TCPSlowStartRetrans = 0;
  TCPLostRetransmit = 0;
  TCPLossProbes = 0;
  TCPLossProbeRecovery = 0;
  TCPSpuriousRTOs = 0;
  TCPRenoRecovery = 0;
  TCPSackRecovery = 0;
  TCPSACKReneging = 0;
  /** Time-outs, the first in a row, by the state in which they were: what had begun to repair the loss failed. */
  TCPSackRecoveryFail = 0;
  TCPRenoRecoveryFail = 0;
  TCPSackFailures = 0;
  TCPRenoFailures = 0;
  TCPLossFailures = 0;
  /** SACK blocks of what is not out. */
  TCPSACKDiscard = 0;
  TCPDSACKRecv = 0;
  TCPDSACKOfoRecv = 0;
  TCPDSACKRecvSegs = 0;
  TCPDSACKIgnoredDubious = 0;
  /** Of what was sent before this episode of loss began; when there was none. They undo nothing. */
  TCPDSACKIgnoredOld = 0;
  TCPDSACKIgnoredNoUndo = 0;
  TCPSACKReorder = 0;
  TCPRenoReorder = 0;
  TCPTSReorder = 0;
  TCPDSACKOldSent = 0;
  TCPDSACKOfoSent = 0;
  TCPFullUndo = 0;
  TCPLossUndo = 0;
  /** Segments that arrived marked CE, as far as peers told. */
  TCPDeliveredCE = 0;
  TCPPartialUndo = 0;
  TCPDSACKUndo = 0;
  TCPHystartTrainDetect = 0;
  TCPHystartTrainCwnd = 0;
  TCPHystartDelayDetect = 0;
  TCPHystartDelayCwnd = 0;
  /** Segments sent longer than the path is known to take (RFC 4821): lost, arrived. */
  TCPMTUPFail = 0;
  TCPMTUPSuccess = 0;
  // TcpExt: receiving
  TCPOFOQueue = 0;
  TCPOFODrop = 0;
  TCPRcvQDrop = 0;
  /** Segments with octets that came while our window was shut. */
  TCPZeroWindowDrop = 0;
  /** Segments dropped because they reach beyond the right edge of our window. */
  BeyondWindow = 0;
  // TcpExt: windows
  TCPFromZeroWindowAdv = 0;
  TCPToZeroWindowAdv = 0;
  TCPWinProbe = 0;
  TCPKeepAlive = 0;
  // TcpExt: endings
  TCPAbortOnData = 0;
  TCPAbortOnClose = 0;
  TCPAbortOnTimeout = 0;
  TCPAbortOnLinger = 0;
  TCPAbortOnMemory = 0;

  constructor() {
    this.InSegs = this.OutSegs = this.TCPPureAcks = 0;
  }
}
