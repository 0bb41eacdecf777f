import type { SocketSnapshot } from '../../observe/inspect/sockets.ts';
import { STATE_NAMES } from '../filter/states.ts';
import type { KeyedLine } from '../text/keyed-line.ts';
import { type InfoOptions, infoText, memoryText } from './info-text.ts';
import { timerText } from './timer-text.ts';

/** Which columns, and what in them. */
export interface SsOptions extends InfoOptions {
  /** -o, -m, -i */
  timers?: boolean;
  memory?: boolean;
  info?: boolean;
  /** -p: who has the sockets; one process has them all. */
  owner?: { name: string; pid: number } | null;
  /** -H */
  noHeader?: boolean;
  /** -O: what would be in a line of its own goes behind. */
  oneLine?: boolean;
  /** All of them are in one state, so it is not said. */
  noState?: boolean;
}

interface Row {
  key: string;
  /** State, Recv-Q, Send-Q, local address and port, the peer's address and port. */
  cells: string[];
  words: string[];
  below: string[];
}

const HEADING: Row = {
  key: 'heading',
  cells: ['State', 'Recv-Q', 'Send-Q', 'Local Address', 'Port', 'Peer Address', 'Port'],
  words: ['Process'],
  below: [],
};

/** The counts have this much room, under no heading too. */
const LEAST_WIDTHS = [0, 6, 6, 0, 0, 0, 0];
/** The columns of addresses end at their colon; all others begin at their left. */
const RIGHT_ALIGNED = new Set([3, 5]);
const BEHIND = [' ', ' ', ' ', ':', ' ', ':', ''];

/** The table that ss prints where its output is no terminal: columns as wide as they must be. */
export function ssTable(sockets: readonly SocketSnapshot[], options: SsOptions): KeyedLine[] {
  const rows = sockets.map((socket) => rowOf(socket, options));
  if (!options.noHeader) rows.unshift(HEADING);
  const first = options.noState ? 1 : 0;
  const widths = LEAST_WIDTHS.map((least, i) =>
    rows.reduce((width, row) => Math.max(width, row.cells[i]!.length), least),
  );
  return rows.flatMap(({ key, cells, words, below }) => {
    const padded = cells.map((cell, i) => {
      const text = RIGHT_ALIGNED.has(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!);
      return i < first ? '' : text + BEHIND[i];
    });
    const behind = options.oneLine ? [...words, ...below] : words;
    const columns = padded.join('');
    // As in ss the last heading begins a column earlier, where there is room for it.
    const blank = key === HEADING.key && columns.endsWith(' ') ? '' : ' ';
    const text = `${columns}${blank}${behind.join(' ')}`.trimEnd();
    const second = options.oneLine || below.length === 0 ? [] : [{ key: `${key} info`, text: `\t ${below.join(' ')}` }];
    return [{ key, text }, ...second];
  });
}

function rowOf(socket: SocketSnapshot, options: SsOptions): Row {
  const { state, recvQueue, sendQueue, localPort, remotePort, details } = socket;
  const [local, remote] = addressTexts(socket);
  const peerPort = socket.remote === null ? '*' : String(remotePort);
  const words: string[] = [];
  if (options.owner) words.push(`users:(("${options.owner.name}",pid=${options.owner.pid}))`);
  if (options.timers) words.push(timerText(socket.timers));
  if (options.extended) words.push(extendedText(socket));
  const below: string[] = [];
  if (options.memory && details !== undefined) below.push(memoryText(details.memory));
  if (options.info && details !== undefined) below.push(infoText(details, options));
  return {
    key: `${local}:${localPort} ${remote}:${peerPort}`,
    cells: [
      ...[STATE_NAMES[state], String(recvQueue), String(sendQueue)],
      ...[local, String(localPort), remote, peerPort],
    ],
    words: words.filter((word) => word !== ''),
    below,
  };
}

/** IPv6 in brackets; a listener of both families is `*`. */
function addressTexts({ local, remote }: SocketSnapshot): [string, string] {
  const text = (address: string): string => (address.includes(':') ? `[${address}]` : address);
  if (remote !== null) return [text(local), text(remote)];
  if (local === '::') return ['*', '*'];
  return [text(local), local.includes(':') ? '[::]' : '0.0.0.0'];
}

/** Its number, in the places of ss's inode and cookie; which directions are open; and how long it has been in its state, which ss doesn't know. */
function extendedText({ id, state, orphan, age }: SocketSnapshot): string {
  const since = `age:${(age / 1e6).toFixed(1)}s`;
  if (id === null) return `ino:0 sk:0 ${since}`;
  const peerClosed = orphan || state === 'CLOSE_WAIT' || state === 'LAST_ACK' || state === 'CLOSING';
  const weClosed = orphan || (state !== 'CLOSE_WAIT' && /^(FIN_WAIT|CLOSING|LAST_ACK)/.test(state));
  return `ino:${id} sk:${id.toString(16)} ${peerClosed ? '-' : '<'}-${weClosed ? '-' : '>'} ${since}`;
}
