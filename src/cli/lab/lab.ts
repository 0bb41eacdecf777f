import { Command } from 'commander';
import { catalogue } from '../../lab/catalogue.ts';
import { type CliError, usageError } from '../terminal/errors.ts';
import { notes } from '../terminal/help.ts';
import type { DiffFlags } from './diff.ts';
import { languageOf, languageOption } from './request/language.ts';
import { parseWidth } from './request/run-options.ts';

/** What stands behind `lab` on this command line. */
const wordsBehindLab = (): string[] => process.argv.slice(process.argv.indexOf('lab') + 1);

interface ListFlags {
  json?: true;
}

export function labCommand(): Command {
  const lab = new Command('lab')
    .description('questions about TCP, answered by playing them: scenarios with their ladders and answers')
    .usage('[command] [options]')
    .enablePositionalOptions()
    .argument('[command]')
    .configureHelp({ visibleArguments: () => [] })
    .option('--json', 'as JSON')
    .addOption(languageOption())
    .addHelpText(
      'after',
      notes(`
Without a command it lists the scenarios. A scenario has hosts of this stack, applications and a path, and takes place in virtual
time: an hour of it is played in a moment.

Examples:
  tcpglass lab
  tcpglass lab run close
  tcpglass lab run close --lose 'FIN 1'
  tcpglass lab run close --help
  tcpglass lab --lang zh`),
    )
    .action((word: string | undefined, flags: ListFlags) => {
      if (word !== undefined) throw unknownCommand(word, lab);
      return list(flags);
    });
  lab.addCommand(
    settled(new Command('list'))
      .description('the scenarios by topic, each with the question that it answers')
      .option('--json', 'as JSON')
      .addOption(languageOption())
      .addHelpText('after', notes('\nExamples:\n  tcpglass lab list\n  tcpglass lab list --json --lang zh'))
      .action((flags: ListFlags) => list({ ...lab.opts<ListFlags>(), ...flags })),
  );
  // What options there are depends on the scenario: the words are read when it is known.
  lab.addCommand(
    settled(new Command('run'))
      .description('play a scenario: its ladder, what it means, and the answer')
      .usage('<scenario> [value] [options]')
      .argument('[words...]')
      .helpOption(false)
      .allowUnknownOption()
      .passThroughOptions()
      .action(async () => (await import('./run.ts')).runScenario(wordsBehindLab().slice(1))),
  );
  lab.addCommand(
    settled(new Command('new'))
      .description('write a scenario of your own to begin with; `lab run FILE` plays it')
      .argument('[file]', 'its name ends in .ts or .mjs', 'my-scenario.ts')
      .addHelpText('after', notes('\nExamples:\n  tcpglass lab new\n  tcpglass lab new lesson-1.mjs'))
      .action(async (path: string) => (await import('./own/new.ts')).newScenario(path)),
  );
  lab.addCommand(
    settled(new Command('explain'))
      .description('the glossary: a state, flag, option, timer, knob, counter, or word of Wireshark')
      .argument('[term...]', 'left out: what can be explained')
      .option('--json', 'as JSON')
      .addOption(languageOption())
      .addHelpText(
        'after',
        notes('\nExamples:\n  tcpglass lab explain CLOSE_WAIT\n  tcpglass lab explain 2msl --lang zh'),
      )
      .action(async (words: string[], flags: ListFlags) =>
        (await import('./glossary.ts')).explainTerm(words, languageOf(wordsBehindLab()), isJson(lab, flags)),
      ),
  );
  lab.addCommand(
    settled(new Command('states'))
      .description('the eleven states: what each is, where it comes from, where it goes')
      .option('--json', 'as JSON')
      .addOption(languageOption())
      .addHelpText('after', notes('\nExamples:\n  tcpglass lab states\n  tcpglass lab states --lang zh'))
      .action(async (flags: ListFlags) =>
        (await import('./glossary.ts')).showStates(languageOf(wordsBehindLab()), isJson(lab, flags)),
      ),
  );
  lab.addCommand(
    settled(new Command('ask'))
      .description('which scenario or term answers a question, in English or Chinese')
      .argument('<question...>', 'in words, with or without quotes')
      .option('--json', 'as JSON')
      .addOption(languageOption())
      .addHelpText(
        'after',
        notes(
          '\nExit code: 0, 1 when nothing answers it.\n\nExamples:\n  tcpglass lab ask why 2MSL\n  tcpglass lab ask 第四次挥手丢失',
        ),
      )
      .action(async (words: string[], flags: ListFlags) => {
        const { askLab } = await import('./glossary.ts');
        await askLab(words.join(' '), languageOf(wordsBehindLab()), isJson(lab, flags));
      }),
  );
  lab.addCommand(
    settled(new Command('diff'))
      .description('two runs beside each other: where they part, and why')
      .argument('<first>', 'a scenario, with its options in quotes')
      .argument('<second>', 'another one, or the same with other options')
      .option('--width <columns>', 'how wide it is (default: as the terminal)', parseWidth)
      .option('--ascii', 'nothing but ASCII')
      .option('--json', 'where they part, as JSON')
      .addOption(languageOption())
      .addHelpText(
        'after',
        notes(
          `\nExamples:\n  tcpglass lab diff close 'close --lose "FIN 1"'\n  tcpglass lab diff 'close client' 'close server' --width 160`,
        ),
      )
      .action(async (first: string, second: string, flags: DiffFlags) => {
        await (await import('./diff.ts')).diffRuns(first, second, flags, wordsBehindLab());
      }),
  );
  return lab;
}

/** An option of `lab` itself may stand before the command's name. */
const isJson = (lab: Command, { json }: ListFlags): boolean => json ?? lab.opts<ListFlags>().json ?? false;

function unknownCommand(word: string, lab: Command): CliError {
  const names = lab.commands.map((command) => command.name());
  if (Object.hasOwn(catalogue, word)) return usageError(`Do you mean \`tcpglass lab run ${word}\`?`);
  return usageError(`Unknown command '${word}'. There are: ${names.join(', ')}`);
}

/** A command inside of this one behaves as those beside it. */
const settled = (command: Command): Command =>
  command
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({ minWidthToWrap: 20 })
    .helpCommand(false);

async function list({ json = false as boolean }): Promise<void> {
  await (await import('./list.ts')).listScenarios(languageOf(wordsBehindLab()), json);
}
