import { constants, mkdtempSync, openSync, write } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import type { LogEntry } from '../../observe/log/schema.ts';
import { CliError, reasonOf } from './errors.ts';
import { boundedLines, drainAtEnd, traceLines } from './output.ts';

/** The flags about a trace, of every command that opens a device. */
export interface TraceFlags {
  trace?: boolean | undefined;
  traceFile?: string | undefined;
  log?: string | undefined;
}

/** Where the lines of the trace go that the flags ask for: `stream`, or a file; null: there is none. */
export function openTrace({ trace, traceFile }: TraceFlags, stream: Writable): ((line: string) => void) | null {
  if (traceFile !== undefined) return traceLines(openFile(traceFile, 'trace'));
  return trace ? traceLines(stream) : null;
}

/** Where the entries of the event log go that the flags ask for; null: there is no log. */
export function openLog({ log }: TraceFlags): ((entry: LogEntry) => void) | null {
  if (log === undefined) return null;
  let time = 0;
  const gap = (entries: number): string => JSON.stringify({ id: 0, time, type: 'gap', entries } satisfies LogEntry);
  const write = boundedLines(openFile(log, 'log'), gap);
  return (entry) => {
    time = entry.time;
    write(JSON.stringify(entry));
  };
}

/** When a pipe or terminal has no room, how long until the next attempt, in milliseconds. */
const RETRY_MS = 20;

/**
 * A file that is written to without waiting in the kernel. A pipe or terminal whose reader has stopped would hold the thread
 * that writes, and a Node process waits for its threads when it ends, whatever signal ends it.
 */
class TraceFile extends Writable {
  readonly #fd: number;

  constructor(fd: number) {
    super();
    this.#fd = fd;
  }

  override _write(bytes: Buffer, encoding: string, done: (error?: Error | null) => void): void {
    write(this.#fd, bytes, 0, bytes.length, null, (error, written) => {
      if (error !== null && error.code !== 'EAGAIN') return done(error);
      const rest = error === null ? bytes.subarray(written) : bytes;
      if (rest.length === 0) done();
      else setTimeout(() => this._write(rest, encoding, done), RETRY_MS);
    });
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'buffer', done);
  }
}

/** A trace or log may hold what an application says in confidence: a file that is made for it is its user's alone. */
function openFile(path: string, what: 'trace' | 'log'): Writable {
  const cannot = (error: unknown): CliError => {
    const unread = (error as NodeJS.ErrnoException).code === 'ENXIO';
    const reason = unread ? 'it is a pipe that no program has open for reading' : reasonOf(error);
    return new CliError(`Cannot write the ${what} to ${path}: ${reason}`, 1, { cause: error });
  };
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NONBLOCK } = constants;
  try {
    const stream = new TraceFile(openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK, 0o600));
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
