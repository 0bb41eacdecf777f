import { firstDifference } from '../../views/lab/difference.ts';
import { type Run, sideBySide } from '../../views/lab/side-by-side.ts';
import { usageError } from '../terminal/errors.ts';
import { say } from '../terminal/output.ts';
import { outputWidth, printed, printedInAscii } from '../terminal/paint.ts';
import { languageOf } from './request/language.ts';
import { playRequest, readRequest } from './request/request.ts';

export interface DiffFlags {
  width?: number;
  ascii?: true;
  json?: true;
}

/** `lab diff A B`: two runs, each a scenario with its options in one text. */
export async function diffRuns(
  first: string,
  second: string,
  flags: DiffFlags,
  words: readonly string[],
): Promise<void> {
  const { width = outputWidth(), ascii = false, json = false } = flags;
  const [a, b] = [await runOf(first), await runOf(second)];
  if (json) {
    const runs = [a, b].map(({ name, played }) => ({ name, answer: played.answer, lasted: played.lasted }));
    say(JSON.stringify({ runs, difference: firstDifference(a.played, b.played) }, null, 2));
    return;
  }
  const text = ascii ? printedInAscii : printed;
  const language = ascii ? 'en' : languageOf(words);
  for (const line of sideBySide(a, b, { width, language, ascii })) say(text(line));
}

async function runOf(text: string): Promise<Run> {
  const request = await readRequest(wordsOf(text));
  if (request.walk !== null || request.live !== null || request.show.json || request.show.log !== null) {
    throw usageError(`"${text}": a run to compare has no options about how it is shown`);
  }
  return { name: text, played: await playRequest(request) };
}

/** As a shell cuts it: at blanks, but for what stands in quotes. */
const wordsOf = (text: string): string[] =>
  (text.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []).map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
