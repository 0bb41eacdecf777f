/**
 * Characters that take two columns of a terminal: those of East Asian writing and their punctuation (Unicode Standard Annex 11, Wide
 * and Fullwidth), as far as the texts here use them.
 */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;
/** What never begins a line: it goes with what is before it. */
const CLOSING = /[，。、；：？！）》」』】”,.;:?!)\]]/;
/** What never ends one: it goes with what is behind it. */
const OPENING = /[（《「『【“]/;

/** How many columns a text takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const char of text) columns += WIDE.test(char) ? 2 : 1;
  return columns;
}

/** As `padEnd`, by columns. */
export const paddedTo = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - columnsOf(text)));

/** Lines of at most `width` columns: broken between words, and between any two wide characters. */
export function filled(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of piecesOf(text)) {
    const fits = columnsOf(line) + columnsOf(piece.trimEnd()) <= width;
    if (line !== '' && !fits) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += line === '' ? piece.trimStart() : piece;
  }
  return [...lines, line.trimEnd()];
}

/** What is not broken: words with the blanks behind them, wide characters; each with what opens and closes it. */
const PIECE = new RegExp(
  `${OPENING.source}*(?:${WIDE.source}|(?:(?!${WIDE.source}|${OPENING.source})\\S)+)${CLOSING.source}*\\s*|\\S|\\s+`,
  'gu',
);

const piecesOf = (text: string): string[] => text.match(PIECE) ?? [];
