import type { Kernel } from '../../lab/kernels.ts';
import { isAsTold, type Played } from '../../lab/story/play.ts';
import type { Language } from '../../lab/terms/text.ts';
import { Ladder } from '../ladder/ladder.ts';
import { inAscii, type Line, type Style } from '../text/line.ts';
import { filled } from '../text/wide.ts';
import { WORDS } from './words.ts';

export interface ReportOptions {
  width: number;
  language: Language;
  ascii: boolean;
  verbose: boolean;
  /** What the reader has changed, as texts; none: it is the scenario as its author has it. */
  changes: readonly string[];
  /** A command that the reader may want to run now. */
  next: string | null;
  /** The kernel whose defaults it was played with; null: this stack's own. */
  like: Kernel | null;
}

/** Prose is no wider, however wide the ladder is. */
const PROSE_MAX = 100;

/** A scenario that was played: the question, the ladder, and the answer. */
export function report(played: Played, options: ReportOptions): Line[] {
  const lines = [...heading(played, options), [], ...ladderLines(played, options), [], ...ending(played, options)];
  return options.ascii ? lines.map((line) => line.map((span) => ({ ...span, text: inAscii(span.text) }))) : lines;
}

/** What is asked, and what the reader has changed. */
export function heading({ scenario }: Played, { width, language, changes }: ReportOptions): Line[] {
  const title: Line[] = [[{ text: scenario.title[language], style: 'heading' }]];
  const lines = [...title, ...prose(scenario.question[language], width)];
  if (changes.length === 0) return lines;
  return [...lines, ...said(WORDS.changed[language], changes.join('; '), width, 'slow')];
}

export function ladderLines({ log }: Played, { width, language, ascii, verbose }: ReportOptions): Line[] {
  const ladder = new Ladder({ width, language, ascii, verbose });
  return [...log.flatMap((entry) => ladder.push(entry)), ...ladder.end()];
}

/** What went another way, what is often read, and the answer. */
export function ending(played: Played, { width, language, changes, next, like }: ReportOptions): Line[] {
  const { scenario, answer, isCut, missing } = played;
  const { corrects, sources } = scenario;
  const lines: Line[] = [];
  if (isCut) lines.push(...prose(WORDS.cut[language], width, 'faint'));
  if (!isAsTold(played)) lines.push(...differences(played, changes.length > 0, width, language));
  if (corrects !== undefined) lines.push(...said(WORDS.corrects[language], corrects[language], width, 'slow'));
  // Where a turn did not come, its numbers are of something that did not happen.
  if (answer !== null && missing === null)
    lines.push(...said(WORDS.answer[language], answer[language], width, 'state'));
  if (sources.length > 0) lines.push(...said(WORDS.sources[language], sources.join('; '), width, 'faint'));
  if (like !== null) lines.push(...kernelLines(like, width, language));
  if (next !== null) lines.push(...said(WORDS.next[language], next, width, 'why'));
  return lines;
}

/** What was otherwise in a kernel, and where that is written. */
const kernelLines = ({ name, notes }: Kernel, width: number, language: Language): Line[] => [
  [{ text: `${name}${language === 'zh' ? '：' : ':'}`, style: 'why' }],
  ...notes.flatMap(({ text, source }) =>
    filled(`${text[language]} (${source})`, proseWidth(width) - 4).map((line, i) =>
      row(i === 0 ? '  - ' : '    ', line),
    ),
  ),
];

function differences({ missing, checks }: Played, isChanged: boolean, width: number, language: Language): Line[] {
  const head = (isChanged ? WORDS.otherWay : WORDS.failed)[language];
  const wrong = checks.filter(({ holds }) => !holds);
  const texts = [
    ...(missing === null ? [] : [`${missing.pattern.text[language]}: ${WORDS.cameNot[language]}`]),
    ...wrong.map(
      ({ text, actual, expected }) =>
        `${text[language]}: ${valueText(actual)}, ${WORDS.expected[language]} ${valueText(expected)}`,
    ),
  ];
  return [
    ...prose(head, width, isChanged ? 'slow' : 'bad'),
    ...texts.flatMap((text) =>
      filled(text, proseWidth(width) - 4).map((line, i) => row(i === 0 ? '  ✗ ' : '    ', line, 'bad')),
    ),
  ];
}

const valueText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const row = (margin: string, text: string, style: Style = 'faint'): Line => [{ text: margin, style }, { text }];

const proseWidth = (width: number): number => Math.min(width, PROSE_MAX);

const prose = (text: string, width: number, style?: Style): Line[] =>
  filled(text, proseWidth(width)).map((line) => [{ text: line, style }]);

/** `Answer: ...`, the first word in colour. */
function said(word: string, text: string, width: number, style: Style): Line[] {
  const head = /[a-z]$/.test(word) ? `${word}: ` : `${word}：`;
  return filled(`${head}${text}`, proseWidth(width)).map((line, i) =>
    i === 0 ? [{ text: head, style }, { text: line.slice(head.length) }] : [{ text: line }],
  );
}
