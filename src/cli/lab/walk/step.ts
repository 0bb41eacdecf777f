import type { Played } from '../../../lab/story/play.ts';
import { ending, heading, ladderLines, type ReportOptions } from '../../../views/lab/report.ts';
import { piecesOf } from '../../../views/lab/turns.ts';
import type { Line } from '../../../views/text/line.ts';
import { usageError } from '../../terminal/errors.ts';
import { printed, printedInAscii } from '../../terminal/paint.ts';
import { type Key, readKeys } from './keys.ts';

const CLEAR = '\x1b[2J\x1b[3J\x1b[H';
const HINTS = {
  en: 'space: on · b: back · q: end',
  zh: '空格：继续 · b：返回 · q：结束',
} as const;

/** Walks through a run turn by turn, as its reader wants. @throws CliError where there is no terminal */
export async function step(played: Played, options: ReportOptions): Promise<void> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw usageError('--step needs a terminal: it waits for keys (--quiz takes its answers from a pipe, too)');
  }
  const frames = framesOf(played, options);
  const text = options.ascii ? printedInAscii : printed;
  let at = 0;
  const show = (): void => {
    const hint =
      at === frames.length - 1 ? '' : `\n\x1b[7m ${at + 1}/${frames.length}  ${HINTS[options.language]} \x1b[0m`;
    process.stdout.write(
      CLEAR +
        frames
          .slice(0, at + 1)
          .flat()
          .map(text)
          .join('\n') +
        hint,
    );
  };
  show();
  for await (const key of readKeys()) {
    const next = goTo(key, at);
    if (next === null || next >= frames.length) break;
    if (next === at) continue;
    at = next;
    show();
  }
  process.stdout.write('\n');
}

/** null: the end. */
function goTo(key: Key, at: number): number | null {
  if (key === 'end') return null;
  if (key === 'back') return Math.max(0, at - 1);
  return key === 'on' ? at + 1 : at;
}

/** What is shown, piece by piece: the question, the turns, the answer. */
function framesOf(played: Played, options: ReportOptions): Line[][] {
  const pieces = piecesOf(ladderLines(played, options));
  return [[...heading(played, options), []], ...pieces, [[], ...ending(played, options)]];
}
