import type { LogEntry } from '../../observe/log/schema.ts';

export interface Merged {
  entry: LogEntry;
  /** Which of the two logs it is from. */
  from: 0 | 1;
}

/** The entries of two logs whose clocks are one, in the order of their times; at the same time, what leaves comes first. */
export function* merged(first: Iterable<LogEntry>, second: Iterable<LogEntry>): IterableIterator<Merged> {
  const [left, right] = [first[Symbol.iterator](), second[Symbol.iterator]()];
  let [a, b] = [left.next(), right.next()];
  while (!a.done || !b.done) {
    if (b.done || (!a.done && isBefore(a.value, b.value))) {
      yield { entry: a.value as LogEntry, from: 0 };
      a = left.next();
    } else {
      yield { entry: b.value, from: 1 };
      b = right.next();
    }
  }
}

function isBefore(a: LogEntry, b: LogEntry): boolean {
  if (a.time !== b.time) return a.time < b.time;
  return b.type === 'segment' && b.direction === 'in';
}
