import type { Inspection } from '../../observe/inspect/inspection.ts';
import type { SocketSnapshot } from '../../observe/inspect/sockets.ts';
import { inOrder } from '../../views/ss/select.ts';
import { ssTable } from '../../views/ss/table.ts';

/** A table of more lines is of no use to its reader; TIME_WAIT alone may have a quarter of a million. */
const MOST_ROWS = 10_000;

/** The sockets of a host, a line each, as `ss -tano` shows the kernel's. */
export function socketTable(inspect: Inspection): string {
  const sockets: SocketSnapshot[] = [];
  let leftOut = 0;
  for (const socket of inspect.sockets()) {
    if (sockets.length < MOST_ROWS) sockets.push(socket);
    else leftOut++;
  }
  const lines = ssTable(inOrder(sockets), { timers: true }).map(({ text }) => text);
  if (leftOut > 0) lines.push(`... and ${leftOut} more`);
  return lines.join('\n');
}
