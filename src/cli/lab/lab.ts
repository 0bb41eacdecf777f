import { Command } from 'commander';
import { catalogue } from '../../lab/catalogue.ts';
import { type CliError, usageError } from '../terminal/errors.ts';
import { notes } from '../terminal/help.ts';
import { languageOf, languageOption } from './language.ts';

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
  return lab;
}

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
