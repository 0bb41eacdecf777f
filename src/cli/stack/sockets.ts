import type { Host } from '../../host/host.ts';
import { type SocketRow, socketRows } from '../../observe/ss.ts';
import type { Address } from '../../wire/address.ts';

const HEADING = ['State', 'Recv-Q', 'Send-Q', 'Local', 'Peer', 'Age'];

/** A table of more lines is of no use to its reader; TIME_WAIT alone may have a quarter of a million. */
const MOST_ROWS = 10_000;

/** The sockets of a host, a line each, as `ss -tan` shows the kernel's; and for how many seconds each is in its state. */
export function socketTable(host: Host): string {
  const rows = [HEADING];
  let leftOut = 0;
  for (const row of socketRows(host)) {
    if (rows.length <= MOST_ROWS) rows.push(cells(row));
    else leftOut++;
  }
  const widths = HEADING.map((_, column) => rows.reduce((width, row) => Math.max(width, row[column]!.length), 0));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  if (leftOut > 0) lines.push(`... and ${leftOut} more`);
  return lines.join('\n');
}

function cells({ state, recvQueue, sendQueue, local, localPort, remote, remotePort, age, left }: SocketRow): string[] {
  const anyPeer = local.family === 4 ? '0.0.0.0:*' : '*:*';
  const peer = remote === null ? anyPeer : endText(remote, remotePort);
  const seconds = (time: number): string => `${(time / 1e6).toFixed(1)} s`;
  const time = left === null ? seconds(age) : `${seconds(age)}, ${seconds(left)} left`;
  return [state, String(recvQueue), String(sendQueue), endText(local, localPort), peer, time];
}

/** As ss writes an end: brackets around IPv6, and an asterisk for an address that stands for all of both families. */
function endText(address: Address, port: number): string {
  if (address.family === 4) return `${address}:${port}`;
  return address.isUnspecified ? `*:${port}` : `[${address}]:${port}`;
}
