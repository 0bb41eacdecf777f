import type { Host } from '../host/host.ts';
import { type SocketRow, socketRows } from '../observe/ss.ts';

const HEADING = ['State', 'Recv-Q', 'Send-Q', 'Local', 'Peer', 'Age'];

/** All sockets of a host, a line each, as `ss -tan` shows the kernel's; and for how many seconds each is in its state. */
export function socketTable(host: Host): string {
  const rows = [HEADING, ...[...socketRows(host)].map(cells)];
  const widths = HEADING.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cells({ state, recvQueue, sendQueue, local, localPort, remote, remotePort, age, left }: SocketRow): string[] {
  const peer = remote === null ? '*' : `${remote}.${remotePort}`;
  const seconds = (time: number): string => `${(time / 1e6).toFixed(1)} s`;
  const time = left === null ? seconds(age) : `${seconds(age)}, ${seconds(left)} left`;
  return [state, String(recvQueue), String(sendQueue), `${local}.${localPort}`, peer, time];
}
