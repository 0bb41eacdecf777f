import type { SocketSnapshot } from '../../observe/inspect/sockets.ts';
import type { LogEntry, RetransmitEntry } from '../../observe/log/schema.ts';
import type { Micros } from '../../time/wheel.ts';
import { counted, octetsText, timeText } from '../text/units.ts';

/** Something unusual about a connection. */
export interface Finding {
  /** How much it explains, 1 to 100: of two, the heavier one is the likelier reason why nothing goes on. */
  weight: number;
  text: string;
}

/** How long a state may last that usually takes a round trip or two, and one that only the application ends. */
const BRIEF: Micros = 1_000_000;
const FORGOTTEN: Micros = 10_000_000;

type Rule = (socket: SocketSnapshot, entries: readonly LogEntry[]) => Finding | null;

/** What is unusual, the heaviest first. @param entries the last ones of its log, if they are known */
export function findingsOf(socket: SocketSnapshot, entries: readonly LogEntry[] = []): Finding[] {
  const findings = RULES.map((rule) => rule(socket, entries)).filter((finding) => finding !== null);
  return findings.sort((a, b) => b.weight - a.weight);
}

/** How odd a connection is: 0 to 100. */
export const oddness = (socket: SocketSnapshot): number => findingsOf(socket)[0]?.weight ?? 0;

const RULES: readonly Rule[] = [
  ...[stateThatLasts, acceptQueueFull, synQueueFull, unread, shutHere, shutThere],
  ...[unanswered, blackHole, manyRetransmissions, longQueue, needless, unsentOrphan, droppedLately, nagleAndDelayedAck],
];

function stateThatLasts({ state, age, orphan }: SocketSnapshot): Finding | null {
  const since = timeText(age);
  switch (state) {
    case 'CLOSE_WAIT':
      if (age < FORGOTTEN) return null;
      return {
        weight: 95,
        text: `CLOSE_WAIT for ${since}: the peer has closed, the application here has not. It has to call close; no timer ends this.`,
      };
    case 'FIN_WAIT_2':
      if (age < FORGOTTEN || orphan) return null;
      return {
        weight: 60,
        text: `FIN_WAIT_2 for ${since}: the application here has shut its direction down, the peer has not closed its own. No timer ends this.`,
      };
    case 'SYN_SENT':
      if (age < BRIEF) return null;
      return {
        weight: 80,
        text: `No answer to our SYN for ${since}: the peer is not there, or a filter drops what we send or what it answers. (Where nothing listens, a RST would come at once.)`,
      };
    case 'SYN_RECEIVED':
      if (age < BRIEF) return null;
      return {
        weight: 70,
        text: `No answer to our SYN-ACK for ${since}: the ACK was lost, or the SYN's source address was forged.`,
      };
    case 'FIN_WAIT_1':
    case 'CLOSING':
    case 'LAST_ACK':
      if (age < BRIEF) return null;
      return {
        weight: 65,
        text: `${state} for ${since}: the peer has not acknowledged our FIN, or what is before it.`,
      };
    default:
      return null;
  }
}

function acceptQueueFull({ state, recvQueue, sendQueue: backlog }: SocketSnapshot): Finding | null {
  if (state !== 'LISTEN' || recvQueue <= backlog) return null;
  return {
    weight: 90,
    text: `The accept queue is full (${recvQueue} of ${backlog}): the application does not call accept fast enough, handshakes are not completed.`,
  };
}

function synQueueFull({ state, synQueue, sendQueue: backlog }: SocketSnapshot): Finding | null {
  if (state !== 'LISTEN' || synQueue === 0 || synQueue < backlog) return null;
  return {
    weight: 75,
    text: `${counted(synQueue, 'handshake')} under way, as many as the backlog: a flood of SYNs, or a path that loses their ACKs.`,
  };
}

function unread({ state, recvQueue }: SocketSnapshot): Finding | null {
  if (state === 'LISTEN' || recvQueue === 0) return null;
  return { weight: 30, text: `${octetsText(recvQueue)} wait for the application here to read them.` };
}

function shutHere({ details, recvQueue, state }: SocketSnapshot): Finding | null {
  if (details === undefined || recvQueue === 0 || details.info.tcpi_rcv_wnd > 0 || state !== 'ESTABLISHED') return null;
  return { weight: 85, text: 'Our window is shut: the peer may not send until the application here reads.' };
}

function shutThere({ timers, details }: SocketSnapshot): Finding | null {
  const probe = timers.find(({ name }) => name === 'persist');
  if (probe === undefined) return null;
  const waits = details === undefined ? '' : `, ${octetsText(details.memory.unsent)} wait here`;
  return {
    weight: 85,
    text: `The peer's window is shut: its application does not read${waits}. Window probes without an opening: ${probe.retries}.`,
  };
}

function unanswered({ timers, details, state }: SocketSnapshot): Finding | null {
  const timer = timers.find(({ name }) => name === 'on');
  if (timer === undefined || timer.retries === 0 || state === 'SYN_SENT' || state === 'SYN_RECEIVED') return null;
  const silent =
    details === undefined ? '' : `, the last ACK came ${timeText(details.info.tcpi_last_ack_recv * 1000)} ago`;
  const rto = details === undefined ? '' : `; the RTO has grown to ${timeText(details.info.tcpi_rto)}`;
  return { weight: 78, text: `${counted(timer.retries, 'time-out')} in a row without an ACK${silent}${rto}.` };
}

/** Full segments vanish, and whoever should have said why did not (RFC 2923, 2.1). */
function blackHole({ details, timers }: SocketSnapshot, entries: readonly LogEntry[]): Finding | null {
  const retries = timers.find(({ name }) => name === 'on')?.retries ?? 0;
  if (details === undefined || retries < 2) return null;
  const { tcpi_snd_mss: mss, tcpi_bytes_received } = details.info;
  const last = entries.findLast((entry): entry is RetransmitEntry => entry.type === 'retransmit');
  if (last === undefined || last.length < mss || tcpi_bytes_received === 0) return null;
  return {
    weight: 82,
    text: `Full segments of ${mss} octets are not acknowledged, while shorter ones pass: maybe the path takes no packets of that size and its "too big" (ICMP) is filtered. tcp_mtu_probing=1 finds out.`,
  };
}

function manyRetransmissions({ details }: SocketSnapshot): Finding | null {
  const info = details?.info;
  if (info === undefined || info.tcpi_total_retrans < 3 || info.tcpi_data_segs_out === 0) return null;
  const percent = (100 * info.tcpi_total_retrans) / info.tcpi_data_segs_out;
  if (percent < 0.5) return null;
  return {
    weight: Math.min(60, 25 + Math.round(percent)),
    text: `${counted(info.tcpi_total_retrans, 'segment')} sent again, ${percent.toFixed(1)}% of them: the path loses packets.`,
  };
}

function longQueue({ details }: SocketSnapshot): Finding | null {
  const info = details?.info;
  if (info === undefined || info.tcpi_min_rtt === 0) return null;
  const extra = info.tcpi_rtt - info.tcpi_min_rtt;
  if (extra < 50_000 || info.tcpi_rtt < 4 * info.tcpi_min_rtt) return null;
  return {
    weight: 40,
    text: `The RTT is ${timeText(info.tcpi_rtt)}, and was ${timeText(info.tcpi_min_rtt)} at best: packets wait in a queue on the path.`,
  };
}

function needless({ details }: SocketSnapshot): Finding | null {
  const info = details?.info;
  if (info === undefined || info.tcpi_dsack_dups === 0) return null;
  return {
    weight: 20,
    text: `${counted(info.tcpi_dsack_dups, 'segment')} arrived twice at the peer (D-SACK): sent again though not lost.`,
  };
}

function unsentOrphan({ orphan, sendQueue, state }: SocketSnapshot): Finding | null {
  if (!orphan || sendQueue === 0 || state === 'LISTEN') return null;
  return { weight: 35, text: `The application has closed it, and ${octetsText(sendQueue)} are not acknowledged yet.` };
}

function droppedLately(_: SocketSnapshot, entries: readonly LogEntry[]): Finding | null {
  const reasons = new Map<string, number>();
  for (const entry of entries) {
    if (entry.type === 'drop') reasons.set(entry.reason, (reasons.get(entry.reason) ?? 0) + 1);
  }
  if (reasons.size === 0) return null;
  const list = [...reasons].map(([reason, count]) => `${reason} ${count}`).join(', ');
  return { weight: 45, text: `Segments that were dropped here lately: ${list}.` };
}

/** Each waits for the other: the sender for an ACK, the receiver for more (RFC 9293, 3.7.4). */
function nagleAndDelayedAck({ details }: SocketSnapshot): Finding | null {
  const held = details?.holds.times.nagle ?? 0;
  if (held < 100_000) return null;
  return {
    weight: 55,
    text: `Short segments waited ${timeText(held)} in all for ACKs (Nagle's algorithm), which the peer may have delayed. TCP_NODELAY, or one write instead of two, ends that.`,
  };
}
