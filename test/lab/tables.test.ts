import { describe, expect, it } from 'vitest';
import { pairTable, pathTable, type TablePath } from '../../src/lab/simulation/tables.ts';
import { builtInAlgorithms } from '../../src/tcp/congestion/choice.ts';

/**
 * What each algorithm reaches across paths, as tables that are kept: a change of the stack shows as a difference of numbers.
 * `-u` writes them anew; read the difference before it is committed.
 */

const algorithms = [...builtInAlgorithms().keys()].sort();

const paths = (lists: { [K in keyof TablePath]: readonly NonNullable<TablePath[K]>[] }): TablePath[] =>
  Object.entries(lists).reduce<TablePath[]>(
    (done, [name, values]) => done.flatMap((path) => values.map((value) => ({ ...path, [name]: value }))),
    [{} as TablePath],
  );

const same = { algorithms, seed: 1 };

const TABLES: Record<string, () => string> = {
  loss: () =>
    pathTable({
      ...same,
      seconds: 10,
      paths: paths({ rate: [20], buffer: [1], rtt: [10, 40, 160], loss: [0, 0.1, 0.3, 1, 3, 10] }),
    }),
  buffer: () =>
    pathTable({ ...same, seconds: 10, paths: paths({ rate: [4, 20], rtt: [20, 100], buffer: [0.25, 1, 4] }) }),
  disorder: () =>
    pathTable({
      ...same,
      seconds: 10,
      paths: paths({
        rate: [10],
        buffer: [1],
        rtt: [20, 100],
        more: [
          ...['out: reorder 1% by 5ms', 'out: reorder 1% by 50ms', 'out: reorder 10% behind 3', 'out: duplicate 2%'],
          ...['out: loss 1% burst 10', 'in: loss 20%', 'in: rate 100kbit'],
        ],
      }),
    }),
  // With ECN, as DCTCP's routers mark (RFC 8257) and as usual ones do.
  marks: () =>
    pathTable({
      ...same,
      seconds: 10,
      paths: paths({
        rate: [20],
        buffer: [2],
        rtt: [10, 80],
        mark: [0.2, 1],
        sysctls: [{ tcp_ecn: 1 }, { tcp_ecn: 3 }],
      }),
    }),
  'two-flows': () =>
    pairTable({ ...same, each: 1, seconds: 24, paths: paths({ rate: [10], rtt: [20, 80], buffer: [0.5, 4] }) }),
  'eight-flows': () =>
    pairTable({ ...same, each: 4, seconds: 18, paths: paths({ rate: [10], rtt: [40], buffer: [0.5, 4] }) }),
};

/** Milliseconds; some seconds of a core, of which a busy machine may have few. */
const TIMEOUT = 600_000;

describe('what algorithms reach, simulated', { timeout: TIMEOUT }, () => {
  it.each(Object.keys(TABLES))('the table %s', async (name) => {
    await expect(TABLES[name]!()).toMatchFileSnapshot(`tables/${name}.txt`);
  });
});
