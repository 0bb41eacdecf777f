import type { TcpInfo } from '../../tcp/terms/tcp-info.ts';

/** Linux's numbers of the states (include/net/tcp_states.h), by RFC 9293's names. */
const STATES: Readonly<Record<number, string>> = {
  1: 'ESTABLISHED',
  2: 'SYN_SENT',
  3: 'SYN_RECEIVED',
  4: 'FIN_WAIT_1',
  5: 'FIN_WAIT_2',
  6: 'TIME_WAIT',
  7: 'CLOSED',
  8: 'CLOSE_WAIT',
  9: 'LAST_ACK',
  10: 'LISTEN',
  11: 'CLOSING',
};

const CA_STATES = ['Open', 'Disorder', 'CWR', 'Recovery', 'Loss'];

/** The bits of tcpi_options. */
const OPTIONS: readonly [bit: number, name: string][] = [
  [1, 'timestamps'],
  [2, 'SACK'],
  [8, 'ECN'],
  [32, 'data in SYN'],
];

/** One line of the page: what it is, its value, and where it is defined. */
export interface Fact {
  name: string;
  value: string;
  source: string;
}

/** tcp_info in words, in the order in which a reader asks. Empty where the socket doesn't tell. */
export function describe(info: TcpInfo | null): Fact[] {
  if (!info) return [];
  return [
    fact('State', STATES[info.tcpi_state] ?? `unknown (${info.tcpi_state})`, 'RFC 9293, 3.3.2'),
    fact('Negotiated options', negotiated(info), 'RFC 7323, RFC 2018'),
    fact('MSS', `${bytes(info.tcpi_snd_mss)} sent at most, ${bytes(info.tcpi_advmss)} advertised`, 'RFC 9293, 3.7.1'),
    fact('Path MTU', bytes(info.tcpi_pmtu), 'RFC 1191'),
    fact('Round-trip time', `${ms(info.tcpi_rtt)} smoothed, ±${ms(info.tcpi_rttvar)}`, 'RFC 6298'),
    fact('Smallest round-trip time', info.tcpi_min_rtt > 0 ? ms(info.tcpi_min_rtt) : 'none measured yet', ''),
    fact('Retransmission timeout', ms(info.tcpi_rto), 'RFC 6298'),
    fact('Congestion window', `${count(info.tcpi_snd_cwnd, 'segment')}`, 'RFC 5681'),
    fact('Slow-start threshold', threshold(info.tcpi_snd_ssthresh), 'RFC 5681'),
    fact('Congestion state', CA_STATES[info.tcpi_ca_state] ?? String(info.tcpi_ca_state), ''),
    fact('Windows', `${bytes(info.tcpi_snd_wnd)} the peer's, ${bytes(info.tcpi_rcv_wnd)} ours`, 'RFC 9293, 3.8.6'),
    fact('In flight', count(info.tcpi_unacked, 'segment'), ''),
    fact('Sent', `${count(info.tcpi_segs_out, 'segment')}, ${bytes(info.tcpi_bytes_acked)} acknowledged`, ''),
    fact('Received', `${count(info.tcpi_segs_in, 'segment')}, ${bytes(info.tcpi_bytes_received)} in order`, ''),
    fact('Retransmitted', `${count(info.tcpi_total_retrans, 'segment')}, ${bytes(info.tcpi_bytes_retrans)}`, ''),
    fact('Out of order', count(info.tcpi_rcv_ooopack, 'segment'), ''),
  ];
}

function negotiated(info: TcpInfo): string {
  const names = OPTIONS.filter(([bit]) => info.tcpi_options & bit).map(([, name]) => name);
  if (info.tcpi_options & 4)
    names.push(`window scale (peer 2^${info.tcpi_snd_wscale}, ours 2^${info.tcpi_rcv_wscale})`);
  return names.length > 0 ? names.join(', ') : 'none';
}

const fact = (name: string, value: string, source: string): Fact => ({ name, value, source });

const bytes = (n: number): string => `${n.toLocaleString('en-US')} bytes`;

const count = (n: number, unit: string): string => `${n.toLocaleString('en-US')} ${unit}${n === 1 ? '' : 's'}`;

const ms = (microseconds: number): string => `${(microseconds / 1000).toFixed(microseconds < 100_000 ? 3 : 0)} ms`;

/** "Arbitrarily high" until the first loss (RFC 5681, section 3.1). */
const threshold = (segments: number): string =>
  segments >= 0x7fffffff ? 'none yet: slow start has no end in sight' : count(segments, 'segment');
