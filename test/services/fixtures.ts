import type { TcpInfo } from '../../src/tcp/terms/tcp-info.ts';

/** A connection in the middle of its life: what the page shows of it. */
const shown: Partial<TcpInfo> = {
  tcpi_state: 1,
  tcpi_ca_state: 0,
  tcpi_options: 1 | 2 | 4,
  tcpi_snd_wscale: 7,
  tcpi_rcv_wscale: 8,
  tcpi_rto: 200_000,
  tcpi_snd_mss: 1448,
  tcpi_advmss: 1460,
  tcpi_pmtu: 1500,
  tcpi_rtt: 1234,
  tcpi_rttvar: 500,
  tcpi_min_rtt: 900,
  tcpi_snd_cwnd: 10,
  tcpi_snd_ssthresh: 0x7fffffff,
  tcpi_unacked: 0,
  tcpi_snd_wnd: 65_535,
  tcpi_rcv_wnd: 65_535,
  tcpi_segs_out: 5,
  tcpi_segs_in: 4,
  tcpi_bytes_acked: 1000,
  tcpi_bytes_received: 100,
  tcpi_bytes_retrans: 0,
  tcpi_total_retrans: 0,
  tcpi_rcv_ooopack: 0,
};

export const tcpInfo = shown as TcpInfo;
