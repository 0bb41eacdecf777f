import { ScriptError } from '../terms/errors.ts';

export type TokenKind =
  | 'word'
  | 'integer'
  | 'hex'
  | 'float'
  | 'string'
  | 'command'
  | 'code'
  | 'option'
  | 'ellipsis'
  | 'ipv4'
  | 'mark'
  | 'end';

export interface Token {
  kind: TokenKind;
  /** Without quotes, backquotes, or the dashes of an option. */
  text: string;
  line: number;
}

/**
 * In the order in which they are tried: the longer spelling first, as a generated lexer would. `0...0.3` is a number, an
 * ellipsis and a number, because a float has a digit behind its point.
 */
const RULES: readonly [TokenKind | 'skip', RegExp][] = [
  ['skip', /[ \t\r\n]+/y],
  ['skip', /\/\/[^\n]*/y],
  ['skip', /\/\*[\s\S]*?\*\//y],
  ['code', /%\{[\s\S]*?\}%/y],
  ['command', /`(?:\\[\s\S]|[^`\\])*`/y],
  ['string', /"(?:\\[\s\S]|[^"\\])*"/y],
  ['option', /--[a-zA-Z0-9_]+(?:=(?:"[^"\n]*"|[a-zA-Z_]+=(?:"[^"\n]*"|`[^`]*`)|[^\s"]*))?/y],
  ['ellipsis', /\.\.\./y],
  ['ipv4', /\d+\.\d+\.\d+\.\d+/y],
  ['hex', /0x[0-9a-fA-F]+/y],
  ['float', /-?\d*\.\d+/y],
  ['word', /\d+[a-zA-Z_][a-zA-Z0-9_]*/y],
  ['integer', /-?\d+/y],
  ['word', /[a-zA-Z_][a-zA-Z0-9_]*/y],
  ['mark', /\S/y],
];

/** Cuts a script into tokens; the last one is of kind `end`. */
export function tokenize(source: string): Token[] {
  // A '#' comment is a shell's, not packetdrill's; a script that can be executed begins with one. It keeps its line.
  const text = source.replace(/^[ \t]*#[^\n]*/gm, (comment) => ' '.repeat(comment.length));
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const [kind, spelling] = next(text, at, line);
    if (kind !== 'skip') {
      tokens.push({ kind, text: content(kind, spelling), line });
    }
    for (let i = at; i < at + spelling.length; i++) if (text.charCodeAt(i) === 10) line++;
    at += spelling.length;
  }
  tokens.push({ kind: 'end', text: '', line });
  return tokens;
}

function next(text: string, at: number, line: number): [TokenKind | 'skip', string] {
  for (const [kind, rule] of RULES) {
    rule.lastIndex = at;
    const match = rule.exec(text);
    if (match === null) continue;
    if (kind === 'mark' && (match[0] === '"' || match[0] === '`')) {
      throw new ScriptError(line, `A ${match[0]} is opened and never closed`);
    }
    return [kind, match[0]];
  }
  throw new ScriptError(line, 'Unreadable');
}

function content(kind: TokenKind, spelling: string): string {
  switch (kind) {
    case 'string':
    case 'command':
      return spelling.slice(1, -1);
    case 'code':
    case 'option':
      return kind === 'code' ? spelling.slice(2, -2) : spelling.slice(2);
    default:
      return spelling;
  }
}
