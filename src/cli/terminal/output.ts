import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { oneLine } from './errors.ts';

type Style = Parameters<typeof styleText>[0];

/** Colours and the like, on a terminal only; `NO_COLOR` (no-color.org) is heeded. */
export function styled(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  // Node 20 has styleText from 20.12 on.
  const wanted = stream.isTTY && !process.env.NO_COLOR && typeof styleText === 'function';
  return wanted ? styleText(style, text) : text;
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const toDrain: Writable[] = [process.stdout, process.stderr];

/** One more stream whose writes are to be through before the process ends. */
export function drainAtEnd(stream: Writable): void {
  toDrain.push(stream);
}

let drainLimit = Infinity;

/** The user has told us to end: from then on no slow reader may hold that up for longer than this, in milliseconds. */
export function limitDraining(milliseconds: number): void {
  drainLimit = milliseconds;
}

/** Resolves when everything that was said has been handed over: a pipe takes what its reader leaves room for. */
export async function drained(): Promise<void> {
  const waiting = toDrain.filter((stream) => stream.writableLength > 0);
  const all = Promise.all(waiting.map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))));
  if (drainLimit === Infinity) await all;
  else await Promise.race([all, new Promise((resolve) => setTimeout(resolve, drainLimit))]);
}

/** As much of a trace or log as waits for a slow reader, in bytes: a stalled one must not cost memory without end. */
const MOST_WAITING = 1 << 20;

/**
 * Writes lines to `stream`, those of one turn of the event loop at once; what a slow reader has no room for is left out, and counted.
 * @param gap the line that says so
 */
export function boundedLines(stream: Writable, gap: (leftOut: number) => string): (line: string) => void {
  let leftOut = 0;
  let lines = '';
  const flush = (): void => {
    stream.write(lines);
    lines = '';
  };
  return (line) => {
    if (stream.writableLength + lines.length >= MOST_WAITING) {
      leftOut++;
      return;
    }
    if (lines === '') queueMicrotask(flush);
    if (leftOut > 0) lines += `${gap(leftOut)}\n`;
    leftOut = 0;
    lines += `${line}\n`;
  };
}

export const traceLines = (stream: Writable): ((line: string) => void) =>
  boundedLines(stream, (leftOut) => `  ... ${leftOut} lines left out: their reader was too slow`);

/** For what is not the command's result: banners, warnings, traces beside data. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** How far a long command has got: one line that is written over, and only where it can be (a terminal). */
export class Progress {
  readonly #count: number;
  readonly #stream: NodeJS.WriteStream;
  #done = 0;
  #width = 0;

  constructor(count: number, stream: NodeJS.WriteStream = process.stderr) {
    this.#count = count;
    this.#stream = stream;
  }

  /** @param what the one of `count` that comes now */
  show(what: string): void {
    this.#done++;
    if (!this.#stream.isTTY || this.#count < 2) return;
    const line = `${this.#done}/${this.#count}  ${what}`.slice(0, (this.#stream.columns ?? 80) - 1);
    this.#stream.write(`\r${line.padEnd(this.#width)}`);
    this.#width = line.length;
  }

  clear(): void {
    if (this.#width > 0) this.#stream.write(`\r${' '.repeat(this.#width)}\r`);
    this.#width = 0;
  }
}

export function complain(error: unknown, debug: boolean): void {
  note(`${styled('red', 'tcpglass:', process.stderr)} ${oneLine(error)}`);
  if (debug && error instanceof Error) note(error.stack ?? '');
  if (debug && error instanceof Error && error.cause !== undefined) note(`Caused by: ${String(error.cause)}`);
}

const onBrokenPipe: (() => void)[] = [];

/** Runs `action` instead of ending at once when our stdout has no reader any more (`tcpglass up --trace | head`). */
export function whenStdoutBreaks(action: () => void): void {
  onBrokenPipe.push(action);
}

/** EPIPE on our own output is the reader's decision, no failure: the end, quietly. */
export function guardOutput(): void {
  const guard = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    if (onBrokenPipe.length === 0) process.exit(0);
    for (const action of onBrokenPipe.splice(0)) action();
    // Until that is done, further writes fail as well.
    onBrokenPipe.push(() => {});
  };
  process.stdout.on('error', guard);
  process.stderr.on('error', guard);
}
