import type { Played } from '../../lab/story/play.ts';
import type { Language } from '../../lab/terms/text.ts';
import { type Line, lineText, type Style } from '../text/line.ts';
import { timeText } from '../text/units.ts';
import { columnsOf, filled } from '../text/wide.ts';
import { firstDifference, type Happening } from './difference.ts';
import { ladderLines } from './report.ts';

export interface Run {
  /** As the reader asked for it. */
  name: string;
  played: Played;
}

export interface DiffOptions {
  width: number;
  language: Language;
  ascii: boolean;
}

/** Two ladders beside each other need so many columns each, and a gap. */
const LADDER_MIN = 72;
const GAP = 3;
const PROSE_MAX = 100;

const WORDS = {
  en: {
    ...{ mark: '▼ here they part', both: 'Both', answer: 'Answer' },
    ...{ same: 'Nothing differs: both go the same way.', nothing: 'nothing more happens' },
    alike: (count: number) => `${count} events are the same. Then:`,
  },
  zh: {
    ...{ mark: '▼ 从这里开始不同', both: '两者相同', answer: '答' },
    ...{ same: '没有不同：两次过程完全一样。', nothing: '不再发生什么' },
    alike: (count: number) => `前 ${count} 个事件相同，然后：`,
  },
} as const;

/** Two runs: beside each other, where there is room, else what both have and then each by itself; and where they part. */
export function sideBySide(a: Run, b: Run, { width, language, ascii }: DiffOptions): Line[] {
  const half = (width - GAP) >> 1;
  const isWide = half >= LADDER_MIN;
  const options = {
    width: isWide ? half : width,
    language,
    ascii,
    verbose: false,
    changes: [],
    next: null,
    like: null,
  };
  const [left, right] = [ladderLines(a.played, options), ladderLines(b.played, options)];
  const parts = left.findIndex((line, i) => right[i] === undefined || lineText(line) !== lineText(right[i]));
  const at = parts < 0 ? Math.min(left.length, right.length) : parts;
  const rows = isWide ? inColumns(a, b, left, right, at, half, language) : oneBelow(a, b, left, right, at, language);
  return [...rows, [], ...explained(a, b, Math.min(width, PROSE_MAX), language)];
}

const indented = (lines: Line[]): Line[] => lines.map((line) => [{ text: '  ' }, ...line]);

const head = (text: string): Line => [{ text, style: 'heading' }];
const mark = (language: Language): Line => [{ text: WORDS[language].mark, style: 'bad' }];

function inColumns(a: Run, b: Run, left: Line[], right: Line[], at: number, half: number, language: Language): Line[] {
  const [first, second] = [left, right].map((lines) => [...lines.slice(0, at), mark(language), ...lines.slice(at)]);
  const count = Math.max(first!.length, second!.length);
  const row = (one: Line = [], other: Line = []): Line => {
    const blank = ' '.repeat(Math.max(0, half - columnsOf(lineText(one))) + GAP);
    // A line's own blanks at its end are in the way.
    return [...trimmed(one), { text: blank }, ...other];
  };
  const rows = Array.from({ length: count }, (_, i) => row(first![i], second![i]));
  return [row(head(a.name), head(b.name)), ...rows];
}

function trimmed(line: Line): Line {
  const last = line.findLastIndex(({ text }) => text.trim() !== '');
  return line.slice(0, last + 1).map((span, i) => (i === last ? { ...span, text: span.text.trimEnd() } : span));
}

function oneBelow(a: Run, b: Run, left: Line[], right: Line[], at: number, language: Language): Line[] {
  const { both } = WORDS[language];
  return [
    ...[head(both), ...left.slice(0, at), mark(language)],
    ...[[], head(a.name), ...left.slice(at)],
    ...[[], head(b.name), ...right.slice(at)],
  ];
}

/** What was the same, what differs and why, and what each answers. */
function explained(a: Run, b: Run, width: number, language: Language): Line[] {
  const words = WORDS[language];
  const say = (text: string, style?: Style): Line[] =>
    filled(text, width - 4).map((line, i) => [{ text: i === 0 ? line : `  ${line}`, style }]);
  const difference = firstDifference(a.played, b.played);
  if (difference === null) return say(words.same, 'state');
  const told = ({ name }: Run, happening: Happening | null): Line[] => {
    if (happening === null) return indented(say(`${name}: ${words.nothing}`));
    const { at, text, why } = happening;
    return indented(say(`${name}: ${timeText(at * 1000)}, ${text[language]}${why === '' ? '' : ` (${why})`}`));
  };
  const answer = ({ name, played }: Run): Line[] =>
    played.answer === null || played.missing !== null
      ? []
      : say(`${words.answer}, ${name}: ${played.answer[language]}`);
  return [
    ...say(words.alike(difference.alike), 'heading'),
    ...told(a, difference.first),
    ...told(b, difference.second),
    ...answer(a),
    ...answer(b),
  ];
}
