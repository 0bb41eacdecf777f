import { Command, InvalidArgumentError, Option } from 'commander';
import { kernelNames } from '../../../lab/kernels.ts';
import type { Scenario } from '../../../lab/story/scenario.ts';
import type { Parameter } from '../../../lab/terms/parameters.ts';
import type { Language } from '../../../lab/terms/text.ts';
import { WORDS } from '../../../views/lab/words.ts';
import { parseSeed } from '../../arguments/parse.ts';
import { notes } from '../../terminal/help.ts';
import { languageOption } from './language.ts';
import { GENERAL, optionNameOf } from './what-if.ts';

/** `lab run` of this scenario, with an option for each of its parameters; null: with the options that all scenarios have. */
export function runCommand(scenario: Scenario | null, language: Language): Command {
  const command = new Command(`tcpglass lab run ${scenario?.name ?? '<scenario>'}`)
    .usage(`${valueText(scenario)}[options]`)
    .description(
      scenario === null
        ? 'plays a scenario in virtual time: its ladder, what it means, and the answer to its question'
        : `${scenario.title[language]}\n${scenario.question[language]}`,
    )
    .argument('[words...]')
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({ minWidthToWrap: 20, visibleArguments: () => [] });
  const own = Object.entries(scenario?.parameters ?? {});
  for (const [name, parameter] of own) {
    command.addOption(optionOf(name, parameter, language));
    // What is so anyway may be said, too.
    if (parameter.default === true) command.addOption(new Option(`--${optionNameOf(name)}`).hideHelp());
  }
  // A scenario's own word for something is what the word means there.
  const taken = own.map(([name]) => optionNameOf(name));
  for (const option of generalOptions(language)) if (!taken.includes(option.name())) command.addOption(option);
  return command.addHelpText('after', notes(scenario === null ? ABOUT : examplesOf(scenario)));
}

/** `[client|server] `: what may follow the name. */
function valueText(scenario: Scenario | null): string {
  if (scenario === null) return '[value] ';
  const { positional, parameters = {} } = scenario;
  const parameter = positional === undefined ? undefined : parameters[positional];
  if (parameter === undefined) return '';
  return `[${'choices' in parameter ? parameter.choices.join('|') : positional}] `;
}

function optionOf(name: string, parameter: Parameter, language: Language): Option {
  const text = parameter.text[language];
  const option = optionNameOf(name);
  if (typeof parameter.default === 'boolean') {
    return new Option(parameter.default ? `--no-${option}` : `--${option}`, parameter.default ? `${text}: no` : text);
  }
  const said = `${text} (${WORDS.default[language]}: ${parameter.default})`;
  if ('choices' in parameter) return new Option(`--${option} <value>`, said).choices(parameter.choices);
  const { min, max } = parameter as { min: number; max: number };
  return new Option(`--${option} <${min}-${max}>`, said);
}

const collected = (text: string, previous: string[] = []): string[] => [...previous, text];

export function parseWidth(text: string): number {
  const width = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (width >= 40) return width;
  throw new InvalidArgumentError('It takes columns, from 40 on.');
}

function parseSeconds(text: string): number {
  const seconds = /^\d{1,5}(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (seconds > 0) return seconds;
  throw new InvalidArgumentError('It takes seconds.');
}

const generalOptions = (language: Language): Option[] => [
  ...Object.entries(GENERAL).map(([name, { value, text }]) => new Option(`--${name} <${value}>`, text[language])),
  new Option('--set <name=value>', 'any of these, or a parameter of the scenario (repeatable)').argParser(collected),
  new Option(
    '--lose <packets>',
    "packets that are lost: 'SYN-ACK', 'FIN 2', 'DATA 3 from server'; without a number all of them, without `from` each way's (repeatable)",
  ).argParser(collected),
  new Option(
    '--impair <text>',
    "what else the path does: 'hold FIN 1 for 3s' (repeatable; `up --impair`'s language)",
  ).argParser(collected),
  new Option(
    '--sysctl <name=value>',
    'a knob of all hosts, or of one: server.tcp_fin_timeout=5 (repeatable)',
  ).argParser(collected),
  new Option(
    '--kernel [role]',
    'live, with the Linux kernel as the server, or as the client, in a private network namespace; then what differs',
  ).choices(['server', 'client']),
  new Option('--seconds <n>', 'how long a run with --kernel takes at most (default: 15)').argParser(parseSeconds),
  new Option('--as <kernel>', `with the defaults of another kernel: ${kernelNames.join(', ')}`),
  new Option('--step', 'turn by turn: space goes on, b back, q ends'),
  new Option('--quiz', 'asks before each turn what comes now'),
  new Option('--seed <n>', 'where the random numbers begin (default: 1)').argParser(parseSeed),
  new Option('-v, --verbose', 'each segment, timer and sample, and the TCB after each segment'),
  new Option('--json', 'one object with all of it, in both languages'),
  new Option('--log <file>', 'save the event log, which `tcpglass trace --read FILE` shows'),
  new Option('--width <columns>', 'how wide it is (default: as the terminal)').argParser(parseWidth),
  new Option('--ascii', 'nothing but ASCII'),
  languageOption(),
  new Option('--debug', 'with an error, where in the code it came from'),
];

const ABOUT = `
\`tcpglass lab run NAME --help\` has what else can be changed in a scenario. Where something is changed, it may go another way than the
scenario tells: then that is said, too.

Exit code: 0, 1 when it goes another way though nothing was changed, 2 for a wrong command line.

Examples:
  tcpglass lab run close
  tcpglass lab run close --by server
  tcpglass lab run close --lose 'FIN 1' --lang zh
  tcpglass lab run close --kernel
  tcpglass lab run close --sysctl server.tcp_fin_timeout=5 --set delay=100ms`;

function examplesOf({ name, parameters = {} }: Scenario): string {
  const own = Object.entries(parameters).map(
    ([parameter, value]) => `tcpglass lab run ${name} ${exampleOf(parameter, value)}`,
  );
  return `\nExamples:\n  ${[`tcpglass lab run ${name}`, ...own, `tcpglass lab run ${name} --delay 100ms --lang zh`].join('\n  ')}`;
}

/** What there is more of, where there was nothing. */
const A_FEW = 10;

/** An option with a value that is not the default: `--by server`. */
export function exampleOf(name: string, parameter: Parameter): string {
  const option = optionNameOf(name);
  if (typeof parameter.default === 'boolean') return parameter.default ? `--no-${option}` : `--${option}`;
  if ('choices' in parameter) return `--${option} ${parameter.choices.find((choice) => choice !== parameter.default)}`;
  const { default: usual, min, max } = parameter as { default: number; min: number; max: number };
  const twice = Math.min(2 * usual, max);
  const other = usual > min ? min : Math.min(usual + A_FEW, max);
  return `--${option} ${twice === usual ? other : twice}`;
}
