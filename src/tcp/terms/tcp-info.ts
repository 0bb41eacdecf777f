/** A rate without a limit, as Linux tells it: all bits of 64 (~0ULL; here the nearest number to it, 2^64). */
export const RATE_UNLIMITED = 2 ** 64;

/**
 * What a connection knows of itself, under the names of Linux's `struct tcp_info` (include/uapi/linux/tcp.h).
 * Times are in microseconds unless the name's comment says otherwise; cwnd and its kin count segments, as there.
 */
export interface TcpInfo {
  /** Linux's number of the state: 1 ESTABLISHED, 2 SYN_SENT, 3 SYN_RECV, 4 FIN_WAIT1, 5 FIN_WAIT2, 6 TIME_WAIT, 7 CLOSE, 8 CLOSE_WAIT, 9 LAST_ACK, 10 LISTEN, 11 CLOSING. */
  tcpi_state: number;
  /** 0 Open, 1 Disorder, 2 CWR, 3 Recovery, 4 Loss. */
  tcpi_ca_state: number;
  /** Unanswered retransmission timeouts in a row. */
  tcpi_retransmits: number;
  /** Unanswered window or keep-alive probes. */
  tcpi_probes: number;
  tcpi_backoff: number;
  /** Negotiated options: 1 timestamps, 2 SACK, 4 window scale, 8 ECN, 16 ECN seen, 32 data in SYN. */
  tcpi_options: number;
  /** Why data was not delivered by our SYN (RFC 7413): 0 it was, or there was none; 1 no cookie; 2 not acknowledged; 3 the SYN was sent again. */
  tcpi_fastopen_client_fail: number;
  /** Shift counts of the peer's windows and of ours. */
  tcpi_snd_wscale: number;
  tcpi_rcv_wscale: number;
  /** Retransmission timeout, delayed-ACK timeout. */
  tcpi_rto: number;
  tcpi_ato: number;
  /** Our effective send MSS and the estimate of the peer's, in bytes. */
  tcpi_snd_mss: number;
  tcpi_rcv_mss: number;
  /** Segments in flight or queued for retransmission; of them selectively acknowledged, lost, retransmitted. */
  tcpi_unacked: number;
  tcpi_sacked: number;
  tcpi_lost: number;
  tcpi_retrans: number;
  /** Milliseconds since the last data sent, data received, ACK received. */
  tcpi_last_data_sent: number;
  tcpi_last_data_recv: number;
  tcpi_last_ack_recv: number;
  /** Path MTU in bytes, slow-start threshold of the receive window in bytes. */
  tcpi_pmtu: number;
  tcpi_rcv_ssthresh: number;
  /** Smoothed round-trip time and its mean deviation (RFC 6298). */
  tcpi_rtt: number;
  tcpi_rttvar: number;
  /** Slow-start threshold and congestion window, in segments. */
  tcpi_snd_ssthresh: number;
  tcpi_snd_cwnd: number;
  /** The MSS we advertised, in bytes. */
  tcpi_advmss: number;
  tcpi_reordering: number;
  /** Receive space, in bytes. */
  tcpi_rcv_space: number;
  /** Segments ever retransmitted. */
  tcpi_total_retrans: number;
  /**
   * Octets in a second: what the algorithm would have leave, whether it is paced or not (a window in each round trip, and a
   * fifth more; in slow start twice the window); and the user's limit, SO_MAX_PACING_RATE (`RATE_UNLIMITED`: none).
   */
  tcpi_pacing_rate: number;
  tcpi_max_pacing_rate: number;
  /** Octets acknowledged by the peer; octets received in order. */
  tcpi_bytes_acked: number;
  tcpi_bytes_received: number;
  /** Segments (super-segments count as what they carry) sent and received, all and with data. */
  tcpi_segs_out: number;
  tcpi_segs_in: number;
  tcpi_data_segs_out: number;
  tcpi_data_segs_in: number;
  /** Octets queued and never sent yet. */
  tcpi_notsent_bytes: number;
  /** The smallest round-trip time seen. */
  tcpi_min_rtt: number;
  /** Octets in a second at which segments arrived last; 1: the user had too little to send, so the path may do more. */
  tcpi_delivery_rate: number;
  tcpi_delivery_rate_app_limited: number;
  /** Octets sent, and of them again. */
  tcpi_bytes_sent: number;
  tcpi_bytes_retrans: number;
  /** Out-of-order segments received. */
  tcpi_rcv_ooopack: number;
  /** The receiver's estimate of the round-trip time. */
  tcpi_rcv_rtt: number;
  /** Segments that the peer has got, as far as ACKs and SACKs tell. */
  tcpi_delivered: number;
  /** Of them: marked CE on their way. */
  tcpi_delivered_ce: number;
  /** D-SACKs received; times that reordering was seen. */
  tcpi_dsack_dups: number;
  tcpi_reord_seen: number;
  /** Retransmission time-outs, all and the recoveries they began, and milliseconds spent in those. */
  tcpi_total_rto: number;
  tcpi_total_rto_recoveries: number;
  tcpi_total_rto_time: number;
  /** Time with data out or to send, and of it held back by the peer's window, and by the send buffer. */
  tcpi_busy_time: number;
  tcpi_rwnd_limited: number;
  tcpi_sndbuf_limited: number;
  /** The peer's window and ours as last advertised, in bytes. */
  tcpi_snd_wnd: number;
  tcpi_rcv_wnd: number;
  /** Packets received marked CE; octets delivered and received as ECT(1), ECT(0) and CE, where AccECN tells. */
  tcpi_received_ce: number;
  tcpi_delivered_e1_bytes: number;
  tcpi_delivered_e0_bytes: number;
  tcpi_delivered_ce_bytes: number;
  tcpi_received_e1_bytes: number;
  tcpi_received_e0_bytes: number;
  tcpi_received_ce_bytes: number;
  /** 0 none, 1 ECN of RFC 3168, 2 AccECN, 3 asked for and not answered. */
  tcpi_ecn_mode: number;
  /** Of the peer's AccECN option: 0 none, 1 one without counters, 2 one with counters, 3 one that the path had cleared. */
  tcpi_accecn_opt_seen: number;
  /** AccECN's failures: 1 ACE sent, 2 ACE received, 4 option sent, 8 option received. */
  tcpi_accecn_fail_mode: number;
}
