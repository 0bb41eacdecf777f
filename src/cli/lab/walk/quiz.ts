import { createInterface } from 'node:readline';
import type { Played } from '../../../lab/story/play.ts';
import type { Language } from '../../../lab/terms/text.ts';
import { ending, heading, ladderLines, type ReportOptions } from '../../../views/lab/report.ts';
import { atLastMoment, piecesOf, questionsOf } from '../../../views/lab/turns.ts';
import type { Line } from '../../../views/text/line.ts';
import { say, styled } from '../../terminal/output.ts';
import { printed, printedInAscii } from '../../terminal/paint.ts';

const SAYS: Readonly<
  Record<Language, Record<'what' | 'right' | 'wrong', string> & { score(n: number, of: number): string }>
> = {
  en: {
    ...{ what: 'What comes now?', right: 'Right.', wrong: 'No. It is:' },
    score: (n, of) => `${n} of ${of} right`,
  },
  zh: {
    ...{ what: '接下来发生什么？', right: '正确。', wrong: '不对。应为：' },
    score: (n, of) => `${of} 题答对 ${n} 题`,
  },
};

/** Asks before each turn what comes now. Answers are lines of stdin: a number, q for the end. */
export async function quiz(played: Played, options: ReportOptions): Promise<void> {
  const text = options.ascii ? printedInAscii : printed;
  const show = (lines: readonly Line[]): void => {
    for (const line of lines) say(text(line));
  };
  const says = SAYS[options.language];
  const pieces = piecesOf(ladderLines(played, options));
  const input = createInterface({ input: process.stdin });
  const answers = input[Symbol.asyncIterator]();
  let [asked, right] = [0, 0];
  show([...heading(played, options), []]);
  for (const [i, question] of questionsOf(played).entries()) {
    const [before, moment] = atLastMoment(pieces[i] ?? []);
    show(before);
    say(`\n${styled('bold', says.what)}`);
    for (const [n, choice] of question.choices.entries()) say(`  ${n + 1}  ${choice[options.language]}`);
    const answer = await answered(answers, question.choices.length);
    if (answer === null) break;
    asked++;
    const isRight = answer === question.right;
    if (isRight) right++;
    const { [options.language]: truth } = question.choices[question.right]!;
    say(isRight ? styled('green', says.right) : `${styled('red', says.wrong)} ${truth}`);
    show([[], ...moment]);
  }
  input.close();
  if (asked === played.told.length) show([...pieces.slice(asked).flat(), [], ...ending(played, options)]);
  say(styled('bold', says.score(right, asked)));
}

/** The choice, from 0; null: nothing more is answered. What is no choice is asked for again. */
async function answered(lines: AsyncIterator<string>, choices: number): Promise<number | null> {
  for (;;) {
    if (process.stdin.isTTY) process.stdout.write('> ');
    const { value, done } = await lines.next();
    if (done || /^\s*q/i.test(value)) return null;
    const number = /^\s*([1-9])\s*$/.exec(value)?.[1];
    if (number !== undefined && Number(number) <= choices) return Number(number) - 1;
    say(`1 - ${choices}, q`);
  }
}
