import type { Micros } from '../../time/wheel.ts';
import type { Text } from '../terms/text.ts';
import type { Journal, LabEntry } from '../world/journal.ts';
import type { Pattern } from './patterns.ts';

/** What was found, for a text that speaks of it. */
export interface Found {
  readonly entry: LabEntry;
  /** Milliseconds since the beginning, and since the turn before. */
  readonly at: number;
  readonly since: number;
}

export type Telling = Text | ((found: Found) => Text);

/** Something that is to happen, in its place, and what it means. */
export interface Turn {
  readonly pattern: Pattern;
  readonly telling: Telling;
  readonly source?: string | undefined;
}

/** A turn that came. */
export interface Told {
  readonly pattern: Text;
  readonly text: Text;
  readonly source?: string | undefined;
  /** Milliseconds since the beginning. */
  readonly at: number;
  readonly entry: LabEntry;
}

/** What a scenario says must be seen, held against what happens. */
export class Story {
  readonly told: Told[] = [];
  private readonly turns: Turn[] = [];
  private asides: Turn[] = [];
  private next = 0;
  private readonly journal: Journal;
  private readonly begin: Micros;
  private last: Micros;

  constructor(journal: Journal, begin: Micros) {
    this.journal = journal;
    this.begin = begin;
    this.last = begin;
    journal.onEntry = (entry) => this.see(entry);
  }

  /** Comes after the turns before it. */
  add(turn: Turn): void {
    this.turns.push(turn);
  }

  /** May come at any time, or not at all. */
  addAside(turn: Turn): void {
    this.asides.push(turn);
  }

  /** The first turn that has not come; null: all have. */
  get missing(): Turn | null {
    return this.turns[this.next] ?? null;
  }

  private see(entry: LabEntry): void {
    if (entry.type === 'note' && entry.kind !== 'application') return;
    const turn = this.turns[this.next];
    if (turn?.pattern.matches(entry)) {
      this.next++;
      this.tell(turn, entry);
      return;
    }
    const aside = this.asides.find(({ pattern }) => pattern.matches(entry));
    if (aside === undefined) return;
    this.asides = this.asides.filter((other) => other !== aside);
    this.tell(aside, entry);
  }

  private tell({ pattern, telling, source }: Turn, entry: LabEntry): void {
    const at = (entry.time - this.begin) / 1000;
    const text =
      typeof telling === 'function' ? telling({ entry, at, since: (entry.time - this.last) / 1000 }) : telling;
    this.last = entry.time;
    this.told.push({ pattern: pattern.text, text, source, at, entry });
    this.journal.explain(entry, text, source);
  }
}
