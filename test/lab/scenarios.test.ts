import { describe, expect, it } from 'vitest';
import { catalogue, scenarioNamed } from '../../src/lab/catalogue.ts';
import { isAsTold, type Played, play } from '../../src/lab/story/play.ts';
import { type Scenario, TOPICS } from '../../src/lab/story/scenario.ts';
import { LANGUAGES, type Language, type Text } from '../../src/lab/terms/text.ts';
import { Ladder } from '../../src/views/ladder/ladder.ts';
import { lineText } from '../../src/views/text/line.ts';
import { columnsOf } from '../../src/views/text/wide.ts';
import { expectBothLanguages } from './support/texts.ts';

const WIDTH = 80;

function ladderOf({ log }: Played, language: Language): string[] {
  const ladder = new Ladder({ width: WIDTH, language });
  const lines = log.flatMap((entry) => ladder.push(entry));
  return [...lines, ...ladder.end()].map((line) => lineText(line));
}

/** All that a scenario says, played or not. */
function textsOf({ scenario, told, checks, answer }: Played): Text[] {
  const { title, question, corrects, parameters = {} } = scenario;
  return [
    ...[title, question, corrects, answer].filter((text) => text !== undefined && text !== null),
    ...Object.values(parameters).map(({ text }) => text),
    ...told.map(({ text }) => text),
    ...checks.map(({ text }) => text),
  ];
}

/** The ways in which a scenario can be played by its choices and flags alone, one changed at a time. */
function variantsOf({ parameters = {} }: Scenario): Map<string, string>[] {
  return Object.entries(parameters).flatMap(([name, parameter]) => {
    const values =
      'choices' in parameter ? parameter.choices : typeof parameter.default === 'boolean' ? ['true', 'false'] : [];
    return values.filter((value) => value !== String(parameter.default)).map((value) => new Map([[name, value]]));
  });
}

/** What went another way than the scenario says. */
const differences = ({ missing, checks }: Played): object => ({
  missing: missing?.pattern.text.en ?? null,
  wrong: checks.filter(({ holds }) => !holds),
});
const NONE = { missing: null, wrong: [] };

describe.each(Object.keys(catalogue))('the scenario %s', async (name) => {
  const scenario = (await scenarioNamed(name))!;

  it('goes as it says, with the ladder that it always had', async () => {
    const played = await play(scenario);
    expect(differences(played)).toEqual(NONE);
    expect(isAsTold(played)).toBe(true);
    expect(played.answer).not.toBeNull();
    const lines = LANGUAGES.map((language) => ladderOf(played, language));
    for (const line of lines.flat()) expect(columnsOf(line), line).toBeLessThanOrEqual(WIDTH);
    const text = [`${played.answer!.en}\n${played.answer!.zh}`, ...lines.map((ladder) => ladder.join('\n'))].join(
      '\n\n',
    );
    await expect(`${text}\n`).toMatchFileSnapshot(`ladders/${name}.txt`);
  });

  it('goes as it says whatever is chosen', async () => {
    for (const parameters of variantsOf(scenario)) {
      const played = await play(scenario, { parameters });
      expect({ parameters, ...differences(played) }).toEqual({ parameters, ...NONE });
    }
  });

  it('is the same in every run of one seed', async () => {
    const [first, second] = [await play(scenario, { seed: 7 }), await play(scenario, { seed: 7 })];
    expect(second.log).toEqual(first.log);
  });

  it('says in both languages the same, with the same numbers', async () => {
    const played = [
      await play(scenario),
      ...(await Promise.all(variantsOf(scenario).map((parameters) => play(scenario, { parameters })))),
    ];
    for (const text of played.flatMap(textsOf)) expectBothLanguages(text);
  });

  it('is filed under its name and topic, and says where it is written', () => {
    expect(scenario.name).toBe(name);
    expect(TOPICS).toContain(scenario.topic);
    expect(scenario.sources.length).toBeGreaterThan(0);
    // The report puts a word in front: "Correction". What is wrong, and put right, is a sentence that says that it is read or said.
    for (const language of LANGUAGES)
      expect(scenario.corrects?.[language] ?? '').not.toMatch(/^[^，,.。]*(?:read|说法)[:：]/);
    if (scenario.positional !== undefined)
      expect(Object.keys(scenario.parameters ?? {})).toContain(scenario.positional);
  });
});
