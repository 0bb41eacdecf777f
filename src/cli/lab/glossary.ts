import { type Answer, ask } from '../../lab/ask.ts';
import { allScenarios } from '../../lab/catalogue.ts';
import { explain, glossary, nearMisses } from '../../lab/glossary/glossary.ts';
import type { GlossaryEntry } from '../../lab/glossary/terms/entry.ts';
import type { Language } from '../../lab/terms/text.ts';
import { index, page, stateTable } from '../../views/lab/page.ts';
import { CliError, usageError } from '../terminal/errors.ts';
import { say } from '../terminal/output.ts';
import { outputWidth, printed } from '../terminal/paint.ts';

/** Prose is no wider, however wide the terminal is. */
const WIDTH_MAX = 100;
const options = (language: Language): { width: number; language: Language } => ({
  width: Math.min(outputWidth(), WIDTH_MAX),
  language,
});

/** `lab explain TERM`. @param words none: what can be explained */
export function explainTerm(words: readonly string[], language: Language, isJson: boolean): void {
  const term = words.join(' ');
  if (term === '') {
    if (isJson) say(JSON.stringify(glossary, null, 2));
    else for (const line of index(glossary, options(language))) say(printed(line));
    return;
  }
  const entry = explain(term);
  if (entry === null) throw unknownTerm(term);
  if (isJson) say(JSON.stringify(entry, null, 2));
  else for (const line of page(entry, entry.scenarios, options(language))) say(printed(line));
}

function unknownTerm(term: string): CliError {
  const near = nearMisses(term);
  const hint =
    near.length > 0 ? `near to it: ${near.join(', ')}` : '`tcpglass lab explain` lists what can be explained';
  return usageError(`Nothing is called "${term}"; ${hint}`);
}

/** `lab states`. */
export function showStates(language: Language, isJson: boolean): void {
  const states = glossary.filter(({ kind }) => kind === 'state');
  if (isJson) say(JSON.stringify(states, null, 2));
  else for (const line of stateTable(states, options(language))) say(printed(line));
}

/** So many answers are told. */
const ANSWERS_MAX = 3;

/** `lab ask QUESTION`: what answers it, the best first, with the command to run. */
export async function askLab(question: string, language: Language, isJson: boolean): Promise<void> {
  if (question.trim() === '') throw usageError('Ask what? For example: tcpglass lab ask why 2MSL');
  const answers = ask(question, await allScenarios(), glossary).slice(0, ANSWERS_MAX);
  if (answers.length === 0) {
    throw new CliError(
      `Nothing here answers "${question}"; \`tcpglass lab\` lists the scenarios, \`tcpglass lab explain\` the terms`,
    );
  }
  if (isJson)
    say(
      JSON.stringify(
        answers.map((answer) => ({ command: commandOf(answer), score: answer.score })),
        null,
        2,
      ),
    );
  else for (const answer of answers) tell(answer, language);
}

function tell(answer: Answer, language: Language): void {
  say(printed([{ text: commandOf(answer), style: 'turn' }]));
  say(`    ${answer.kind === 'scenario' ? answer.scenario.question[language] : summaryOf(answer.entry, language)}`);
}

const summaryOf = ({ text }: GlossaryEntry, language: Language): string =>
  /^.*?(?:[.!](?= |$)|。)/.exec(text[language])?.[0] ?? text[language];

function commandOf(answer: Answer): string {
  if (answer.kind === 'entry') return `tcpglass lab explain ${quoted(answer.entry.name)}`;
  const { scenario, parameters } = answer;
  const values = [...parameters].map(([name, value]) =>
    name === scenario.positional ? ` ${value}` : ` --set ${name}=${value}`,
  );
  return `tcpglass lab run ${scenario.name}${values.join('')}`;
}

const quoted = (name: string): string => (/^[\w.-]+$/.test(name) ? name : `'${name}'`);
