import type { SocketDetails, SocketMemory } from '../../observe/inspect/sockets.ts';
import { RATE_UNLIMITED, type TcpInfo } from '../../tcp/terms/tcp-info.ts';

/** What ss takes for the usual reordering (tcp_reordering), and says nothing about. */
const USUAL_REORDERING = 3;
/** A slow-start threshold that was never set; ss says nothing about those beyond it. */
const SSTHRESH_UNSET = 0xffff;

/** `tcpi_ecn_mode` of AccECN, which ss has no word for. */
const ACC_ECN = 2;

/** As %g of printf: six digits that count. */
const general = (value: number): string => String(Number(value.toPrecision(6)));
const milliseconds = (micros: number): string => general(micros / 1000);

/** `name:value`, or nothing where the value is 0. */
const pair = (name: string, value: number): string[] => (value ? [`${name}:${value}`] : []);

/** Bits in a second: all digits, or three of them that count. */
function rateText(rate: number, numeric: boolean): string {
  if (numeric) return `${Math.round(rate)}bps`;
  const power = rate < 1000 ? 0 : Math.min(5, Math.floor(Math.log10(rate) / 3));
  return `${Number((rate / 1000 ** power).toPrecision(3))}${['', 'k', 'M', 'G', 'T', 'P'][power]}bps`;
}

/** How much is said: `-e` adds options, `-n` digits. */
export interface InfoOptions {
  extended?: boolean;
  numeric?: boolean;
}

/** What `-i` shows, in the words and the order of ss (tcp_stats_print in misc/ss.c); and behind it, of our own, what holds it back. */
export function infoText(
  { info, congestion, algorithm, holds }: SocketDetails,
  { extended = false, numeric = false }: InfoOptions,
): string {
  return [
    ...optionsText(info, extended),
    congestion,
    ...pathText(info),
    ...countsText(info),
    ...flightText(info, numeric),
    ...algorithmText(congestion, algorithm),
    ...(holds.now === 'idle' ? [] : [`hold:${holds.now}`]),
  ].join(' ');
}

function optionsText({ tcpi_options }: TcpInfo, extended: boolean): string[] {
  if (!extended) return [];
  const names = ['ts', 'sack', null, 'ecn', 'ecnseen', 'fastopen'];
  return names.filter((name, bit): name is string => name !== null && (tcpi_options & (1 << bit)) !== 0);
}

function pathText(info: TcpInfo): string[] {
  const { tcpi_rtt, tcpi_rttvar, tcpi_ato, tcpi_snd_ssthresh } = info;
  return [
    ...((info.tcpi_options & 4) !== 0 ? [`wscale:${info.tcpi_snd_wscale},${info.tcpi_rcv_wscale}`] : []),
    `rto:${milliseconds(info.tcpi_rto)}`,
    ...pair('backoff', info.tcpi_backoff),
    ...(tcpi_rtt > 0 ? [`rtt:${milliseconds(tcpi_rtt)}/${milliseconds(tcpi_rttvar)}`] : []),
    ...(tcpi_ato > 0 ? [`ato:${milliseconds(tcpi_ato)}`] : []),
    ...pair('mss', info.tcpi_snd_mss),
    ...pair('pmtu', info.tcpi_pmtu),
    ...pair('rcvmss', info.tcpi_rcv_mss),
    ...pair('advmss', info.tcpi_advmss),
    ...pair('cwnd', info.tcpi_snd_cwnd),
    ...pair('ssthresh', tcpi_snd_ssthresh < SSTHRESH_UNSET ? tcpi_snd_ssthresh : 0),
  ];
}

function countsText(info: TcpInfo): string[] {
  return [
    ...pair('bytes_sent', info.tcpi_bytes_sent),
    ...pair('bytes_retrans', info.tcpi_bytes_retrans),
    ...pair('bytes_acked', info.tcpi_bytes_acked),
    ...pair('bytes_received', info.tcpi_bytes_received),
    ...pair('segs_out', info.tcpi_segs_out),
    ...pair('segs_in', info.tcpi_segs_in),
    ...pair('data_segs_out', info.tcpi_data_segs_out),
    ...pair('data_segs_in', info.tcpi_data_segs_in),
  ];
}

function flightText(info: TcpInfo, numeric: boolean): string[] {
  const { tcpi_snd_cwnd, tcpi_snd_mss, tcpi_rtt, tcpi_retrans, tcpi_total_retrans } = info;
  const rate = tcpi_rtt > 0 ? (tcpi_snd_cwnd * tcpi_snd_mss * 8 * 1e6) / tcpi_rtt : 0;
  return [
    ...(rate > 0 ? [`send ${rateText(rate, numeric)}`] : []),
    ...pair('lastsnd', info.tcpi_last_data_sent),
    ...pair('lastrcv', info.tcpi_last_data_recv),
    ...pair('lastack', info.tcpi_last_ack_recv),
    ...pacingText(info, numeric),
    ...(info.tcpi_delivery_rate > 0 ? [`delivery_rate ${rateText(8 * info.tcpi_delivery_rate, numeric)}`] : []),
    ...pair('delivered', info.tcpi_delivered),
    ...pair('delivered_ce', info.tcpi_delivered_ce),
    ...(info.tcpi_delivery_rate_app_limited > 0 ? ['app_limited'] : []),
    ...limitsText(info),
    ...pair('unacked', info.tcpi_unacked),
    ...(tcpi_retrans > 0 || tcpi_total_retrans > 0 ? [`retrans:${tcpi_retrans}/${tcpi_total_retrans}`] : []),
    ...pair('lost', info.tcpi_lost),
    ...pair('sacked', info.tcpi_sacked),
    ...pair('dsack_dups', info.tcpi_dsack_dups),
    ...(info.tcpi_reordering !== USUAL_REORDERING ? [`reordering:${info.tcpi_reordering}`] : []),
    ...pair('reord_seen', info.tcpi_reord_seen),
    ...(info.tcpi_rcv_rtt > 0 ? [`rcv_rtt:${milliseconds(info.tcpi_rcv_rtt)}`] : []),
    ...pair('rcv_space', info.tcpi_rcv_space),
    ...pair('rcv_ssthresh', info.tcpi_rcv_ssthresh),
    ...pair('notsent', info.tcpi_notsent_bytes),
    ...(info.tcpi_min_rtt > 0 ? [`minrtt:${milliseconds(info.tcpi_min_rtt)}`] : []),
    ...pair('rcv_ooopack', info.tcpi_rcv_ooopack),
    ...pair('snd_wnd', info.tcpi_snd_wnd),
    ...pair('rcv_wnd', info.tcpi_rcv_wnd),
    ...pair('received_ce', info.tcpi_received_ce),
    ...(info.tcpi_ecn_mode === ACC_ECN ? ['accecn'] : []),
  ];
}

/** The rate, and the user's limit behind it. */
function pacingText({ tcpi_pacing_rate, tcpi_max_pacing_rate }: TcpInfo, numeric: boolean): string[] {
  if (tcpi_pacing_rate === 0 || tcpi_pacing_rate === RATE_UNLIMITED) return [];
  const rate = `pacing_rate ${rateText(8 * tcpi_pacing_rate, numeric)}`;
  const isLimited = tcpi_max_pacing_rate > 0 && tcpi_max_pacing_rate !== RATE_UNLIMITED;
  return [isLimited ? `${rate}/${rateText(8 * tcpi_max_pacing_rate, numeric)}` : rate];
}

/** As ss has it of bbr: `cubic:(w_max:100,k_s:2.1)`. A user's own may say what it likes: blanks and brackets would be read as ends. */
function algorithmText(name: string, known: SocketDetails['algorithm']): string[] {
  const entries = Object.entries(known).filter(([, value]) => value !== 0);
  const said = entries.map(
    ([key, value]) => `${key}:${typeof value === 'number' ? general(value) : value.replace(/[\s,()]+/g, '_')}`,
  );
  return said.length > 0 ? [`${name}:(${said.join(',')})`] : [];
}

/** As ss has them: milliseconds, and what part of the busy time. */
function limitsText({ tcpi_busy_time, tcpi_rwnd_limited, tcpi_sndbuf_limited }: TcpInfo): string[] {
  const whole = (time: number): string => `${Math.floor(time / 1000)}ms`;
  const share = (time: number): string => `${whole(time)}(${((100 * time) / tcpi_busy_time).toFixed(1)}%)`;
  return [
    ...(tcpi_busy_time > 0 ? [`busy:${whole(tcpi_busy_time)}`] : []),
    ...(tcpi_rwnd_limited > 0 ? [`rwnd_limited:${share(tcpi_rwnd_limited)}`] : []),
    ...(tcpi_sndbuf_limited > 0 ? [`sndbuf_limited:${share(tcpi_sndbuf_limited)}`] : []),
  ];
}

/** What `-m` shows: `skmem:(r0,rb131072,t0,tb87040,...)`; what the kernel counts and this stack doesn't have is 0. */
export function memoryText({ received, receiveBuffer, sent, unsent, sendBuffer }: SocketMemory): string {
  return `skmem:(r${received},rb${receiveBuffer},t${sent},tb${sendBuffer},f0,w${unsent},o0,bl0,d0)`;
}
