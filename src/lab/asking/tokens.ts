import { CONCEPTS, NUMERALS, ORDINALS, SPELLINGS, STOP_CHINESE, STOP_ENGLISH } from './words.ts';

/**
 * What a text is compared by: English words without endings; pairs of Chinese characters; `@lost` for a concept however it is
 * worded; `#4` for an ordinal (fourth, 4th, 第四次, 第 4 个). Words that any question may have are left out.
 */
export function tokensOf(text: string): Set<string> {
  let rest = text.normalize('NFKC').toLowerCase();
  for (const [pattern, spelling] of SPELLINGS) rest = rest.replace(pattern, spelling);
  const tokens = new Set<string>();
  for (const [concept, pattern] of Object.entries(CONCEPTS)) if (pattern.test(rest)) tokens.add(`@${concept}`);
  rest = rest.replace(/第\s*([一二三四五1-5])\s*[次个步]?/g, (_, digit: string) => {
    tokens.add(`#${ORDINALS[digit] ?? digit}`);
    return ' ';
  });
  rest = rest.replace(/([二两三四五六])(?=[次个])/g, (digit) => NUMERALS[digit]!);
  for (const [word] of rest.matchAll(/[a-z\d][a-z\d_]*/g)) addWord(tokens, word);
  // A count and what is counted: 3次, 4次.
  for (const [, digits] of rest.matchAll(/(\d+)\s*次/g)) tokens.add(`${digits}次`);
  for (const [run] of rest.matchAll(/[\u4e00-\u9fff]+/g)) addPairs(tokens, run);
  return tokens;
}

/** Whether a token is a pair of Chinese characters. */
export const isPair = (token: string): boolean => /^[\u4e00-\u9fff]{2}$/.test(token);

/** The ordinals that a text names. */
export const ordinalsIn = (tokens: ReadonlySet<string>): number[] =>
  [...tokens].filter((token) => token.startsWith('#')).map((token) => Number(token.slice(1)));

function addWord(tokens: Set<string>, word: string): void {
  const ordinal = ORDINALS[word];
  if (ordinal !== undefined) {
    tokens.add(`#${ordinal}`);
    return;
  }
  const plain = NUMERALS[word] ?? word;
  if (!STOP_ENGLISH.has(plain)) tokens.add(stem(plain));
  if (!plain.includes('_')) return;
  for (const part of plain.split('_')) if (part !== '' && !STOP_ENGLISH.has(part)) tokens.add(stem(part));
}

/** A word without its ending; names with digits or underscores have none. */
function stem(word: string): string {
  if (word.length < 4 || /[\d_]/.test(word)) return word;
  return word.replace(/(?:ies|ied)$/, 'y').replace(/(?:ing|ed|es|s|e)$/, '');
}

function addPairs(tokens: Set<string>, run: string): void {
  for (const piece of run.split(STOP_CHINESE)) {
    for (let i = 0; i + 1 < piece.length; i++) tokens.add(piece.slice(i, i + 2));
  }
}
