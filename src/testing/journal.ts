import type { Stack } from '../net/stack.ts';
import type { LogEntry } from '../observe/log/schema.ts';
import { Ladder } from '../views/ladder/ladder.ts';
import { lineText } from '../views/text/line.ts';

export type HostName = 'client' | 'server';

interface Note {
  readonly host: HostName;
  /** Each start of a host has a log of its own. */
  readonly log: number;
  readonly entry: LogEntry;
}

/** As much as is kept: of more, the older half is forgotten, but for who talked to whom. */
const MOST = 50_000;

/** What both hosts of a network did, in order. */
export class Journal {
  #notes: Note[] = [];
  #logs = 0;
  /** How many entries were forgotten. */
  forgotten = 0;

  /** Writes down what a host does from now on. @returns a function that ends it */
  follow(stack: Stack, host: HostName): () => void {
    const log = this.#logs++;
    return stack.record((entry) => {
      this.#notes.push({ host, log, entry });
      if (this.#notes.length > MOST) this.#forget();
    });
  }

  #forget(): void {
    const old = this.#notes.splice(0, MOST / 2);
    const kept = old.filter(({ entry }) => entry.type === 'log' || entry.type === 'connection');
    this.forgotten += old.length - kept.length;
    this.#notes.unshift(...kept);
  }

  /** What one of the hosts did, or both, oldest first. */
  entries(host?: HostName): LogEntry[] {
    return this.#notes.filter((note) => host === undefined || note.host === host).map(({ entry }) => entry);
  }

  /** The time-sequence diagram of all connections, with both ends' states. */
  ladder(width: number, verbose: boolean): string {
    const ladder = new Ladder({ width, verbose, logs: 2 });
    const lines = this.#notes.flatMap(({ entry, log }) => ladder.push(entry, log));
    return [...lines, ...ladder.end()].map((line) => lineText(line)).join('\n');
  }
}
