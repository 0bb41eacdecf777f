/** What a piece of text is about: a terminal shows it as a colour, a file not at all. */
export type Style =
  /** Times, rails, fillings: what the eye should pass over. */
  | 'faint'
  | 'heading'
  | 'state'
  /** A SYN or a FIN: a connection begins or ends. */
  | 'turn'
  /** Why something happened. */
  | 'why'
  /** It costs time: sent again, a shut window. */
  | 'slow'
  /** It is lost or refused: a drop, a RST. */
  | 'bad';

export interface Span {
  text: string;
  style?: Style | undefined;
}

/** A line of text before it is coloured. */
export type Line = readonly Span[];

/** Puts a terminal's colours around a text. */
export type Paint = (style: Style, text: string) => string;

/** @param paint null: without colours */
export function lineText(line: Line, paint: Paint | null = null): string {
  const last = line.length - 1;
  return line
    .map(({ text, style }, i) => {
      const shown = i === last ? text.trimEnd() : text;
      return paint === null || style === undefined || shown.trim() === '' ? shown : paint(style, shown);
    })
    .join('')
    .trimEnd();
}

const ASCII: Readonly<Record<string, string>> = {
  '│': '|',
  '─': '-',
  '╌': '.',
  '►': '>',
  '◄': '<',
  '✗': 'X',
  '≈': '~',
  '→': '>',
  '↔': '-',
  '•': '*',
  '·': '.',
  '…': '.',
  '»': '>',
  '×': 'x',
  µ: 'u',
  '∞': '-',
};

/** Every character outside of ASCII as one inside, so that columns stay where they are. */
export const inAscii = (text: string): string => text.replace(/[^\n\x20-\x7e]/g, (char) => ASCII[char] ?? '?');

/** Lines of at most `width`, broken between words; a word that is longer is cut. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    for (; word.length > width; word = word.slice(width)) {
      if (line !== '') lines.push(line);
      line = '';
      lines.push(word.slice(0, width));
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
