import { CE, type Codepoint, ECT0, ECT1 } from '../../wire/packet.ts';
import { seqDiff } from '../../wire/seq.ts';
import { pacingRate } from '../congestion/pacing.ts';
import { busyTime, heldFor } from '../sending/hold-times.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { DELAYED_ACK_MIN } from '../tcb/timers.ts';
import { HOLD_REASONS, type HoldReason } from '../terms/holds.ts';
import type { State } from '../terms/state.ts';
import { RATE_UNLIMITED, type TcpInfo } from '../terms/tcp-info.ts';
import type { EcnMode } from '../variables/ecn.ts';

const STATE_NUMBER: Record<State, number> = {
  ESTABLISHED: 1,
  SYN_SENT: 2,
  SYN_RECEIVED: 3,
  FIN_WAIT_1: 4,
  FIN_WAIT_2: 5,
  TIME_WAIT: 6,
  CLOSED: 7,
  CLOSE_WAIT: 8,
  LAST_ACK: 9,
  LISTEN: 10,
  CLOSING: 11,
};

const CONGESTION_NUMBER = { Open: 0, Disorder: 1, CWR: 2, Recovery: 3, Loss: 4 };
const OPTION_TIMESTAMPS = 1;
const OPTION_SACK = 2;
const OPTION_WSCALE = 4;
const OPTION_ECN = 8;
const OPTION_ECN_SEEN = 16;
const ECN_MODE_NUMBER: Record<EcnMode, number> = { classic: 1, accurate: 2, pending: 3 };
const OPTION_SYN_DATA = 32;

/** What holds a connection back now, and for how long each thing has, in microseconds; those that never did are left out. */
export interface Holds {
  now: HoldReason;
  times: Partial<Record<HoldReason, number>>;
}

export function holdsOf(c: Tcb): Holds {
  const times: Holds['times'] = {};
  for (const reason of HOLD_REASONS) {
    const time = heldFor(c, reason);
    if (time > 0) times[reason] = time;
  }
  return { now: c.hold, times };
}

/** Octets in a second; 0: not measured (tcp_compute_delivery_rate). */
function deliveryRate(c: Tcb): number {
  const { rateSegments, rateInterval } = c.delivery;
  return rateInterval === 0 ? 0 : Math.floor((rateSegments * c.snd.mss * 1e6) / rateInterval);
}

export const tcpInfo = (c: Tcb): TcpInfo => ({
  ...stateInfo(c),
  ...segmentInfo(c),
  ...pathInfo(c),
  ...windowInfo(c),
  ...totals(c),
  ...ecnInfo(c),
});

function stateInfo(c: Tcb) {
  return {
    tcpi_state: STATE_NUMBER[c.state],
    tcpi_ca_state: CONGESTION_NUMBER[c.loss.congestionState],
    tcpi_retransmits: c.retransmits,
    tcpi_probes: c.probesOut,
    tcpi_backoff: c.backoff,
    tcpi_options: optionBits(c),
    tcpi_fastopen_client_fail: c.fastOpen?.fail ?? 0,
    tcpi_snd_wscale: c.snd.wscale,
    tcpi_rcv_wscale: c.rcv.wscale,
    tcpi_rto: c.rtt.rto,
    tcpi_ato: DELAYED_ACK_MIN,
  };
}

function optionBits(c: Tcb): number {
  const { ecn } = c;
  return (
    (c.timestamps ? OPTION_TIMESTAMPS : 0) |
    (c.sackPermitted ? OPTION_SACK : 0) |
    (c.windowScaling ? OPTION_WSCALE : 0) |
    (ecn !== null && ecn.mode !== 'pending' ? OPTION_ECN : 0) |
    (ecn?.seen ? OPTION_ECN_SEEN : 0) |
    (c.fastOpen?.synDataArrived ? OPTION_SYN_DATA : 0)
  );
}

/** The segments that are out, and when the last ones passed. */
function segmentInfo(c: Tcb) {
  const since = (at: number): number => Math.floor((c.tcp.now - at) / 1000);
  return {
    tcpi_snd_mss: c.snd.mss,
    tcpi_rcv_mss: c.rcv.mss,
    tcpi_unacked: c.sent.segments,
    tcpi_sacked: c.sent.sacked,
    tcpi_lost: c.sent.lost,
    tcpi_retrans: c.sent.retransmitted,
    tcpi_last_data_sent: since(c.lastDataSentAt),
    tcpi_last_data_recv: since(c.lastDataReceivedAt),
    tcpi_last_ack_recv: since(c.lastAckReceivedAt),
  };
}

/** What is known of the path, and how fast it is used. */
function pathInfo(c: Tcb) {
  return {
    tcpi_pmtu: c.tcp.network.mtuTo(c.remote),
    tcpi_rtt: Math.round(c.rtt.srtt),
    tcpi_rttvar: Math.round(c.rtt.rttvar),
    tcpi_min_rtt: c.rtt.minRtt,
    tcpi_advmss: c.advertisedMss,
    tcpi_reordering: c.loss.reordering,
    tcpi_reord_seen: c.reorderingSeen,
    tcpi_snd_ssthresh: c.cc.ssthresh,
    tcpi_snd_cwnd: c.cc.cwnd,
    tcpi_pacing_rate: Math.min(pacingRate(c), RATE_UNLIMITED),
    tcpi_max_pacing_rate: Math.min(c.cc.maxPacingRate, RATE_UNLIMITED),
    tcpi_delivery_rate: deliveryRate(c),
    tcpi_delivery_rate_app_limited: c.delivery.rateIsLimited ? 1 : 0,
  };
}

/** Both windows, what waits to leave, and what it has waited for. */
function windowInfo(c: Tcb) {
  return {
    tcpi_snd_wnd: c.snd.wnd,
    tcpi_rcv_wnd: c.rcv.wnd,
    tcpi_rcv_ssthresh: c.rcv.ssthresh,
    tcpi_rcv_space: c.spaceTarget,
    tcpi_rcv_rtt: c.rcv.rtt,
    tcpi_notsent_bytes: Math.max(0, seqDiff(c.sendQueue.end, c.snd.nxt)),
    tcpi_busy_time: busyTime(c),
    tcpi_rwnd_limited: heldFor(c, 'rwnd'),
    tcpi_sndbuf_limited: heldFor(c, 'sndbuf'),
  };
}

/** Of the whole life of the connection. */
function totals(c: Tcb) {
  return {
    tcpi_total_retrans: c.totalRetrans,
    tcpi_bytes_acked: c.bytesAcked,
    tcpi_bytes_received: c.bytesReceived,
    tcpi_segs_out: c.segsOut,
    tcpi_segs_in: c.segsIn,
    tcpi_data_segs_out: c.dataSegsOut,
    tcpi_data_segs_in: c.dataSegsIn,
    tcpi_bytes_sent: c.bytesSent,
    tcpi_bytes_retrans: c.bytesRetrans,
    tcpi_rcv_ooopack: c.outOfOrderSegs,
    tcpi_delivered: c.delivered,
    tcpi_dsack_dups: c.dsackDups,
    tcpi_total_rto: c.totalRto,
    tcpi_total_rto_recoveries: c.totalRtoRecoveries,
    tcpi_total_rto_time: Math.floor(c.totalRtoTime / 1000),
  };
}

function ecnInfo({ ecn }: Tcb) {
  const received = (field: Codepoint): number => (ecn?.receivedOctets[field] ?? 0) >>> 0;
  const delivered = (field: Codepoint): number => (ecn?.deliveredOctets[field] ?? 0) >>> 0;
  return {
    tcpi_delivered_ce: ecn?.deliveredCe ?? 0,
    tcpi_received_ce: ecn?.receivedCe ?? 0,
    tcpi_delivered_e1_bytes: delivered(ECT1),
    tcpi_delivered_e0_bytes: delivered(ECT0),
    tcpi_delivered_ce_bytes: delivered(CE),
    tcpi_received_e1_bytes: received(ECT1),
    tcpi_received_e0_bytes: received(ECT0),
    tcpi_received_ce_bytes: received(CE),
    tcpi_ecn_mode: ecn === null ? 0 : ECN_MODE_NUMBER[ecn.mode],
    tcpi_accecn_opt_seen: ecn?.optionSeen ?? 0,
    tcpi_accecn_fail_mode: ecn?.failMode ?? 0,
  };
}
