import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { makeRuntimeDirectory } from '../../control/place/directory.ts';
import type { Counts } from '../../views/nstat/nstat.ts';

/** The counters of a stack when they were last shown to this user. */
interface History {
  /** Of the stack's process: another one has counted from zero. */
  pid: number;
  counts: Counts;
}

const fileOf = (socket: string): string => join(makeRuntimeDirectory(), `${basename(socket, '.sock')}.nstat`);

/** What was shown last of the stack at this control socket; nothing, where nothing of the same process was. */
export function readHistory(socket: string, pid: number): Counts {
  try {
    const history = JSON.parse(readFileSync(fileOf(socket), 'utf8')) as Partial<History>;
    if (history.pid !== pid || typeof history.counts !== 'object' || history.counts === null) return {};
    return history.counts;
  } catch {
    return {}; // there is none, or it is none
  }
}

/** @throws a system error: it can't be kept */
export function writeHistory(socket: string, pid: number, counts: Counts): void {
  const history: History = { pid, counts };
  writeFileSync(fileOf(socket), JSON.stringify(history), { mode: 0o600 });
}
