import { Unsupported } from '../terms/errors.ts';

/** grep(1): the lines that match, and the pattern, so that a message can say what was looked for. */
export interface Grep {
  pattern: string;
  files: string[];
  select(lines: readonly string[]): string[];
  /** `-q`: says nothing. `-c`: says how many. */
  quiet: boolean;
  count: boolean;
}

/** @throws Unsupported for options that it doesn't know */
export function parseGrep(args: readonly string[]): Grep {
  let flags = '';
  let pattern: string | null = null;
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '-e') pattern = args[++i] ?? '';
    else if (/^-[a-zA-Z]+$/.test(arg)) flags += arg.slice(1);
    else rest.push(arg);
  }
  if (/[^qEFGivwxcsoh]/.test(flags) || flags.includes('o')) throw new Unsupported(`grep -${flags}`);
  pattern ??= rest.shift() ?? '';
  const rule = new RegExp(source(pattern, flags), flags.includes('i') ? 'i' : '');
  return {
    pattern,
    files: rest,
    select: (lines) => lines.filter((line) => rule.test(line) !== flags.includes('v')),
    quiet: flags.includes('q'),
    count: flags.includes('c'),
  };
}

function source(pattern: string, flags: string): string {
  const inner = flags.includes('F')
    ? pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    : ofJavaScript(pattern, flags.includes('E'));
  if (flags.includes('x')) return `^(?:${inner})$`;
  return flags.includes('w') ? `\\b(?:${inner})\\b` : inner;
}

/** POSIX's expressions: the basic ones have `+?|(){}` for themselves and mean the operators with a backslash before. */
function ofJavaScript(pattern: string, extended: boolean): string {
  const withClasses = pattern
    .replace(/\[\[:space:\]\]/g, '\\s')
    .replace(/\[\[:digit:\]\]/g, '[0-9]')
    .replace(/\[:space:\]/g, '\\s')
    .replace(/\[:digit:\]/g, '0-9');
  if (extended) return withClasses;
  return withClasses.replace(/\\([+?|(){}])|([+?|(){}])/g, (_, operator: string | undefined, plain: string) =>
    operator === undefined ? `\\${plain}` : operator,
  );
}
