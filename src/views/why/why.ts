import type { SocketSnapshot } from '../../observe/inspect/sockets.ts';
import type { TimerSnapshot } from '../../observe/inspect/timers.ts';
import type { ConnectionHistory } from '../../observe/log/history.ts';
import type { LogEntry, RetransmitEntry, StateEntry } from '../../observe/log/schema.ts';
import { HOLD_REASONS, holdCauses } from '../../tcp/terms/holds.ts';
import type { State } from '../../tcp/terms/state.ts';
import type { Micros } from '../../time/wheel.ts';
import { type Line, type Span, type Style, wrapped } from '../text/line.ts';
import { causeText, counted, endText, octetsText, timeText } from '../text/units.ts';
import { findingsOf, oddness } from './findings.ts';

export interface Visit {
  socket: SocketSnapshot;
  /** The last entries of its log, and what its clock shows now. */
  entries: readonly LogEntry[];
  now: Micros;
}

/** Before the texts are words that say what they are about. */
const LABEL = 9;
const CHANGES_SHOWN = 5;
const WIDTH_MIN = 40;

/** What each state means. */
const MEANINGS: Readonly<Record<State, string>> = {
  CLOSED: 'there is no connection',
  LISTEN: 'it waits for SYNs',
  SYN_SENT: 'our SYN is out, no answer has come',
  SYN_RECEIVED: 'our SYN-ACK is out, the ACK that completes the handshake has not come',
  ESTABLISHED: 'both directions are open',
  FIN_WAIT_1: 'we have closed, our FIN is not acknowledged yet',
  FIN_WAIT_2: 'we have closed and the peer knows; it has not closed its direction',
  CLOSE_WAIT: 'the peer has closed, we have not',
  CLOSING: 'both have closed at the same time, our FIN is not acknowledged yet',
  LAST_ACK: 'both have closed, our FIN, the last one, is not acknowledged yet',
  TIME_WAIT: 'both have closed; it waits for what may still be under way (2MSL)',
};

/** One screen about one connection: where it is, how it got there, what it waits for, what comes next, what is unusual. */
export function whyLines({ socket, entries, now }: Visit, width: number): Line[] {
  const page = new Page(Math.max(WIDTH_MIN, width));
  page.title(titleOf(socket));
  page.say('State', [`${socket.state} for ${timeText(socket.age)}: ${MEANINGS[socket.state]}`], 'state');
  page.say('Before', changesOf(entries, now));
  page.say('Waits', waitsOf(socket));
  page.say('Next', nextOf(socket, entries));
  page.say('Limits', limitsOf(socket));
  const findings = findingsOf(socket, entries).map(({ text }) => text);
  if (findings.length > 0) page.say('Unusual', findings, 'slow');
  else page.say('Unusual', ['nothing']);
  return page.lines;
}

/** Of a connection that is over: how it ended, and what came before. */
export function endedLines({ connection, entries }: ConnectionHistory, width: number): Line[] {
  const page = new Page(Math.max(WIDTH_MIN, width));
  const { local, localPort, remote, remotePort } = connection;
  const end = entries[entries.length - 1]?.time ?? connection.time;
  page.title(
    `Connection ${endText(local, localPort)} ↔ ${endText(remote, remotePort)}, number ${connection.connection}, is over`,
  );
  const changes = changesOf(entries, end).map((text) =>
    text.replace(/^0 µs ago /, '').replace(' ago ', ' before that '),
  );
  page.say('Changes', changes);
  return page.lines;
}

/** Connections to choose from, the oddest first. */
export function candidateLines(sockets: readonly SocketSnapshot[], width: number): Line[] {
  const rows = sockets.map((socket) => ({ socket, odd: oddness(socket) }));
  const waits = ({ socket }: (typeof rows)[number]): number => Number(socket.state === 'TIME_WAIT');
  rows.sort((a, b) => b.odd - a.odd || waits(a) - waits(b) || b.socket.age - a.socket.age);
  return rows.flatMap(({ socket }) => {
    const [finding] = findingsOf(socket);
    const id = socket.id === null ? '-' : `#${socket.id}`;
    const page = new Page(Math.max(WIDTH_MIN, width));
    const row = `${socket.state} for ${timeText(socket.age)}  ${endsText(socket)}`;
    page.say(id, [row], 'state');
    if (finding !== undefined) page.say('', [finding.text], 'slow');
    return page.lines;
  });
}

class Page {
  readonly lines: Line[] = [];
  private readonly width: number;

  constructor(width: number) {
    this.width = width;
  }

  title(text: string): void {
    for (const line of wrapped(text, this.width)) this.lines.push([{ text: line, style: 'heading' }]);
  }

  /** @param texts each begins a line */
  say(label: string, texts: readonly string[], style?: Style): void {
    let first = label;
    for (const text of texts) {
      for (const line of wrapped(text, this.width - LABEL)) {
        const spans: Span[] = [
          { text: first.padEnd(LABEL), style: 'faint' },
          { text: line, style },
        ];
        this.lines.push(spans);
        first = '';
      }
    }
  }
}

function endsText({ local, localPort, remote, remotePort }: SocketSnapshot): string {
  const here = endText(local, localPort);
  return remote === null ? here : `${here} ↔ ${endText(remote, remotePort)}`;
}

function titleOf(socket: SocketSnapshot): string {
  const number = socket.id === null ? '' : `, number ${socket.id}`;
  if (socket.remote === null) return `Listener at ${endsText(socket)}${number}`;
  return `Connection ${endsText(socket)}${number}`;
}

function changesOf(entries: readonly LogEntry[], now: Micros): string[] {
  const changes = entries.filter((entry): entry is StateEntry => entry.type === 'state').slice(-CHANGES_SHOWN);
  return changes.map(({ time, to, cause }) => `${timeText(now - time)} ago ${to}: ${causeText(cause)}`);
}

function waitsOf({ state, timers, details, recvQueue, sendQueue, synQueue }: SocketSnapshot): string[] {
  if (state === 'LISTEN') {
    return [
      `${counted(recvQueue, 'connection')} of ${sendQueue} that may wait for accept, ${counted(synQueue, 'handshake')} under way`,
    ];
  }
  if (state === 'TIME_WAIT') return ['2MSL to pass'];
  const waits: string[] = [];
  const { unsent = 0, sent = sendQueue } = details?.memory ?? {};
  if (sent > 0) {
    const segments = details === undefined ? '' : ` in ${counted(details.info.tcpi_unacked, 'segment')}`;
    waits.push(`the ACK of ${octetsText(sent)}${segments}`);
  }
  if (unsent > 0) waits.push(`${octetsText(unsent)} wait to be sent for the first time`);
  if (state === 'SYN_SENT') waits.push('a SYN-ACK');
  if (state === 'SYN_RECEIVED') waits.push('the ACK of our SYN-ACK');
  if (/^(FIN_WAIT_1|CLOSING|LAST_ACK)$/.test(state)) waits.push('the ACK of our FIN');
  if (/^FIN_WAIT_/.test(state)) waits.push("the peer's FIN");
  if (state === 'CLOSE_WAIT') waits.push('the application here to call close');
  if (recvQueue > 0) waits.push(`the application here to read ${octetsText(recvQueue)}`);
  if (timers.some(({ name }) => name === 'persist')) waits.push("the peer's window to open");
  return waits.length > 0 ? waits : ['nothing: either end may send'];
}

function nextOf(socket: SocketSnapshot, entries: readonly LogEntry[]): string[] {
  const timers = [...socket.timers].sort((a, b) => a.left - b.left);
  if (timers.length === 0) return ['nothing by itself: no timer runs'];
  return timers.map((timer) => `in ${timeText(timer.left)} ${timerText(timer, socket, entries)}`);
}

function timerText(
  { name, retries }: TimerSnapshot,
  { state, orphan }: SocketSnapshot,
  entries: readonly LogEntry[],
): string {
  switch (name) {
    case 'on': {
      const limit = entries.findLast((entry): entry is RetransmitEntry => entry.type === 'retransmit')?.limit;
      const count = `time-out ${retries + 1}${limit === undefined ? '' : ` of ${limit}`}`;
      const what =
        state === 'SYN_SENT' ? 'the SYN' : state === 'SYN_RECEIVED' ? 'the SYN-ACK' : 'what is not acknowledged';
      return `it sends ${what} again (${count}), unless the ACK comes; RFC 6298 5.4`;
    }
    case 'persist':
      return `it asks for a window (probe ${retries + 1}); RFC 9293 3.8.6.1`;
    case 'keepalive':
      if (state === 'FIN_WAIT_2' && orphan) return 'it is forgotten: tcp_fin_timeout is over; ip-sysctl.rst';
      return `it asks whether the peer is there (keep-alive ${retries + 1}), unless the peer is heard; RFC 9293 3.8.4`;
    case 'delack':
      return 'it sends the ACK that waits for data to ride on; RFC 9293 3.8.6.3';
    case 'timewait':
      return `${state} is over, and nothing is left of it; RFC 9293 3.10.8`;
    default:
      return name satisfies never;
  }
}

function limitsOf({ details }: SocketSnapshot): string[] {
  if (details === undefined) return [];
  const { now, times } = details.holds;
  const limits = [`now ${now}: ${causeText(holdCauses[now])}`];
  const whole = HOLD_REASONS.reduce((sum, reason) => sum + (times[reason] ?? 0), 0);
  const shares = HOLD_REASONS.map((reason) => ({ reason, share: (times[reason] ?? 0) / whole }))
    .filter(({ share }) => share >= 0.005)
    .sort((a, b) => b.share - a.share);
  if (shares.length > 0) {
    const list = shares.map(({ reason, share }) => `${reason} ${Math.round(100 * share)}%`).join(', ');
    limits.push(`of ${timeText(whole)}: ${list}`);
  }
  const { tcpi_snd_cwnd, tcpi_snd_mss, tcpi_snd_wnd, tcpi_rtt, tcpi_min_rtt } = details.info;
  const most = `cwnd ${octetsText(tcpi_snd_cwnd * tcpi_snd_mss)} (${counted(tcpi_snd_cwnd, 'segment')})`;
  const rtt = tcpi_rtt > 0 ? `, RTT ${timeText(tcpi_rtt)} (at best ${timeText(tcpi_min_rtt)})` : '';
  limits.push(`${most}, the peer's window ${octetsText(tcpi_snd_wnd)}${rtt}`);
  const known = Object.entries(details.algorithm).map(([key, value]) => `${key} ${knownText(value)}`);
  if (known.length > 0) limits.push(`${details.congestion}: ${known.join(', ')}`);
  return limits;
}

const knownText = (value: number | string): string =>
  typeof value === 'number' ? String(Number(value.toPrecision(4))) : value;
