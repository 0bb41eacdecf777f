import { ScriptError } from '../terms/errors.ts';
import type { CallAction, Expression } from './ast.ts';
import type { Tokens } from './tokens.ts';

/** `...0.3 connect(3, ..., ...) = -1 ETIMEDOUT (Connection timed out)`. */
export function parseCall(tokens: Tokens): CallAction {
  const end = tokens.accept('...') ? tokens.seconds() : null;
  const name = tokens.expectKind('word', 'the name of a system call').text;
  const args = parseArguments(tokens);
  tokens.expect('=');
  const result = parseExpression(tokens);
  let errno: string | null = null;
  if (tokens.isKind('word')) {
    errno = tokens.take().text;
  }
  if (tokens.is('(')) skipNote(tokens);
  return { type: 'call', name, args, end, result, errno };
}

/** A note in parentheses, `(flags O_RDWR|O_NONBLOCK)`, is for people. */
function skipNote(tokens: Tokens): void {
  tokens.expect('(');
  while (!tokens.accept(')')) {
    if (tokens.isKind('end')) tokens.fail('")"');
    tokens.take();
  }
}

function parseArguments(tokens: Tokens): Expression[] {
  tokens.expect('(');
  return parseListUntil(tokens, ')');
}

function parseListUntil(tokens: Tokens, close: string): Expression[] {
  const items: Expression[] = [];
  if (tokens.accept(close)) return items;
  do {
    items.push(parseExpression(tokens));
  } while (tokens.accept(','));
  tokens.expect(close);
  return items;
}

function parseExpression(tokens: Tokens): Expression {
  let left = parseTerm(tokens);
  while (tokens.accept('|')) left = { type: 'or', left, right: parseTerm(tokens) };
  return left;
}

function parseTerm(tokens: Tokens): Expression {
  const token = tokens.peek();
  switch (token.kind) {
    case 'ellipsis':
      tokens.take();
      return { type: 'ellipsis' };
    case 'integer':
    case 'hex':
    case 'float':
      return { type: 'number', value: Number(tokens.take().text) };
    case 'string':
      return parseString(tokens);
    case 'word':
      tokens.take();
      if (tokens.is('(')) return { type: 'apply', name: token.text, args: parseArguments(tokens) };
      return { type: 'word', name: token.text };
    default:
      break;
  }
  if (tokens.accept('[')) return { type: 'list', items: parseListUntil(tokens, ']') };
  if (tokens.accept('(')) {
    const inner = parseExpression(tokens);
    tokens.expect(')');
    return inner;
  }
  if (tokens.accept('{')) return parseBraces(tokens);
  return tokens.fail('a value');
}

/** Strings next to each other are one; one with `...` behind it may go on in any way. */
function parseString(tokens: Tokens): Expression {
  let text = unescaped(tokens.take().text);
  while (tokens.isKind('string')) text += unescaped(tokens.take().text);
  tokens.accept('...');
  return { type: 'string', text };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0' };

const unescaped = (text: string): string =>
  text.replace(/\\(?:x([0-9a-fA-F]{2})|([\s\S]))/g, (_, hex: string | undefined, letter: string) =>
    hex === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
  );

/** `{onoff=1, linger=0}`, `{msg_name(...)=..., msg_iov(1)=[...], ...}`, or a plain row of values: `{..., 1000}`. */
function parseBraces(tokens: Tokens): Expression {
  if (!tokens.isKind('word') || !(tokens.is('=', 1) || tokens.is('(', 1))) {
    return { type: 'group', items: parseListUntil(tokens, '}') };
  }
  const fields = new Map<string, Expression>();
  do {
    const { text, line } = tokens.expectKind('word', 'the name of a field');
    // msg_iov(2): how many there are, which the array says again.
    if (tokens.is('(')) parseArguments(tokens);
    tokens.expect('=');
    if (fields.has(text)) throw new ScriptError(line, `The field "${text}" is given twice`);
    fields.set(text, parseExpression(tokens));
  } while (tokens.accept(','));
  tokens.expect('}');
  return { type: 'struct', fields };
}
