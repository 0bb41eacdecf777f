import { Option } from 'commander';
import { LANGUAGES, type Language } from '../../../lab/terms/text.ts';

/** As a C library chooses it: the first of these that is set decides. */
function languageOfEnvironment(environment: NodeJS.ProcessEnv): Language {
  const locale = environment.LC_ALL || environment.LC_MESSAGES || environment.LANG || '';
  return /^zh/i.test(locale) ? 'zh' : 'en';
}

/**
 * The language that a command line asks for, or else its environment. It is known before the line is parsed: what options there are is
 * said in that language, too.
 */
export function languageOf(words: readonly string[], environment: NodeJS.ProcessEnv = process.env): Language {
  const at = words.lastIndexOf('--lang');
  const joined = words.findLast((word) => word.startsWith('--lang='))?.slice('--lang='.length);
  const said = joined ?? (at < 0 ? undefined : words[at + 1]);
  return LANGUAGES.find((language) => language === said) ?? languageOfEnvironment(environment);
}

export const languageOption = (): Option =>
  new Option('--lang <language>', 'en or zh (default: by LC_ALL, LC_MESSAGES, LANG)').choices(LANGUAGES);
