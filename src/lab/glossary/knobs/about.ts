import type { Sysctls } from '../../../host/sysctls.ts';
import type { Draft } from '../terms/entry.ts';

type About = Partial<Pick<Draft, 'also' | 'asked' | 'many' | 'here' | 'scenarios' | 'see'>>;

/** What there is to say of a knob beside its table: where it is played, what it belongs to. */
export const about: Partial<Readonly<Record<keyof Sysctls, About>>> = {
  somaxconn: { scenarios: ['backlog'], see: ['backlog', 'accept queue', 'SYN queue'] },
  tcp_max_syn_backlog: { scenarios: ['syn-queue', 'syn-drops'], see: ['SYN queue', 'tcp_syncookies', 'SynBacklogLow'] },
  tcp_syncookies: { scenarios: ['syn-flood', 'syn-queue'], see: ['SYN cookie', 'SYN flood'] },
  tcp_abort_on_overflow: { scenarios: ['abort-on-overflow', 'backlog'], see: ['accept queue'] },
  tcp_syn_retries: { scenarios: ['handshake-lost 1', 'refused'], see: ['SYN_SENT', 'ETIMEDOUT'] },
  tcp_syn_linear_timeouts: { scenarios: ['handshake-lost 1'], see: ['tcp_syn_retries', 'SYN_SENT'] },
  tcp_synack_retries: { scenarios: ['handshake-lost 2', 'syn-rcvd'], see: ['SYN_RECEIVED', 'SYN-ACK timer'] },
  tcp_timestamps: { scenarios: ['options', 'reuse'], see: ['timestamps', 'PAWS'] },
  tcp_window_scaling: { scenarios: ['window-scaling', 'options'], see: ['window scale'] },
  tcp_sack: { scenarios: ['sack', 'options'], see: ['SACK'] },
  tcp_ecn: { also: ['explicit congestion notification'], see: ['ECE', 'CWR', 'TcpExtTCPDeliveredCE'] },
  tcp_dsack: { scenarios: ['sack', 'spurious-rto'], see: ['D-SACK'] },
  tcp_retries1: { see: ['retries1/retries2/orphan_retries'] },
  tcp_retries2: { scenarios: ['power-cut'], see: ['retries1/retries2/orphan_retries', 'ETIMEDOUT'] },
  tcp_orphan_retries: { scenarios: ['close-lost 1'], see: ['retries1/retries2/orphan_retries', 'orphan'] },
  tcp_max_orphans: { scenarios: ['close-lost 1'], see: ['orphan', 'TcpExtTCPAbortOnMemory'] },
  tcp_fin_timeout: {
    scenarios: ['fin-wait-2', 'fin-timeout-myth'],
    see: ['fin_timeout myth', 'FIN_WAIT_2', 'FIN_WAIT_2 timer'],
  },
  tcp_keepalive_time: { scenarios: ['power-cut', 'tcp-keepalive-vs-http-keep-alive'], see: ['keepalive'] },
  tcp_keepalive_intvl: { scenarios: ['power-cut'], see: ['keepalive'] },
  tcp_keepalive_probes: { scenarios: ['power-cut'], see: ['keepalive'] },
  tcp_timewait_len: {
    also: ['TCP_TIMEWAIT_LEN'],
    here: ['tcpglass timewait'],
    scenarios: ['close-lost 4', 'no-time-wait'],
    see: ['2msl', 'TIME_WAIT', 'fin_timeout myth'],
  },
  tcp_max_tw_buckets: { scenarios: ['max-tw-buckets'], see: ['TIME_WAIT', 'TcpExtTCPTimeWaitOverflow'] },
  tcp_fastopen: { also: ['TCP_FASTOPEN'], scenarios: ['fast-open'], see: ['TCP Fast Open'] },
  tcp_fastopen_key: { also: ['TCP_FASTOPEN_KEY'], see: ['TCP Fast Open'] },
  tcp_fastopen_blackhole_timeout_sec: { see: ['TCP Fast Open'] },
  tcp_tw_reuse: { also: ['tw_reuse'], scenarios: ['reuse', 'short-connections'], see: ['TIME_WAIT', 'timestamps'] },
  tcp_tw_reuse_delay: { scenarios: ['reuse'], see: ['tcp_tw_reuse'] },
  tcp_tw_recycle: { also: ['tw_recycle'], scenarios: ['tw-recycle-nat'], see: ['TimestampBeforeLast', 'tcp_tw_reuse'] },
  tcp_rfc1337: { scenarios: ['rst-in-time-wait'], see: ['TIME_WAIT', 'RST'] },
  tcp_rmem: { scenarios: ['window-scaling', 'zero-window'], see: ['window', 'BDP'] },
  tcp_moderate_rcvbuf: { see: ['tcp_rmem', 'window'] },
  tcp_rcvbuf_low_rtt: { see: ['tcp_rmem', 'tcp_moderate_rcvbuf'] },
  tcp_notsent_lowat: { see: ['tcp_wmem', 'hold sndbuf'] },
  tcp_wmem: { scenarios: ['backpressure'], see: ['hold sndbuf', 'BDP'] },
  tcp_limit_output_bytes: { see: ['hold turn'] },
  tcp_reordering: { scenarios: ['fast-retransmit'], see: ['fast retransmit', 'TCP Dup ACK'] },
  tcp_max_reordering: { see: ['tcp_reordering'] },
  tcp_recovery: { scenarios: ['fast-retransmit', 'sack'], see: ['fast retransmit', 'reordering timer'] },
  tcp_early_retrans: { scenarios: ['tail-loss'], see: ['loss probe timer', 'TcpExtTCPLossProbes'] },
  tcp_frto: { scenarios: ['rto'], see: ['RTO', 'TcpExtTCPSpuriousRTOs'] },
  tcp_congestion_control: { scenarios: ['congestion', 'cubic-vs-reno-vs-bbr'], see: ['congestion avoidance', 'cwnd'] },
  tcp_slow_start_after_idle: { scenarios: ['congestion'], see: ['slow start', 'cwnd'] },
  tcp_rto_min_us: { scenarios: ['rto'], see: ['RTO'] },
  tcp_rto_max_ms: { scenarios: ['rto'], see: ['RTO'] },
  tcp_min_rtt_wlen: { see: ['RTT'] },
  tcp_challenge_ack_limit: { scenarios: ['blind-rst', 'syn-on-established'], see: ['challenge ACK'] },
  tcp_invalid_ratelimit: { scenarios: ['ack-storm'], see: ['challenge ACK', 'TcpExtTCPACKSkippedSeq'] },
  tcp_mtu_probing: { scenarios: ['mss-mtu'], see: ['path MTU', 'tcp_base_mss', 'tcp_mtu_probe_floor'] },
  tcp_base_mss: { scenarios: ['mss-mtu'], see: ['tcp_mtu_probing'] },
  tcp_mtu_probe_floor: { see: ['tcp_mtu_probing'] },
  tcp_probe_interval: { see: ['tcp_mtu_probing'] },
  ip_local_port_range: {
    also: ['ephemeral port', 'ephemeral ports', '临时端口', '端口范围'],
    scenarios: ['ports', 'short-connections'],
    see: ['EADDRNOTAVAIL', 'four-tuple'],
  },
  ip_no_pmtu_disc: { scenarios: ['mss-mtu'], see: ['path MTU'] },
  min_pmtu: { see: ['path MTU'] },
  mtu_expires: { see: ['path MTU'] },
};

/** What the table's English doesn't say because its readers run this stack, and a reader of Linux's documents needs. */
export const LINUX_PREFIX: Partial<Readonly<Record<keyof Sysctls, string>>> = {
  somaxconn: 'net.core.',
  hop_limit: 'net.ipv6.conf.all.',
  min_pmtu: 'net.ipv4.route.',
  mtu_expires: 'net.ipv4.route.',
  accept_source_route: 'net.ipv4.conf.all.',
  ip6frag_time: 'net.ipv6.',
  ip6frag_high_thresh: 'net.ipv6.',
  echo_ignore_all: 'net.ipv6.icmp.',
};

/** Knobs that no kernel of today has: a constant there, and one that is gone. */
export const NOT_ON_LINUX: ReadonlySet<string> = new Set(['tcp_timewait_len', 'tcp_tw_recycle']);
