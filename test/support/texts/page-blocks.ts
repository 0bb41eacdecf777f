import { numbersIn } from './numbers.ts';

/** A piece of a page of Markdown, as far as a translation has the same. */
export interface Block {
  /** `##`: a heading of that level. */
  readonly kind: string;
  readonly numbers: string[];
  /** In prose: what stands between backquotes, in no order. */
  readonly commands: string[];
  readonly links: string[];
  /** Of a table. */
  readonly rows: number;
  /** Without comments; of a ladder the rows alone, not what is said about them. */
  readonly code: string[];
}

export const blocksOf = (page: string): Block[] => partsOf(page).map(blockOf);

/** What empty lines part. */
export function partsOf(page: string): string[] {
  const parts: string[] = [];
  for (const part of page.trimEnd().split(/\n{2,}/)) {
    const before = parts.at(-1);
    if (before !== undefined && goesOn(before, part)) parts[parts.length - 1] = `${before}\n\n${part}`;
    else parts.push(part);
  }
  return parts;
}

/** An empty line within a fence, or between lines that are all set in, ends no code. */
const goesOn = (before: string, part: string): boolean =>
  before.startsWith('```') ? !before.endsWith('\n```') : before.startsWith('    ') && part.startsWith('    ');

function blockOf(text: string): Block {
  const kind = kindOf(text);
  const prose = kind === 'code' ? '' : text;
  const found = (what: RegExp): string[] => [...prose.matchAll(what)].map((one) => one[1]!.replace(/\s+/g, ' ')).sort();
  return {
    kind,
    numbers: numbersIn(text),
    commands: found(/`([^`]+)`/g),
    links: found(/\]\(([^)\s]+)\)/g),
    rows: kind === 'table' ? text.split('\n').length : 0,
    code: kind === 'code' ? codeOf(text.split('\n')) : [],
  };
}

export function kindOf(text: string): string {
  if (text.startsWith('|')) return 'table';
  if (text.startsWith('    ') || text.startsWith('```')) return 'code';
  return /^#+(?= )/.exec(text)?.[0] ?? 'prose';
}

function codeOf(lines: readonly string[]): string[] {
  if (isLadder(lines)) return lines.filter((line) => line.includes('│'));
  return lines.map((line) => line.replace(/(^| +)(#|\/\/) .*$/, ''));
}

const isLadder = (lines: readonly string[]): boolean => lines.some((line) => /│.*[◄►]/.test(line));
