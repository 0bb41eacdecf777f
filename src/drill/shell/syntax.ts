import { ScriptError, Unsupported } from '../terms/errors.ts';

/** A command line as sh(1) reads it: pipelines, joined by `;`, `&&` and `||`. */
export interface Step {
  /** Whether it runs depends on how the one before ended. */
  when: 'always' | 'succeeded' | 'failed';
  /** `!`: success is failure. */
  negated: boolean;
  pipeline: Simple[];
}

/** One command with its words and redirections. */
export interface Simple {
  text: string;
  words: string[];
  /** Where standard output goes; null: nowhere in particular. */
  output: { file: string; append: boolean } | null;
  input: string | null;
}

interface Token {
  kind: 'word' | 'mark';
  text: string;
  from: number;
  to: number;
}

/** In the order in which they are tried. */
const MARK = /&&|\|\||\d?>&\d?|&>|\d?>>|\d?>|<|[;|&\n(){}]/y;
const PLAIN = /[^\s"'\\$`;|&<>(){}]+/y;
const ARITHMETIC = /\$\(\(\s*([\d\s*]+?)\s*\)\)/y;
/** The process's own number: it stands in names of files only. */
const PROCESS_ID = /\$\{?PPID\}?/y;

/** @throws Unsupported for what a script of packets has no use for: loops, variables, command substitution */
export function parseCommands(text: string, line: number): Step[] {
  const tokens = cut(text, line);
  const steps: Step[] = [];
  let step: Step = { when: 'always', negated: false, pipeline: [] };
  let simple: Simple | null = null;
  const endSimple = (): void => {
    if (simple !== null) step.pipeline.push(simple);
    simple = null;
  };
  const endStep = (when: Step['when']): void => {
    endSimple();
    if (step.pipeline.length > 0) steps.push(step);
    else if (when !== 'always') throw new ScriptError(line, `A command is missing in "${text}"`);
    step = { when, negated: false, pipeline: [] };
  };
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.kind === 'word') {
      if (simple === null && step.pipeline.length === 0 && token.text === '!') {
        step.negated = !step.negated;
        continue;
      }
      simple ??= { text: '', words: [], output: null, input: null };
      simple.words.push(token.text);
      simple.text = `${simple.text} ${text.slice(token.from, token.to)}`.trim();
      continue;
    }
    if (token.text === ';' || token.text === '\n') endStep('always');
    else if (token.text === '&&') endStep('succeeded');
    else if (token.text === '||') endStep('failed');
    else if (token.text === '|') endSimple();
    else if (/[<>]/.test(token.text)) {
      simple ??= { text: '', words: [], output: null, input: null };
      if (token.text.endsWith('&1') || token.text.endsWith('&2')) continue; // standard error isn't kept apart
      const file = tokens[++i];
      if (file?.kind !== 'word') throw new ScriptError(line, `A file is missing behind "${token.text}"`);
      if (token.text === '<') simple.input = file.text;
      else if (!token.text.startsWith('2')) simple.output = { file: file.text, append: token.text.endsWith('>>') };
    } else throw new Unsupported(`"${token.text}" in a command`);
  }
  endStep('always');
  return steps;
}

function cut(text: string, line: number): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (rule: RegExp): RegExpExecArray | null => {
    rule.lastIndex = at;
    return rule.exec(text);
  };
  while (at < text.length) {
    if (text.startsWith('\\\n', at)) at += 2;
    else if (/[ \t\r]/.test(text[at]!)) at++;
    else if (text[at] === '#') while (at < text.length && text[at] !== '\n') at++;
    else {
      const mark = match(MARK);
      if (mark !== null) {
        tokens.push({ kind: 'mark', text: mark[0], from: at, to: at + mark[0].length });
        at += mark[0].length;
      } else {
        const from = at;
        let word = '';
        while (at < text.length && !/[\s;|&<>(){}]/.test(text[at]!)) {
          const [piece, length] = pieceOfWord(text, at, line, match);
          word += piece;
          at += length;
        }
        tokens.push({ kind: 'word', text: word, from, to: at });
      }
    }
  }
  return tokens;
}

/** What stands at `at`, without its quotes, and how long it is with them. */
function pieceOfWord(
  text: string,
  at: number,
  line: number,
  match: (rule: RegExp) => RegExpExecArray | null,
): [string, number] {
  const c = text[at]!;
  if (c === '"' || c === "'") {
    const end = text.indexOf(c, at + 1);
    if (end < 0) throw new ScriptError(line, `A ${c} is opened and never closed in "${text}"`);
    const inner = text.slice(at + 1, end);
    return [c === '"' ? reckoned(inner) : inner, end + 1 - at];
  }
  if (c === '\\') return [text[at + 1] ?? '', 2];
  const sum = match(ARITHMETIC);
  if (sum !== null) return [String(product(sum[1]!)), sum[0].length];
  const plain = match(PLAIN) ?? match(PROCESS_ID);
  if (plain === null) throw new Unsupported(`"${text.slice(at, at + 12).trim()}" in a command`);
  return [plain[0], plain[0].length];
}

const product = (text: string): number => text.split('*').reduce((result, factor) => result * Number(factor), 1);

/** Between double quotes `$((...))` is reckoned; variables there are none. */
function reckoned(text: string): string {
  const result = text.replace(/\$\(\(\s*([\d\s*]+?)\s*\)\)/g, (_, sum: string) => String(product(sum)));
  if (/\$[A-Za-z{(]|\\/.test(result)) throw new Unsupported(`"${text}" in a command`);
  return result;
}
