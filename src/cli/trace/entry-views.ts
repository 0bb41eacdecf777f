import type { LogEntry } from '../../observe/log/schema.ts';
import type { Micros } from '../../time/wheel.ts';
import { Ladder } from '../../views/ladder/ladder.ts';
import type { Life } from '../../views/summary/life.ts';
import { lifeLine, livesLine, Summary } from '../../views/summary/summary.ts';
import { printed, printedInAscii } from '../terminal/paint.ts';

/** Makes lines of text from entries that come one by one. */
export interface EntryView {
  push(entry: LogEntry): string[];
  /** It is `now` on the clock of the entries. */
  advance(now: Micros): string[];
  /** When `advance` has something to say, though nothing happens. */
  readonly deadline: Micros;
  /** Nothing more comes. */
  end(): string[];
}

export interface ViewOptions {
  width: number;
  ascii: boolean;
  verbose: boolean;
  /** Of what a scenario of the lab says. */
  language: 'en' | 'zh';
}

export function ladderView(options: ViewOptions): EntryView {
  const ladder = new Ladder(options);
  return {
    push: (entry) => ladder.push(entry).map(printed),
    advance: (now) => ladder.advance(now).map(printed),
    get deadline() {
      return ladder.deadline;
    },
    end: () => ladder.end().map(printed),
  };
}

/** A line for each connection, when it ends. */
export function summaryView({ ascii }: ViewOptions): EntryView {
  const summary = new Summary();
  const told: Life[] = [];
  const text = ascii ? printedInAscii : printed;
  const lines = (lives: Life[]): string[] => {
    told.push(...lives);
    return lives.map((life) => text(lifeLine(life)));
  };
  return {
    push: (entry) => lines(summary.push(entry)),
    advance: () => [],
    deadline: Number.POSITIVE_INFINITY,
    end: () => [...lines(summary.end()), text(livesLine(told))],
  };
}

/** The entries, or with `summary` the lives, as JSON. */
export function jsonView(lives: boolean): EntryView {
  const summary = new Summary();
  return {
    push: (entry) => (lives ? summary.push(entry) : [entry]).map((item) => JSON.stringify(item)),
    advance: () => [],
    deadline: Number.POSITIVE_INFINITY,
    end: () => (lives ? summary.end() : []).map((life) => JSON.stringify(life)),
  };
}
