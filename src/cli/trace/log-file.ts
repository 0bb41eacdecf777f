import { once } from 'node:events';
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { LogError, LogReader } from '../../observe/log/read.ts';
import type { LogEntry } from '../../observe/log/schema.ts';
import { CliError, reasonOf } from '../terminal/errors.ts';
import { note } from '../terminal/output.ts';

/** The entries of a saved log. @param path `-`: of stdin @throws CliError: it can't be read, or is none */
export async function* readLog(path: string): AsyncGenerator<LogEntry> {
  const input: Readable = path === '-' ? process.stdin : createReadStream(path);
  const name = path === '-' ? 'stdin' : path;
  const cannot = (error: unknown): CliError => {
    const reason = error instanceof LogError ? error.message : reasonOf(error);
    return new CliError(`Cannot read the log ${name}: ${reason}`, 1, { cause: error });
  };
  // Not each version of Node has its readline tell of errors.
  const failed = once(input, 'error').then(([error]) => Promise.reject(error));
  failed.catch(() => {});
  const reader = new LogReader();
  const lines = createInterface({ input })[Symbol.asyncIterator]();
  let count = 0;
  for (;;) {
    let entry: LogEntry | null;
    try {
      const { done, value } = await Promise.race([lines.next(), failed]);
      if (done) break;
      entry = reader.read(value);
    } catch (error) {
      throw cannot(error);
    }
    if (entry === null) continue;
    count++;
    yield entry;
  }
  if (count === 0) throw cannot(new LogError(1, 'it is empty'));
  if (reader.unknown > 0)
    note(`tcpglass: ${reader.unknown} entries of kinds that this version doesn't know were left out`);
}

/** A log on disk, for its user alone: it says who talked to whom, and when. */
export class LogFile {
  private readonly stream: WriteStream;
  /** Resolves when it is open, or can't be. */
  private readonly opened: Promise<unknown>;
  private failed: CliError | null = null;

  constructor(path: string) {
    this.stream = createWriteStream(path, { mode: 0o600 });
    this.opened = once(this.stream, 'open').catch(() => {});
    this.stream.on('error', (error) => {
      this.failed = new CliError(`Cannot write the log to ${path}: ${reasonOf(error)}`, 1, { cause: error });
    });
  }

  /** Resolves when there is room for more. @throws CliError */
  async write(entry: LogEntry): Promise<void> {
    await this.opened;
    this.check();
    if (!this.stream.write(`${JSON.stringify(entry)}\n`)) await once(this.stream, 'drain').catch(() => {});
    this.check();
  }

  async end(): Promise<void> {
    await this.opened;
    this.check();
    this.stream.end();
    await once(this.stream, 'close').catch(() => {});
    this.check();
  }

  private check(): void {
    if (this.failed !== null) throw this.failed;
  }
}
