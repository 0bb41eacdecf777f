import type { Host } from '../host/host.ts';
import { WANTS } from '../tcp/terms/wants.ts';
import { EntryText } from './entry-text.ts';
import { type RecordOptions, record } from './log/record.ts';

/** Of what the lines tell. */
const TRACED = WANTS.segment | WANTS.state | WANTS.retransmit | WANTS.ecn | WANTS.drop | WANTS.timeWait;

/**
 * Prints what a host does: each segment on a line, and between them what changed and why.
 *
 * @param impairment a stack's: what happens to packets on their way is told, too
 * @returns a function that ends it
 *
 * @example
 * const stop = traceTo(stack.host, (line) => console.log(line), stack.impairment);
 */
export function traceTo(
  host: Host,
  write: (line: string) => void,
  impairment?: RecordOptions['impairment'],
): () => void {
  const text = new EntryText();
  const writeEntry: Parameters<typeof record>[1] = (entry) => {
    const line = text.line(entry);
    if (line !== null) write(line);
  };
  return record(host, writeEntry, { wants: TRACED, ...(impairment && { impairment }) });
}
