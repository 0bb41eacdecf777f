import { describe, expect, it } from 'vitest';
import { allScenarios } from '../../../src/lab/catalogue.ts';
import { play } from '../../../src/lab/story/play.ts';
import { ladderLines } from '../../../src/views/lab/report.ts';
import { atLastMoment, piecesOf, questionsOf } from '../../../src/views/lab/turns.ts';
import { lineText } from '../../../src/views/text/line.ts';

const OPTIONS = {
  width: 80,
  language: 'en',
  ascii: false,
  verbose: false,
  changes: [],
  next: null,
  like: null,
} as const;

describe.each((await allScenarios()).map((scenario) => [scenario.name, scenario] as const))('%s', (_, scenario) => {
  it('is cut into as many pieces as there are turns, and loses nothing', async () => {
    const played = await play(scenario);
    const lines = ladderLines(played, OPTIONS);
    const pieces = piecesOf(lines);
    expect(pieces.flat()).toEqual(lines);
    const remarks = lines.filter((line) => /^ *» /.test(lineText(line)));
    expect(pieces.filter((piece) => piece.some((line) => /^ *» /.test(lineText(line))))).toHaveLength(remarks.length);
    for (const piece of pieces) expect(atLastMoment(piece).flat()).toEqual(piece);
  });

  it('has a question for each turn, with one right answer among different ones', async () => {
    const played = await play(scenario);
    const questions = questionsOf(played);
    expect(questions.map(({ choices, right }) => choices[right])).toEqual(played.told.map(({ pattern }) => pattern));
    for (const { choices } of questions) {
      expect(choices.length).toBe(4);
      expect(new Set(choices.map(({ en }) => en)).size).toBe(4);
    }
    expect(questionsOf(played)).toEqual(questions);
  });
});
