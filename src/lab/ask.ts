import { isPair, ordinalsIn, tokensOf } from './asking/tokens.ts';
import type { GlossaryEntry } from './glossary/terms/entry.ts';
import type { Scenario } from './story/scenario.ts';
import { LANGUAGES } from './terms/text.ts';

/** What answers a question: a scenario to play, or an entry of the glossary to read. */
export type Answer = ScenarioAnswer | EntryAnswer;

export interface ScenarioAnswer {
  readonly kind: 'scenario';
  readonly scenario: Scenario;
  /** What is to be set so that it answers just this question: as `play` takes it. */
  readonly parameters: ReadonlyMap<string, string>;
  /** From 0 to 1: how well its words fit the question. */
  readonly score: number;
}

export interface EntryAnswer {
  readonly kind: 'entry';
  readonly entry: GlossaryEntry;
  readonly score: number;
}

/**
 * What answers a question in Chinese or English, best first; nothing, if nothing of the lab is about it. A question fits a phrase
 * if they have rare words in common: most words of the question, and not too few of the phrase.
 *
 * @example
 * ask('第四次挥手丢失', await allScenarios(), glossary)[0] // { kind: 'scenario', scenario: close-lost, parameters: 4 }
 */
export function ask(question: string, scenarios: readonly Scenario[], glossary: readonly GlossaryEntry[]): Answer[] {
  const pages = [...glossary.map(pageOfEntry), ...scenarios.map(pageOfScenario)];
  const weights = weightsOf(pages);
  const rarest = Math.log(pages.length + 1);
  const weightOf = (token: string): number =>
    OF_ANYTHING.has(token) ? WEAK : (weights.get(token) ?? rarest * (isPair(token) ? UNKNOWN_PAIR : 1));
  const tokens = tokensOf(question);
  const asked: Question = { term: termOf(question), tokens, ordinals: ordinalsIn(tokens) };
  const answers = pages.map((page) => answerOf(page, asked, weightOf));
  return answers.filter(({ score }) => score >= FITS).sort((a, b) => b.score - a.score);
}

/** Below this the question is about something else. */
const FITS = 0.32;
/** Two Chinese characters that no page has side by side are the end of one word and the beginning of another, often. */
const UNKNOWN_PAIR = 0.4;
/** What a word of the question counts that the phrase doesn't have, but the page elsewhere: in another phrase, in its text. */
const ON_THE_PAGE = 0.4;
const IN_THE_TEXT = 0.25;
/** Why something is so, or isn't, is asked of everything: it decides only between pages that fit alike. */
const OF_ANYTHING: ReadonlySet<string> = new Set(['@why', '@not']);
const WEAK = 0.5;
/** How much of the score depends on how much of the phrase is in the question. */
const PRECISION = 0.3;
/** A run shows more than a text; but the name of a state, a knob or a counter asks for what is written of it. */
const WORD = 0.78;
const NAME = 0.9;
const QUESTION = 0.95;
/** The fourth isn't the third. */
const OTHER_ORDINAL = 0.5;

interface Question {
  /** What it asks for, if it is nothing but a term. */
  readonly term: string;
  readonly tokens: ReadonlySet<string>;
  readonly ordinals: readonly number[];
}

/** A term, without what makes it a question. */
const termOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/^\s*what (is|are|does) (an? |the )?|[?？。.\s]+$|是什么(意思|状态)?[?？]?$|\s+mean\??$/g, '')
    .trim();

/** Whatever can answer, as sets of words. */
interface Page {
  readonly phrases: readonly Phrase[];
  /** The words of all phrases. */
  readonly all: ReadonlySet<string>;
  /** What else is said there, in small letters. */
  readonly text: string;
  /** Names that are a question for just this page. */
  readonly terms: ReadonlySet<string>;
  readonly answer: (phrase: Phrase, ordinals: readonly number[], score: number) => Answer;
}

interface Phrase {
  readonly tokens: ReadonlySet<string>;
  /** Of two that fit alike, the one that counts more comes first. */
  readonly weight: number;
  readonly parameters: ReadonlyMap<string, string>;
}

const NOTHING: ReadonlyMap<string, string> = new Map();
const phraseOf = (text: string, weight = 1): Phrase => ({ tokens: tokensOf(text), weight, parameters: NOTHING });
const allOf = (phrases: readonly Phrase[]): Set<string> => new Set(phrases.flatMap(({ tokens }) => [...tokens]));

function pageOfScenario(scenario: Scenario): Page {
  const { name, title, question, asked = [] } = scenario;
  const phrases = [
    phraseOf(name.replace(/-/g, ' ')),
    ...LANGUAGES.flatMap((language) => [phraseOf(title[language]), phraseOf(question[language])]),
    ...asked.map((one): Phrase => {
      if (typeof one === 'string') return phraseOf(one);
      const parameters = Object.entries(one.parameters).map(([key, value]): [string, string] => [key, `${value}`]);
      return { ...phraseOf(one.text), parameters: new Map(parameters) };
    }),
  ];
  const answer = (phrase: Phrase, ordinals: readonly number[], score: number): Answer => {
    const parameters = phrase.parameters.size > 0 ? phrase.parameters : ordinalParameter(scenario, ordinals);
    return { kind: 'scenario', scenario, parameters, score };
  };
  return { phrases, all: allOf(phrases), text: '', terms: new Set(), answer };
}

function pageOfEntry(entry: GlossaryEntry): Page {
  const names = [entry.name, ...entry.also];
  const isWord = entry.kind === 'word' || entry.kind === 'option';
  const phrases = [
    ...names.map((name) => phraseOf(name, isWord ? WORD : NAME)),
    ...entry.asked.map((question) => phraseOf(question, QUESTION)),
  ];
  const said = [entry.text, entry.many].flatMap((text) => (text === undefined ? [] : [text.en, text.zh]));
  return {
    phrases,
    all: allOf(phrases),
    text: said.join('\n').toLowerCase(),
    terms: new Set((isWord ? [entry.name] : names).map(termOf)),
    answer: (_, __, score) => ({ kind: 'entry', entry, score }),
  };
}

/** The parameter that is given without its name is what an ordinal means, if it can be so few: the fourth of `close-lost 4`. */
function ordinalParameter(
  { parameters = {}, positional }: Scenario,
  ordinals: readonly number[],
): Phrase['parameters'] {
  const parameter = positional === undefined ? undefined : parameters[positional];
  const [ordinal, ...others] = ordinals;
  if (parameter === undefined || ordinal === undefined || others.length > 0) return NOTHING;
  const fits =
    'choices' in parameter
      ? parameter.choices.includes(`${ordinal}`)
      : 'max' in parameter && parameter.max <= 9 && ordinal >= parameter.min && ordinal <= parameter.max;
  return fits ? new Map([[positional!, `${ordinal}`]]) : NOTHING;
}

/** The fewer pages have a word, the more it says. */
function weightsOf(pages: readonly Page[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { all } of pages) for (const token of all) counts.set(token, (counts.get(token) ?? 0) + 1);
  return new Map([...counts].map(([token, count]) => [token, Math.log((pages.length + 1) / count)]));
}

function answerOf(page: Page, question: Question, weightOf: (token: string) => number): Answer {
  const { tokens: wanted, ordinals } = question;
  const sum = (tokens: Iterable<string>): number => [...tokens].reduce((total, token) => total + weightOf(token), 0);
  const asked = sum(wanted);
  let best: { phrase: Phrase; score: number } = { phrase: page.phrases[0]!, score: 0 };
  for (const phrase of page.phrases) {
    let found = 0;
    let common = 0;
    for (const token of wanted) {
      if (phrase.tokens.has(token)) common += weightOf(token);
      else if (page.all.has(token)) found += ON_THE_PAGE * weightOf(token);
      else if (page.text.includes(token)) found += IN_THE_TEXT * weightOf(token);
    }
    if (common <= WEAK * OF_ANYTHING.size) continue;
    const covered = (found + common) / asked;
    const precision = common / sum(phrase.tokens);
    const others = ordinalsIn(phrase.tokens);
    const isOther = ordinals.length > 0 && others.length > 0 && !others.some((ordinal) => ordinals.includes(ordinal));
    const fit = covered * (1 - PRECISION + PRECISION * precision) * (isOther ? OTHER_ORDINAL : 1);
    if (fit * phrase.weight > best.score) best = { phrase, score: fit * phrase.weight };
  }
  return page.answer(best.phrase, ordinals, page.terms.has(question.term) ? 1 : best.score);
}
