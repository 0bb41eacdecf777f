import { InvalidArgumentError, Option } from 'commander';
import type { KeyedLine } from '../../views/text/keyed-line.ts';
import { onInterrupt } from '../process/signals.ts';
import { say, styled } from '../terminal/output.ts';

/** Between two pictures, in seconds, where nothing else is said. */
const USUAL_INTERVAL = 1;

export const watchOption = (): Option =>
  new Option(
    '-w, --watch [seconds]',
    `again and again, with what changes highlighted (every ${USUAL_INTERVAL} s)`,
  ).argParser((text: string) => {
    const seconds = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
    if (seconds >= 0.1) return seconds;
    throw new InvalidArgumentError('It takes seconds, from 0.1 on.');
  });

/** Of the screen of a terminal (xterm's control sequences): another screen and no cursor; back; to the upper left corner. */
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
/** From the cursor to the end of the line, and of the screen. */
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/**
 * Shows a picture, once or again and again. On a terminal it is painted over the last one, and the terminal is left as it was;
 * where the output goes elsewhere the pictures come one behind the other, plain.
 */
export async function show(
  watch: number | true | undefined,
  picture: () => Promise<readonly KeyedLine[]>,
): Promise<void> {
  if (watch === undefined) {
    for (const { text } of await picture()) say(text);
    return;
  }
  const onTerminal = process.stdout.isTTY;
  if (onTerminal) process.stdout.write(ENTER);
  if (onTerminal) onInterrupt(() => process.stdout.write(LEAVE));
  let before: readonly KeyedLine[] | null = null;
  try {
    for (;;) {
      const lines = await picture();
      if (onTerminal) paint(lines, before);
      else {
        if (before !== null) say('');
        for (const { text } of lines) say(text);
      }
      before = lines;
      await new Promise((resolve) => setTimeout(resolve, (watch === true ? USUAL_INTERVAL : watch) * 1000));
    }
  } finally {
    if (onTerminal) process.stdout.write(LEAVE);
  }
}

function paint(lines: readonly KeyedLine[], before: readonly KeyedLine[] | null): void {
  const { rows = 24, columns = 80 } = process.stdout;
  const known = before === null ? null : new Map(before.map(({ key, text }) => [key, text]));
  const visible = lines.slice(0, rows - 1).map(({ key, text }) => {
    const cut = text.replace(/\t/g, '        ').slice(0, columns);
    const old = known?.get(key)?.replace(/\t/g, '        ').slice(0, columns);
    return (known === null ? cut : highlighted(cut, old ?? '')) + CLEAR_LINE;
  });
  if (lines.length > visible.length) visible.push(`... and ${lines.length - visible.length} more${CLEAR_LINE}`);
  process.stdout.write(`${HOME}${visible.join('\n')}\n${CLEAR_BELOW}`);
}

/** The words of a line that are not the same as in the old one stand out. */
function highlighted(text: string, old: string): string {
  const words = old.split(/\s+/);
  let at = -1;
  return text.replace(/\S+/g, (word) => {
    at++;
    return words[at + (old.startsWith(' ') ? 1 : 0)] === word ? word : styled('inverse', word);
  });
}
