import { type Command, CommanderError, InvalidArgumentError } from 'commander';
import { catalogue, scenarioNamed } from '../../../lab/catalogue.ts';
import { type Kernel, kernelNamed } from '../../../lab/kernels.ts';
import { isAsTold, type Played, type PlayOptions, play } from '../../../lab/story/play.ts';
import type { Scenario } from '../../../lab/story/scenario.ts';
import { LabError } from '../../../lab/terms/errors.ts';
import type { Language } from '../../../lab/terms/text.ts';
import type { KernelRole } from '../../../live/live-world.ts';
import { EXIT_FAILURE, usageError } from '../../terminal/errors.ts';
import { outputWidth } from '../../terminal/paint.ts';
import { languageOf } from './language.ts';
import { nearNames } from './near.ts';
import { runCommand } from './run-options.ts';
import { optionNameOf, whatIfOf } from './what-if.ts';

/** How a run is shown. */
export interface ShowFlags {
  language: Language;
  width: number;
  ascii: boolean;
  verbose: boolean;
  json: boolean;
  log: string | null;
}

/** A scenario, as a reader wants to see it. */
export interface Request {
  scenario: Scenario;
  /** As the command line names it: a file has a name of its own. */
  name: string;
  options: PlayOptions;
  show: ShowFlags;
  /** What the reader has changed, in the words of the command line. */
  changes: string[];
  /** The kernel whose defaults are wanted; null: this stack's own. */
  like: Kernel | null;
  /** Not all at once, but turn by turn; with questions. */
  walk: 'step' | 'quiz' | null;
  /** What the kernel is to play, and for how many seconds at most; null: it is not asked. */
  live: { role: KernelRole; seconds: number | undefined } | null;
}

/**
 * Reads the words behind `lab run`. What options there are depends on the scenario, so its name is looked for first.
 * @throws CliError for a wrong command line; CommanderError when its help was wanted, and printed
 */
export async function readRequest(words: readonly string[]): Promise<Request> {
  const language = languageOf(words);
  const name = nameAmong(words);
  if (name === null) {
    await parsed(runCommand(null, language), words, 'tcpglass lab run --help');
    throw usageError('Which scenario? `tcpglass lab` lists them (see `tcpglass lab run --help`)');
  }
  const scenario = await scenarioOf(name);
  const help = `tcpglass lab run ${name} --help`;
  const command = await parsed(runCommand(scenario, language), words, help);
  try {
    return requestOf(scenario, name, command, language);
  } catch (error) {
    if (!(error instanceof LabError) && !(error instanceof InvalidArgumentError)) throw error;
    throw usageError(`${error.message} (see \`${help}\`)`);
  }
}

/** Plays what is asked for. @throws CliError for what can't be changed like that */
export async function playRequest({ scenario, name, options }: Request): Promise<Played> {
  try {
    return await play(scenario, options);
  } catch (error) {
    if (isFile(name)) throw (await import('../own/own-file.ts')).mistakeIn(name, error);
    if (error instanceof LabError) throw usageError(`${error.message} (see \`tcpglass lab run ${name} --help\`)`);
    throw error;
  }
}

/** A scenario that doesn't go as told has failed; one that the reader has changed goes its own way. */
export const exitCodeOf = (run: Played, { changes }: Request): number =>
  isAsTold(run) || changes.length > 0 ? 0 : EXIT_FAILURE;

const names = (): string[] => Object.keys(catalogue);

/** A user's own file, rather than a scenario of the catalogue. */
const isFile = (name: string): boolean => /[/\\]|\.[cm]?[jt]s$/.test(name);

/** The first word; where that is an option, the first one that names a scenario, else the first that is none. */
function nameAmong(words: readonly string[]): string | null {
  const plain = words.filter((word) => !word.startsWith('-'));
  if (words[0] === plain[0]) return plain[0] ?? null;
  const known = names();
  return plain.find((word) => known.includes(word) || isFile(word)) ?? plain[0] ?? null;
}

async function scenarioOf(name: string): Promise<Scenario> {
  if (isFile(name)) return (await import('../own/own-file.ts')).scenarioIn(name);
  const scenario = await scenarioNamed(name);
  if (scenario !== null) return scenario;
  const near = nearNames(name, names());
  throw usageError(
    `There is no scenario "${name}"; ${near.length > 0 ? `near to it: ${near.join(', ')}` : '`tcpglass lab` lists them'}`,
  );
}

/** @param help the command that says what can be asked */
async function parsed(command: Command, words: readonly string[], help: string): Promise<Command> {
  try {
    return await command.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError) || error.exitCode === 0) throw error;
    throw usageError(`${error.message.replace(/^error: /, '')} (see \`${help}\`)`);
  }
}

interface Values {
  set?: string[];
  lose?: string[];
  impair?: string[];
  sysctl?: string[];
  seed?: number;
  width?: number;
  ascii?: true;
  verbose?: true;
  json?: true;
  log?: string;
  kernel?: KernelRole | true;
  seconds?: number;
  as?: string;
  step?: true;
  quiz?: true;
}

/** @throws LabError, InvalidArgumentError */
function requestOf(scenario: Scenario, name: string, command: Command, language: Language): Request {
  const own = Object.keys(scenario.parameters ?? {}).map(optionNameOf);
  // Where a scenario has a parameter of that name, the option is the parameter's.
  const all = Object.entries(command.opts<Values>()).filter(([option]) => !own.includes(optionNameOf(option)));
  const values: Values = Object.fromEntries(all);
  const { lose = [], impair = [], sysctl = [], width = outputWidth(), log = null } = values;
  const set = new Map([
    ...positionalOf(scenario, command.args, name),
    ...(values.set ?? []).map(nameAndValue),
    ...singlesOf(command, own),
  ]);
  const {
    parameters,
    path,
    sysctls,
    sysctlsOf,
    seed = values.seed,
  } = whatIfOf(scenario, { set, lose, impair, sysctl });
  const changes = [
    ...[...set].filter(([key, value]) => !isDefault(scenario, key, value)).map(([key, value]) => `${key}=${value}`),
    ...(values.seed === undefined ? [] : [`seed=${values.seed}`]),
    ...lose.map((packets) => `lose ${packets}`),
    ...impair,
    ...sysctl,
    ...(values.as === undefined ? [] : [`as ${values.as}`]),
  ];
  const like = values.as === undefined ? null : kernelNamed(values.as);
  const { ascii = false, verbose = false, json = false, kernel, seconds } = values;
  const live = kernel === undefined ? null : { role: kernel === true ? ('server' as const) : kernel, seconds };
  if (ascii && language === 'zh' && command.getOptionValueSource('lang') === 'cli') {
    throw new LabError('--ascii has no letters for --lang zh');
  }
  const walk = values.quiz ? 'quiz' : values.step ? 'step' : null;
  if (walk !== null && (json || live !== null)) throw new LabError(`--${walk} goes with neither --json nor --kernel`);
  if (live === null && seconds !== undefined) throw new LabError('--seconds is about a run with --kernel');
  return {
    ...{
      scenario,
      name,
      changes,
      live,
      like,
      walk,
      show: { language: ascii ? 'en' : language, width, ascii, verbose, json, log },
    },
    options: {
      ...(seed !== undefined && { seed }),
      ...{ parameters, whatIf: { path, sysctls, sysctlsOf, kernel: like?.sysctls ?? {} }, tcb: verbose },
    },
  };
}

/** The value behind the name. */
function positionalOf({ positional }: Scenario, words: readonly string[], name: string): [string, string][] {
  const rest = [...words];
  rest.splice(rest.indexOf(name), 1);
  if (rest.length === 0) return [];
  if (positional === undefined) throw new LabError(`"${rest[0]}" is too much: the scenario takes no value`);
  if (rest.length > 1) throw new LabError(`"${rest[1]}" is too much: the scenario takes one value`);
  return [[positional, rest[0]!]];
}

function nameAndValue(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new LabError(`"--set ${text}": write NAME=VALUE`);
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** Of the options that are no lists and nothing about the screen: each is a parameter. */
const NO_PARAMETERS = [
  'as',
  'step',
  'quiz',
  'set',
  'lose',
  'impair',
  'sysctl',
  'seed',
  'verbose',
  'json',
  'log',
  'width',
  'ascii',
  'lang',
  'debug',
  'kernel',
  'seconds',
];

function singlesOf(command: Command, own: readonly string[]): [string, string][] {
  return command.options
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .map((option) => ({ option, name: option.name().replace(/^no-/, '') }))
    .filter(({ name }) => own.includes(name) || !NO_PARAMETERS.includes(name))
    .map(({ option, name }) => [name, String(command.getOptionValue(option.attributeName()))]);
}

function isDefault({ parameters = {} }: Scenario, name: string, value: string): boolean {
  return Object.hasOwn(parameters, name) && String(parameters[name]!.default) === value;
}
