import type { Connection } from '../../tcp/user/connection.ts';
import { SNIPPET_CONSTANTS } from '../terms/constants.ts';
import type { SocketFile } from './socket-file.ts';

/** Every field of tcp_info (src/tcp/terms/tcp-info.ts). */
const FIELDS = (
  'tcpi_state tcpi_ca_state tcpi_retransmits tcpi_probes tcpi_backoff tcpi_options tcpi_fastopen_client_fail tcpi_snd_wscale ' +
  'tcpi_rcv_wscale tcpi_rto tcpi_ato tcpi_snd_mss tcpi_rcv_mss tcpi_unacked tcpi_sacked tcpi_lost ' +
  'tcpi_retrans tcpi_last_data_sent tcpi_last_data_recv tcpi_last_ack_recv tcpi_pmtu tcpi_rcv_ssthresh ' +
  'tcpi_rtt tcpi_rttvar tcpi_snd_ssthresh tcpi_snd_cwnd tcpi_advmss tcpi_reordering tcpi_rcv_space ' +
  'tcpi_total_retrans tcpi_pacing_rate tcpi_max_pacing_rate tcpi_bytes_acked tcpi_bytes_received tcpi_segs_out tcpi_segs_in tcpi_data_segs_out ' +
  'tcpi_data_segs_in tcpi_notsent_bytes tcpi_min_rtt tcpi_delivery_rate tcpi_delivery_rate_app_limited tcpi_bytes_sent tcpi_bytes_retrans tcpi_rcv_ooopack ' +
  'tcpi_rcv_rtt tcpi_delivered tcpi_dsack_dups tcpi_reord_seen tcpi_total_rto tcpi_total_rto_recoveries ' +
  'tcpi_total_rto_time tcpi_snd_wnd tcpi_rcv_wnd tcpi_delivered_ce tcpi_received_ce ' +
  'tcpi_delivered_e1_bytes tcpi_delivered_e0_bytes tcpi_delivered_ce_bytes tcpi_received_e1_bytes ' +
  'tcpi_received_e0_bytes tcpi_received_ce_bytes tcpi_ecn_mode tcpi_accecn_opt_seen tcpi_accecn_fail_mode'
).split(' ');

/** TCP_INIT_CWND and TCP_TIMEOUT_INIT (include/net/tcp.h), TCP_MSS_DEFAULT. */
const INITIAL = { cwnd: 10, rto: 1_000_000, mss: 536 } as const;

/** tcp_info, tcp_cc_info, and the one field of SO_MEMINFO that scripts ask for. */
export const connectionInfo = (c: Connection): Readonly<Record<string, number>> => ({
  ...c.info(),
  ...c.congestionInfo(),
  SK_MEMINFO_RCVBUF: c.receiveBuffer,
});

/** tcp_cc_info, the union that TCP_CC_INFO gives: empty where the algorithm has none of it, or there is no connection. */
export const congestionInfo = ({ connection }: SocketFile): Readonly<Record<string, number>> =>
  connection?.congestionInfo() ?? {};

/** tcp_info of a socket, as getsockopt and snippets ask for it: also of one that listens, or is fresh (tcp_get_info). */
export function socketInfo(file: SocketFile): Readonly<Record<string, number>> {
  const { connection, listener, host } = file;
  if (connection !== null) return connectionInfo(connection);
  const none = Object.fromEntries(FIELDS.map((name) => [name, 0]));
  const common = { tcpi_snd_cwnd: INITIAL.cwnd, tcpi_reordering: host.sysctls.tcp_reordering };
  if (listener !== null) {
    // Of a listener, two fields tell of its queue: how many wait in it, and how many may.
    const queue = { tcpi_unacked: listener.acceptQueueLength, tcpi_sacked: listener.backlog };
    return { ...none, ...common, ...queue, tcpi_state: SNIPPET_CONSTANTS.TCP_LISTEN! };
  }
  return {
    ...none,
    ...common,
    tcpi_state: SNIPPET_CONSTANTS.TCP_CLOSE!,
    tcpi_rto: INITIAL.rto,
    tcpi_snd_mss: INITIAL.mss,
    tcpi_snd_ssthresh: SNIPPET_CONSTANTS.TCP_INFINITE_SSTHRESH!,
  };
}
