import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import type { Scenario } from '../../../lab/story/scenario.ts';
import type { Parameter } from '../../../lab/terms/parameters.ts';
import { CliError, oneLine, usageError } from '../../terminal/errors.ts';

/**
 * The scenario in a user's file, of JavaScript or TypeScript.
 * @throws CliError for a file that can't be read, or has no scenario; with the line, where it has a mistake
 */
export async function scenarioIn(path: string): Promise<Scenario> {
  const file = resolve(path);
  if (!existsSync(file)) throw usageError(`There is no file ${path} (\`tcpglass lab new ${path}\` makes one)`);
  register(new URL('./hooks.js', import.meta.url));
  let loaded: { default?: unknown };
  // An `await` of its own that nothing ends leaves the event loop empty.
  let isEmpty = (): void => {};
  const waitsForEver = new Promise<never>((_, reject) => {
    isEmpty = () => reject(new Error('it waits for something that never comes'));
  });
  process.once('beforeExit', isEmpty);
  try {
    loaded = (await Promise.race([import(pathToFileURL(file).href), waitsForEver])) as typeof loaded;
  } catch (error) {
    throw mistakeIn(path, error);
  } finally {
    process.off('beforeExit', isEmpty);
  }
  return checked(path, loaded.default);
}

/** An error that has come out of a user's file, with its place there. */
export function mistakeIn(path: string, error: unknown): CliError {
  // What takes the types out throws plain objects.
  const { message = error, startLine } = (error ?? {}) as { message?: unknown; startLine?: number };
  const line =
    startLine ?? lineIn(resolve(path), error) ?? (error instanceof SyntaxError ? lineByCheck(resolve(path)) : null);
  const place = line === null ? path : `${path}:${line}`;
  return new CliError(`${place}: ${shortened(oneLine(message))}`, 1, { cause: error });
}

/** Of a file that can't be parsed Node tells the line on its stderr alone. */
function lineByCheck(file: string): string | null {
  const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' });
  return /^.*:(\d+)\n/.exec(stderr)?.[1] ?? null;
}

/** A parser's message may be a picture of the place: its first words say what is wrong. */
function shortened(text: string): string {
  const plain = stripVTControlCharacters(text);
  const [, said] = /^[\s×x]*(.*?)\s*(?:,-+\[|╭)/.exec(plain) ?? [];
  return said ?? plain;
}

/** The line of `file` where the error was made, or found. */
function lineIn(file: string, error: unknown): string | null {
  const told = error instanceof Error ? `${error.stack ?? ''}\n${error.message}` : JSON.stringify(error);
  for (const name of [pathToFileURL(file).href, file, basename(file)]) {
    const at = told.indexOf(`${name}:`);
    const [, line] = at < 0 ? [] : (/^:(\d+)/.exec(told.slice(at + name.length)) ?? []);
    if (line !== undefined) return line;
  }
  return null;
}

const TEXTS = ['title', 'question'] as const;

/** What a scenario's file must have; the rest has defaults. */
function checked(path: string, given: unknown): Scenario {
  if (typeof given !== 'object' || given === null) {
    throw new CliError(`${path}: it has no scenario as its default export: write \`export default scenario({ ... })\``);
  }
  const scenario = given as Partial<Scenario>;
  if (typeof scenario.play !== 'function') throw new CliError(`${path}: its scenario has no function \`play\``);
  for (const name of TEXTS) {
    const text = scenario[name];
    if (typeof text?.en === 'string' && typeof text.zh === 'string') continue;
    throw new CliError(`${path}: its scenario has no \`${name}\` in both languages: { en: '...', zh: '...' }`);
  }
  for (const [name, parameter] of Object.entries(scenario.parameters ?? {})) {
    const problem = parameterProblem(name, parameter);
    if (problem !== null) throw new CliError(`${path}: its parameter ${JSON.stringify(name)} ${problem}`);
  }
  return { topic: 'opening', kind: 'tutorial', sources: [], name: path, ...scenario } as Scenario;
}

/** Of every scenario, however it is called. */
const NO_NAMES = ['help', 'lang'];

/** What is wrong with a parameter of a user's scenario; null: nothing. */
function parameterProblem(name: string, parameter: Partial<Parameter>): string | null {
  const isName = /^[a-z][a-zA-Z\d]*(-[a-z\d]+)*$/.test(name) && !name.startsWith('no-');
  if (!isName || NO_NAMES.includes(name)) return 'can not be called so: no option can';
  const { default: usual, text, ...more } = parameter;
  if (typeof text?.en !== 'string' || typeof text.zh !== 'string')
    return "has no `text` in both languages: { en: '...', zh: '...' }";
  if (typeof usual === 'boolean') return null;
  if (typeof usual === 'string') {
    const isChoice = 'choices' in more && Array.isArray(more.choices) && more.choices.includes(usual);
    return isChoice ? null : 'has no `choices`, with its `default` among them';
  }
  const { min, max } = more as { min?: unknown; max?: unknown };
  const isRange = typeof usual === 'number' && typeof min === 'number' && typeof max === 'number';
  return isRange && min <= usual && usual <= max ? null : 'has no `min` and `max`, with its `default` between them';
}
