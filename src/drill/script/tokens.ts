import type { Micros } from '../../time/wheel.ts';
import { ScriptError } from '../terms/errors.ts';
import type { Token, TokenKind } from './lexer.ts';

/** A place in a list of tokens, and the small steps that every part of the parser takes. */
export class Tokens {
  private readonly list: readonly Token[];
  private readonly defines: ReadonlyMap<string, string>;
  private at = 0;

  /** @param defines what `-D NAME=VALUE` and `--define` replace words by */
  constructor(list: readonly Token[], defines: ReadonlyMap<string, string>) {
    this.list = list;
    this.defines = defines;
  }

  peek(ahead = 0): Token {
    const token = this.list[Math.min(this.at + ahead, this.list.length - 1)]!;
    const value = token.kind === 'word' ? this.defines.get(token.text) : undefined;
    if (value === undefined) return token;
    if (value.startsWith('"')) return { ...token, kind: 'string', text: value.slice(1, -1) };
    if (value.startsWith('`')) return { ...token, kind: 'command', text: value.slice(1, -1) };
    return { ...token, kind: /^-?\d+$/.test(value) ? 'integer' : 'word', text: value };
  }

  take(): Token {
    const token = this.peek();
    if (this.at < this.list.length - 1) this.at++;
    return token;
  }

  is(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return (token.kind === 'mark' || token.kind === 'word' || token.kind === 'ellipsis') && token.text === text;
  }

  isKind(kind: TokenKind, ahead = 0): boolean {
    return this.peek(ahead).kind === kind;
  }

  /** Takes the token if it is this one. */
  accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.at++;
    return true;
  }

  expect(text: string): Token {
    if (!this.is(text)) this.fail(`"${text}"`);
    return this.take();
  }

  expectKind(kind: TokenKind, what: string): Token {
    if (!this.isKind(kind)) this.fail(what);
    return this.take();
  }

  /** A whole number within bounds, decimal or hexadecimal. */
  number(what: string, min: number, max: number): number {
    const token = this.peek();
    const value = token.kind === 'integer' || token.kind === 'hex' ? Number(token.text) : Number.NaN;
    if (!(value >= min && value <= max)) this.fail(`${what} from ${min} to ${max}`);
    this.take();
    return value;
  }

  /** Seconds in the script, microseconds here. */
  seconds(): Micros {
    const token = this.peek();
    const value = token.kind === 'float' || token.kind === 'integer' ? Number(token.text) : Number.NaN;
    if (!(value >= 0)) this.fail('a time in seconds');
    this.take();
    return Math.round(value * 1e6);
  }

  fail(expected: string): never {
    const { kind, text, line } = this.peek();
    const found = kind === 'end' ? 'the end of the script' : `"${text}"`;
    throw new ScriptError(line, `Expected ${expected}, found ${found}`);
  }
}
