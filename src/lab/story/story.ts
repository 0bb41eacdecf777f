import type { Micros } from '../../time/wheel.ts';
import { LabError } from '../terms/errors.ts';
import type { Text } from '../terms/text.ts';
import type { Journal } from '../world/journal.ts';
import type { LabEntry } from '../world/notes.ts';
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
  /** Its place among the turns; null: an aside. */
  readonly turn: number | null;
}

/** In real time something may come so much sooner than in virtual time, in milliseconds. */
const SOONER = 100;

/** What a scenario says must be seen, held against what happens. */
export class Story {
  readonly told: Told[] = [];
  private readonly turns: Turn[] = [];
  private asides: Turn[] = [];
  /**
   * When each turn came in virtual time, in milliseconds; null: this is virtual time. In real time, with a kernel on the other side, two
   * turns may change places, and one may not come at all: each may come from about its time on.
   */
  schedule: readonly number[] | null = null;
  private readonly came = new Set<number>();
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
    return this.turns.find((_, i) => !this.came.has(i)) ?? null;
  }

  /** All turns, in their order. */
  get all(): readonly Turn[] {
    return this.turns;
  }

  private see(entry: LabEntry): void {
    if (entry.type === 'note' && entry.kind !== 'application') return;
    const turn = this.turnFor(entry);
    if (turn >= 0) {
      this.came.add(turn);
      this.tell(this.turns[turn]!, entry, turn);
      return;
    }
    const aside = this.asides.find(({ pattern }) => pattern.matches(entry));
    if (aside === undefined) return;
    this.asides = this.asides.filter((other) => other !== aside);
    this.tell(aside, entry, null);
  }

  /** The place of the turn that this is; -1: of none. */
  private turnFor(entry: LabEntry): number {
    const { schedule } = this;
    if (schedule === null) {
      const next = this.came.size;
      return this.turns[next]?.pattern.matches(entry) ? next : -1;
    }
    const now = (entry.time - this.begin) / 1000 + SOONER;
    return this.turns.findIndex(
      ({ pattern }, i) => !this.came.has(i) && (schedule[i] ?? Infinity) <= now && pattern.matches(entry),
    );
  }

  private tell({ pattern, telling, source }: Turn, entry: LabEntry, turn: number | null): void {
    const at = (entry.time - this.begin) / 1000;
    const text = this.textOf(telling, { entry, at, since: (entry.time - this.last) / 1000 }) ?? pattern.text;
    // Of a file without types nothing else would say so.
    if (typeof text?.en !== 'string' || typeof text.zh !== 'string') {
      throw new LabError(`The text of the turn "${pattern.text.en}" isn't in both languages: { en: '...', zh: '...' }`);
    }
    this.last = entry.time;
    this.told.push({ pattern: pattern.text, text, source, at, entry, turn });
    this.journal.notes.explain(entry, text, source);
  }

  /** null: the text speaks of what only a host of this stack knows, and this is none. */
  private textOf(telling: Telling, found: Found): Text | null {
    try {
      return typeof telling === 'function' ? telling(found) : telling;
    } catch (error) {
      if (this.schedule !== null && error instanceof LabError) return null;
      throw error;
    }
  }
}
