import type { Sysctls } from '../../host/host.ts';
import { type Result, simulate } from './simulate.ts';

/** A path of a table. */
export interface TablePath {
  /** Mbit/s. */
  readonly rate: number;
  /** The round trip without the queue, in milliseconds. */
  readonly rtt: number;
  /** The queue before the bottleneck, in rate x RTT; two packets at least. */
  readonly buffer: number;
  /** Data that are lost by chance, in percent; default 0. */
  readonly loss?: number;
  /** What is ECN-capable is marked from so much in the queue on, in rate x RTT; one packet at least. Default: it isn't. */
  readonly mark?: number;
  /** What else happens, in words of IMPAIR.md: `out: reorder 1% by 5ms`. It stands in the table as it is. */
  readonly more?: string;
  readonly sysctls?: Partial<Sysctls>;
}

export interface TableOptions {
  readonly paths: readonly TablePath[];
  readonly algorithms: readonly string[];
  /** Of each run. */
  readonly seconds: number;
  readonly seed: number;
}

/** What each algorithm reaches alone on each path: a line for each run, its columns aligned. */
export function pathTable({ paths, algorithms, seconds, seed }: TableOptions): string {
  const rows = paths.flatMap((path) =>
    algorithms.map((algorithm) => {
      const { sysctls = {} } = path;
      const result = simulate({ path: pathText(path), flows: [algorithm], seconds, seed, sysctls });
      return [...pathColumns(path), algorithm, ...measured(result), String(result.timeouts), moreText(path)];
    }),
  );
  return aligned([[...PATH, 'algorithm', ...MEASURED, 'time-outs', ''], ...rows]);
}

/** How a bottleneck is shared: `each` flows of one algorithm and as many of another, for each pair of algorithms. */
export function pairTable({
  paths,
  algorithms,
  seconds,
  seed,
  each,
}: TableOptions & { readonly each: number }): string {
  const pairs = algorithms.flatMap((one, i) => algorithms.slice(i).map((other) => [one, other] as const));
  const rows = paths.flatMap((path) =>
    pairs.map(([one, other]) => {
      const { sysctls = {} } = path;
      const flows = Array.from({ length: 2 * each }, (_, i) => (i % 2 === 0 ? one : other));
      // The first third is left for them to settle; begun at one time, all would lose at one time.
      const settling = Math.floor(seconds / 3);
      const result = simulate({ path: pathText(path), flows, seconds, settling, apart: 0.1, seed, sysctls });
      const share = (which: number): string =>
        decimals(
          result.flows.filter((_, i) => i % 2 === which).reduce((sum, flow) => sum + flow.goodput / 1e6, 0),
          2,
        );
      return [
        ...pathColumns(path),
        `${each} ${one}`,
        `${each} ${other}`,
        share(0),
        share(1),
        decimals(result.jain, 3),
      ].concat(measured(result).slice(1));
    }),
  );
  return aligned([[...PATH, 'one', 'other', 'Mbit/s of one', 'of other', 'Jain', ...MEASURED.slice(1)], ...rows]);
}

const PATH = ['rate', 'RTT', 'loss', 'buffer'];
const MEASURED = ['Mbit/s', 'again %', 'needless %', 'queue ms', 'p95'];
/** The longest packet of the path. */
const PACKET = 1500;

function pathColumns({ rate, rtt, loss = 0, buffer }: TablePath): string[] {
  return [`${rate}mbit`, `${rtt}ms`, `${loss}%`, `${buffer}BDP`];
}

/** What isn't in a column of its own. */
function moreText({ mark, more, sysctls = {} }: TablePath): string {
  const knobs = Object.entries(sysctls).map(([name, value]) => `${name}=${value}`);
  return [...(mark === undefined ? [] : [`mark ${mark}BDP`]), ...(more === undefined ? [] : [more]), ...knobs].join(
    '; ',
  );
}

function measured({ goodput, sentAgain, needless, queueDelay }: Result): string[] {
  const percent = (share: number): string => decimals(share * 100, 2);
  const { mean, p95 } = queueDelay;
  return [decimals(goodput / 1e6, 2), percent(sentAgain), percent(needless), decimals(mean, 1), decimals(p95, 1)];
}

/** The path in the language of IMPAIR.md. Data alone are lost, and wait: acknowledgments have the delay only. */
function pathText({ rate, rtt, loss = 0, buffer, mark, more = '' }: TablePath): string {
  const packets = (trips: number, least: number): number =>
    Math.max(least, Math.round((trips * rate * 1e6 * (rtt / 1e3)) / 8 / PACKET));
  const marked = mark === undefined ? '' : ` mark ${packets(mark, 1)}`;
  const lost = loss === 0 ? '' : `, loss ${loss}%`;
  return `out: rate ${rate}mbit queue ${packets(buffer, 2)}${marked}${lost}; delay ${rtt / 2}ms; ${more}`;
}

const decimals = (value: number, count: number): string => value.toFixed(count);

/** Columns as wide as their widest word; numbers end below each other, words begin so. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const isWord = rows[0]!.map((_, column) =>
    rows.slice(1).every((row) => /^(?!\d+(\.\d+)?(mbit|ms|%|BDP)?$)/.test(row[column]!)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (isWord[column] ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  return `${rows.map(line).join('\n')}\n`;
}
