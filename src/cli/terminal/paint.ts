import type { Line, Paint, Style } from '../../views/text/line.ts';
import { inAscii, lineText } from '../../views/text/line.ts';
import { USUAL_WIDTH } from './help.ts';
import { styled } from './output.ts';

/** The colours of what a text is about, as `styleText` of node:util names them. */
const COLOURS: Readonly<Record<Style, Parameters<typeof styled>[0]>> = {
  faint: 'dim',
  heading: 'bold',
  state: 'green',
  turn: 'cyan',
  why: 'magenta',
  slow: 'yellow',
  bad: 'red',
};

const paint: Paint = (style, text) => styled(COLOURS[style], text);

/** A line for stdout: coloured, where that is a terminal. */
export const printed = (line: Line): string => lineText(line, paint);

/** The same without anything outside of ASCII. */
export const printedInAscii = (line: Line): string =>
  lineText(
    line.map((span) => ({ ...span, text: inAscii(span.text) })),
    paint,
  );

/** How wide stdout is, in columns. A terminal that doesn't know its size says 0: then it is taken for a usual one. */
export const outputWidth = (): number => process.stdout.columns || USUAL_WIDTH;
