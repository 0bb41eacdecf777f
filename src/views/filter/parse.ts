import type { State } from '../../tcp/terms/state.ts';
import { type Comparison, type Expression, type Filter, FilterError, type Side } from './filter.ts';
import { parseHost, parsePort } from './host-pattern.ts';
import { STATE_FILTERS } from './states.ts';

/** Of parentheses and negations within each other. */
const DEEPEST = 100;

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  ...{ '=': '=', '==': '=', eq: '=', '!=': '!=', ne: '!=', neq: '!=' },
  ...{ '<': '<', lt: '<', '>': '>', gt: '>', '<=': '<=', le: '<=', leq: '<=', '>=': '>=', ge: '>=', geq: '>=' },
};
const AND = new Set(['and', '&', '&&']);
const OR = new Set(['or', '|', '||']);
const NOT = new Set(['not', '!']);

/**
 * Reads a filter as ss(8) has them: `state NAME` and `exclude NAME`, any number of them, then an expression.
 *
 *     expression   = conjunction { ("or" | "|") conjunction }
 *     conjunction  = term { [ "and" | "&" ] term }
 *     term         = ("not" | "!") term | "(" expression ")" | condition
 *     condition    = ("src" | "dst") [ "=" | "!=" ] HOST | ("sport" | "dport") [ comparison ] PORT
 *
 * @param words as the shell hands them over: a filter may be one word or many
 * @throws FilterError
 *
 * @example
 * parseFilter(['state', 'established', '( sport = :80 or dport = :80 ) dst 10.9.0.0/24'])
 */
export function parseFilter(words: readonly string[]): Filter {
  const parser = new Parser(tokensOf(words.join(' ')));
  const states = parser.states();
  const expression = parser.isAtEnd ? null : parser.expression();
  parser.expectEnd();
  return { states, expression };
}

/** Words, and marks that need no blank beside them. */
const tokensOf = (text: string): string[] => text.match(/[()]|&&?|\|\|?|[!<>=]=|[!<>=]|[^\s()&|!<>=]+/g) ?? [];

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** The first of them decides whether there are none to begin with, or all. */
  states(): readonly State[] | null {
    let states: Set<State> | null = null;
    for (;;) {
      const word = this.#peek();
      if (word !== 'state' && word !== 'exclude' && word !== 'excl') return states === null ? null : [...states];
      this.#at++;
      const named = this.#stateNames();
      states ??= new Set(word === 'state' ? [] : STATE_FILTERS.all);
      for (const state of named) {
        if (word === 'state') states.add(state);
        else states.delete(state);
      }
    }
  }

  #stateNames(): readonly State[] {
    const name = this.#next('the name of a state').toLowerCase();
    if (Object.hasOwn(STATE_FILTERS, name)) return STATE_FILTERS[name]!;
    throw new FilterError(`"${name}" is no state; there are: ${Object.keys(STATE_FILTERS).join(', ')}`);
  }

  expression(): Expression {
    let left = this.#conjunction();
    while (OR.has(this.#peek() ?? '')) {
      this.#at++;
      left = { type: 'or', left, right: this.#conjunction() };
    }
    return left;
  }

  #conjunction(): Expression {
    let left = this.#term();
    for (;;) {
      const word = this.#peek();
      if (word === undefined || word === ')' || OR.has(word)) return left;
      if (AND.has(word)) this.#at++;
      left = { type: 'and', left, right: this.#term() };
    }
  }

  #term(): Expression {
    if (++this.#depth > DEEPEST)
      throw new FilterError(`more than ${DEEPEST} parentheses or negations within each other`);
    try {
      const word = this.#next('a condition');
      if (NOT.has(word)) return { type: 'not', of: this.#term() };
      if (word !== '(') return this.#condition(word);
      const inside = this.expression();
      const end = this.#next('")"');
      if (end !== ')') throw new FilterError(`")" is missing before "${end}"`);
      return inside;
    } finally {
      this.#depth--;
    }
  }

  #condition(word: string): Expression {
    switch (word) {
      case 'src':
      case 'dst':
        return this.#host(word);
      case 'sport':
      case 'dport': {
        const comparison = this.#comparison();
        const port = parsePort(this.#next(`a port behind "${word}"`));
        return { type: 'port', side: word === 'sport' ? 'src' : 'dst', comparison, port };
      }
      default:
        throw new FilterError(
          `"${word}" is no condition; there are: src, dst, sport, dport, state, exclude, not, and, or`,
        );
    }
  }

  #host(side: Side): Expression {
    const comparison = this.#comparison();
    if (comparison !== '=' && comparison !== '!=') {
      throw new FilterError(`An address is equal or not, neither "${comparison}" nor anything between`);
    }
    const host = parseHost(this.#next(`an address behind "${side}"`));
    return { type: 'host', side, host, equal: comparison === '=' };
  }

  #comparison(): Comparison {
    const word = this.#peek() ?? '';
    if (!Object.hasOwn(COMPARISONS, word)) return '=';
    this.#at++;
    return COMPARISONS[word]!;
  }

  expectEnd(): void {
    if (!this.isAtEnd) throw new FilterError(`"${this.#peek()}" is too much, there is no "(" for it`);
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #next(what: string): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new FilterError(`It ends where ${what} should be`);
    return token;
  }
}
