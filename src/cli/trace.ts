import { createWriteStream, mkdtempSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { CliError, reasonOf } from './errors.ts';
import { drainAtEnd, traceLines } from './output.ts';

/** The flags about a trace, of every command that opens a device. */
export interface TraceFlags {
  trace?: boolean | undefined;
  traceFile?: string | undefined;
}

/** Where the lines of the trace go that the flags ask for: `stream`, or a file; null: there is none. */
export function openTrace({ trace, traceFile }: TraceFlags, stream: Writable): ((line: string) => void) | null {
  if (traceFile !== undefined) return traceLines(openFile(traceFile));
  return trace ? traceLines(stream) : null;
}

/** A trace may hold what an application says in confidence: the file is its user's alone. */
function openFile(path: string): Writable {
  const cannot = (error: unknown): CliError =>
    new CliError(`Cannot write the trace to ${path}: ${reasonOf(error)}`, 1, { cause: error });
  try {
    const stream = createWriteStream(path, { fd: openSync(path, 'w', 0o600) });
    stream.on('error', (error) => {
      throw cannot(error);
    });
    drainAtEnd(stream);
    return stream;
  } catch (error) {
    throw cannot(error);
  }
}

/**
 * The file for the trace of a shell: a trace on the terminal would tear the lines that its user types. With a command, or
 * with input or output that is no terminal, there is nothing to tear. Undefined: none is needed.
 */
export function fileForShell({ trace, traceFile }: TraceFlags, interactive: boolean): string | undefined {
  if (traceFile !== undefined) return resolve(traceFile);
  if (!trace || !interactive) return undefined;
  return join(mkdtempSync(join(tmpdir(), 'tcpglass-')), 'trace');
}
