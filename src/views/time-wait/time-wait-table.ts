import type { TimeWaitSnapshot } from '../../observe/inspect/time-wait.ts';
import type { KeyedLine } from '../text/keyed-line.ts';

const HEADING = [
  'Left',
  'State',
  'Local Address:Port',
  'Peer Address:Port',
  'Closed first',
  'Last segment',
  'Who may have its place now',
];

/** An entry a line, those that end first first: what it waits for, and who could have its place. */
export function timeWaitTable(entries: readonly TimeWaitSnapshot[]): KeyedLine[] {
  const rows = [...entries].sort((a, b) => a.left - b.left).map(cellsOf);
  const widths = HEADING.map((title, i) =>
    rows.reduce((width, cells) => Math.max(width, cells[i]!.length), title.length),
  );
  return [HEADING, ...rows].map((cells) => {
    const text = cells.map((cell, i) => cell.padEnd(widths[i]!)).join('  ');
    return { key: `${cells[2]} ${cells[3]}`, text: text.trimEnd() };
  });
}

function cellsOf(entry: TimeWaitSnapshot): string[] {
  const { state, local, localPort, remote, remotePort, left, closedFirst, lastSegment } = entry;
  return [
    `${(left / 1e6).toFixed(1)} s`,
    state.replaceAll('_', '-'),
    endText(local, localPort),
    endText(remote, remotePort),
    closedFirst === 'us' ? 'we' : 'both at once',
    lastSegment,
    `${peerText(entry)}; ${ownText(entry)}`,
  ];
}

const endText = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** What the peer would have to send. The rule is named where there is one. */
function peerText({ succession, tsRecent, rcvNxt }: TimeWaitSnapshot): string {
  switch (succession.peer) {
    case 'newer timestamp':
      return `a SYN with a timestamp beyond ${tsRecent} (RFC 6191)`;
    case 'higher sequence number':
      return `a SYN with a sequence number beyond ${rcvNxt} (RFC 9293, 3.10.7.4)`;
    case 'no listener':
      return 'no SYN, there is no listener';
    case 'not before its FIN':
      return 'no SYN before its FIN';
    default:
      return succession.peer satisfies never;
  }
}

/** What a connect() of ours could do. */
function ownText({ succession }: TimeWaitSnapshot): string {
  switch (succession.own) {
    case 'any port':
      return 'a connect of ours (tcp_tw_reuse)';
    case 'this port':
      return 'a connect of ours that is bound to this port';
    case 'no':
      return 'no connect of ours';
    default:
      return succession.own satisfies never;
  }
}
