import { ScriptError } from '../terms/errors.ts';
import type { OptionSpec } from './ast.ts';
import type { Tokens } from './tokens.ts';

const U16 = 0xffff;
const U32 = 0xffffffff;
/** Kinds of options that we write and compare octet by octet. */
const KIND_MD5 = 19;
const KIND_FAST_OPEN = 34;
const KIND_EXPERIMENT = 254;
/** RFC 9768, section 3.2.3: two orders of the three counters. */
const KIND_ACC_ECN_0 = 172;
const KIND_ACC_ECN_1 = 174;
/** RFC 7413's option as long as it was an experiment (RFC 6994). */
const FAST_OPEN_MAGIC = [0xf9, 0x89];
const OPTIONS_MAX = 40;

/** `<mss 1460,nop,wscale 8>`; `null` for `<...>`; no brackets: no options. */
export function parseTcpOptions(tokens: Tokens): OptionSpec[] | null {
  const { line } = tokens.peek();
  // A `<` on a line of its own would begin nothing: an event begins with its time.
  if (!tokens.accept('<')) return [];
  if (tokens.accept('...')) {
    tokens.expect('>');
    return null;
  }
  const options: OptionSpec[] = [];
  do {
    options.push(parseOption(tokens));
  } while (tokens.accept(','));
  tokens.expect('>');
  const length = optionsLength(options);
  if (length > OPTIONS_MAX) throw new ScriptError(line, `These options take ${length} octets; there is room for 40`);
  if (length % 4 !== 0) throw new ScriptError(line, `These options take ${length} octets: no multiple of 4. Add nop`);
  return options;
}

function parseOption(tokens: Tokens): OptionSpec {
  const { text, line } = tokens.expectKind('word', 'a TCP option');
  switch (text) {
    case 'nop':
    case 'eol':
    case 'sackOK':
      return { type: text };
    case 'mss':
      return { type: 'mss', value: tokens.number('an MSS', 0, U16) };
    case 'wscale':
      return { type: 'wscale', value: tokens.number('a shift count', 0, 255) };
    case 'TS': {
      tokens.expect('val');
      const val = tokens.number('a timestamp', 0, U32);
      tokens.expect('ecr');
      return { type: 'TS', val, ecr: tokens.number('a timestamp', 0, U32) };
    }
    case 'sack':
      return parseSack(tokens);
    case 'FO':
      return raw('FO', [KIND_FAST_OPEN], parseHex(tokens));
    case 'FOEXP':
      return raw('FOEXP', [KIND_EXPERIMENT], [...FAST_OPEN_MAGIC, ...parseHex(tokens)]);
    case 'md5':
      return raw('md5', [KIND_MD5], parseHex(tokens));
    case 'ECN':
      return parseAccEcn(tokens);
    default:
      throw new ScriptError(line, `"${text}" is no TCP option known here`);
  }
}

function parseSack(tokens: Tokens): OptionSpec {
  const blocks: { left: number; right: number }[] = [];
  do {
    const left = tokens.number('a sequence number', 0, U32);
    tokens.expect(':');
    blocks.push({ left, right: tokens.number('a sequence number', 0, U32) });
  } while (tokens.isKind('integer'));
  return { type: 'sack', blocks };
}

/** `ECN e0b 1 ceb 0 e1b 1`: the order of the counters chooses the option's kind; trailing ones may be left out. */
function parseAccEcn(tokens: Tokens): OptionSpec {
  const names: string[] = [];
  const bytes: number[] = [];
  while (tokens.is('e0b') || tokens.is('e1b') || tokens.is('ceb')) {
    names.push(tokens.take().text);
    const count = tokens.number('a counter', 0, 0xffffff);
    bytes.push(count >> 16, (count >> 8) & 255, count & 255);
  }
  if (names.length === 0) tokens.fail('e0b, ceb or e1b');
  return raw('ECN', [names[0] === 'e1b' ? KIND_ACC_ECN_1 : KIND_ACC_ECN_0], bytes);
}

/** Octets as hexadecimal digits; the lexer may have taken them for a number or a word. */
function parseHex(tokens: Tokens): number[] {
  const token = tokens.peek();
  if (token.kind !== 'word' && token.kind !== 'integer') return [];
  if (!/^([0-9a-fA-F]{2})+$/.test(token.text)) tokens.fail('octets in hexadecimal');
  tokens.take();
  return token.text.match(/../g)!.map((octet) => Number.parseInt(octet, 16));
}

const raw = (name: string, kind: number[], data: number[]): OptionSpec => ({
  type: 'raw',
  name,
  bytes: [...kind, 2 + data.length, ...data],
});

export const optionsLength = (options: readonly OptionSpec[]): number =>
  options.reduce((sum, option) => sum + optionLength(option), 0);

function optionLength(option: OptionSpec): number {
  switch (option.type) {
    case 'nop':
    case 'eol':
      return 1;
    case 'sackOK':
      return 2;
    case 'mss':
      return 4;
    case 'wscale':
      return 3;
    case 'TS':
      return 10;
    case 'sack':
      return 2 + 8 * option.blocks.length;
    case 'raw':
      return option.bytes.length;
    default:
      return option satisfies never;
  }
}
