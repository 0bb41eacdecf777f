import { nearest } from '../../../basics/nearest.ts';
import { isNumber, isUnit, UNITS } from './quantities.ts';
import type { Direction } from './terms.ts';

/** The text of impairments is wrong: `message` is one sentence with the place, what was expected there and a suggestion. */
export class ImpairmentSyntaxError extends Error {
  override readonly name = 'ImpairmentSyntaxError';
  /** Where in the text, counted from 0. */
  readonly position: number;

  constructor(message: string, position: number) {
    super(`${message} (at character ${position + 1})`);
    this.position = position;
  }
}

/** A text longer than this is no work of a hand. */
const LONGEST = 10_000;
/** More items than this aren't, either; and each rule is asked about each packet. */
const MOST_ITEMS = 200;
/** As much of a wrong word as a message repeats. */
const SHOWN = 30;
/** So many letters of a word may be wrong for it to be recognized. */
const TYPED_WRONG = 2;

export interface Word {
  readonly text: string;
  readonly lower: string;
  readonly at: number;
}

const DIRECTIONS = ['in', 'out'];
/** Words that English wants and that mean nothing here. */
const FILLERS = ['the', 'for', 'segment', 'segments', 'packet', 'packets'];

/** The words of one item, read one after the other. */
export class Words {
  /** Null: none was given. */
  readonly direction: Direction | null;
  readonly #words: readonly Word[];
  /** Where the item's text ends. */
  readonly #end: number;
  #next = 0;
  /** The words that could have stood where #triedAt is, and didn't. */
  #tried: string[] = [];
  #triedAt = -1;

  constructor(words: readonly Word[], end: number, group: Direction | null) {
    const said = words.filter(({ lower }) => DIRECTIONS.includes(lower));
    const twice = said[group === null ? 1 : 0];
    if (twice) throw new ImpairmentSyntaxError(`"${twice.text}": the direction is given already`, twice.at);
    this.direction = (said[0]?.lower as Direction | undefined) ?? group;
    const rest = words.filter(({ lower }) => !DIRECTIONS.includes(lower) && !FILLERS.includes(lower));
    this.#words = joinUnits(rest);
    this.#end = end;
  }

  /** The word that comes, or one behind it; null at the end. */
  peek(ahead = 0): Word | null {
    return this.#words[this.#next + ahead] ?? null;
  }

  /** Goes on if `word` comes. */
  take(...words: readonly string[]): string | null {
    const lower = this.peek()?.lower;
    const taken = words.find((word) => word.toLowerCase() === lower);
    if (taken === undefined) {
      if (this.#triedAt !== this.#next) this.#tried = [];
      this.#triedAt = this.#next;
      this.#tried.push(...words);
      return null;
    }
    this.#next++;
    return taken;
  }

  /** Goes on if `read` makes something of the word that comes. */
  takeAs<T>(read: (text: string) => T | null): T | null {
    const word = this.peek();
    const value = word === null ? null : read(word.text);
    if (value !== null) this.#next++;
    return value;
  }

  /** What `read` makes of the word that must come. */
  need<T>(read: (text: string) => T | null, what: string): T {
    const value = this.takeAs(read);
    if (value === null) this.expected(what);
    return value;
  }

  /** @param known words that can be meant, for the suggestion, beside those that were tried here */
  expected(what: string, known: readonly string[] = []): never {
    const word = this.peek();
    if (word === null) throw new ImpairmentSyntaxError(`Expected ${what}, but the text ends`, this.#end);
    const meant = this.#unitMeant(word) ?? nearest(word.lower.slice(0, SHOWN), this.#possible(known), TYPED_WRONG)[0];
    const hint = meant === undefined ? '' : `. Did you mean "${meant}"?`;
    throw new ImpairmentSyntaxError(`"${shown(word.text)}": expected ${what}${hint}`, word.at);
  }

  #possible(known: readonly string[]): readonly string[] {
    return this.#triedAt === this.#next ? [...known, ...this.#tried] : known;
  }

  /** `1024 byts` is 1024 bytes. */
  #unitMeant(word: Word): string | undefined {
    const unit = this.peek(1)?.lower.slice(0, SHOWN);
    if (unit === undefined || !isNumber(word.text)) return undefined;
    const [meant] = nearest(unit, UNITS, TYPED_WRONG);
    return meant === undefined ? undefined : `${word.text} ${meant}`;
  }

  /** An error about the word before, or about the beginning. */
  wrong(message: string): never {
    throw new ImpairmentSyntaxError(message, (this.#words[this.#next - 1] ?? this.#words[0])?.at ?? this.#end);
  }
}

const shown = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text);

/**
 * Cuts the text into items: `out: a, b; in: c; d` are a and b outwards, c inwards, and d.
 * @throws ImpairmentSyntaxError
 */
export function scan(text: string): Words[] {
  if (text.length > LONGEST) {
    throw new ImpairmentSyntaxError(`The text has ${text.length} characters: ${LONGEST} are the most`, LONGEST);
  }
  const items: Words[] = [];
  let group: Direction | null = null;
  /** Where the group's first item is among all. */
  let first = 0;
  let words: Word[] = [];
  const endItem = (at: number): void => {
    if (words.length > 0) items.push(new Words(words, at, group));
    words = [];
    if (items.length > MOST_ITEMS) {
      throw new ImpairmentSyntaxError(`Too many impairments: ${MOST_ITEMS} are the most`, at);
    }
  };
  for (const { 0: piece, index } of text.matchAll(/[,;:\n]|[^\s,;:]+/g)) {
    if (piece === ':') {
      group = directionBefore(words, items.length > first || group !== null, index);
      words = [];
    } else if (piece === ',') {
      endItem(index);
    } else if (piece === ';' || piece === '\n') {
      endItem(index);
      group = null;
      first = items.length;
    } else {
      words.push({ text: piece, lower: piece.toLowerCase(), at: index });
    }
  }
  endItem(text.length);
  return items;
}

/** A colon stands behind a direction, at the beginning of a group. */
function directionBefore([word, more]: readonly Word[], begun: boolean, at: number): Direction {
  if (!begun && more === undefined && (word?.lower === 'in' || word?.lower === 'out')) return word.lower;
  throw new ImpairmentSyntaxError(
    '":" belongs behind "in" or "out", where a group begins: "out: loss 1%; in: ..."',
    at,
  );
}

/** "3 s" is one quantity, as "3s" is. */
function joinUnits(words: readonly Word[]): Word[] {
  const joined: Word[] = [];
  for (const word of words) {
    const before = joined.at(-1);
    if (before !== undefined && isNumber(before.text) && isUnit(word.lower)) {
      joined[joined.length - 1] = {
        text: before.text + word.text,
        lower: before.lower + word.lower,
        at: before.at,
      };
    } else {
      joined.push(word);
    }
  }
  return joined;
}
