import { Command } from 'commander';
import { usageError } from './terminal/errors.ts';
import { notes } from './terminal/help.ts';
import { VERSION } from './terminal/version.ts';

/**
 * What makes each command. Its module is only loaded when the command is wanted: to load the whole stack takes several times
 * as long as `ss` needs to run.
 */
const COMMANDS = new Map<string, () => Promise<Command>>([
  ['up', async () => (await import('./commands/up.ts')).upCommand()],
  ['shell', async () => (await import('./commands/shell.ts')).shellCommand()],
  ['connect', async () => (await import('./commands/connect.ts')).connectCommand()],
  ['get', async () => (await import('./commands/get.ts')).getCommand()],
  ['lab', async () => (await import('./lab/lab.ts')).labCommand()],
  ['drill', async () => (await import('./commands/drill.ts')).drillCommand()],
  ['start', async () => (await import('./commands/start.ts')).startCommand()],
  ['trace', async () => (await import('./trace/trace.ts')).traceCommand()],
  ['why', async () => (await import('./look/why.ts')).whyCommand()],
  ['ss', async () => (await import('./look/ss.ts')).ssCommand()],
  ['timewait', async () => (await import('./look/time-wait.ts')).timeWaitCommand()],
  ['nstat', async () => (await import('./look/nstat.ts')).nstatCommand()],
  ['impair', async () => (await import('./look/impair.ts')).impairCommand()],
  ['doctor', async () => (await import('./doctor/doctor.ts')).doctorCommand()],
  // What `shell`, `doctor` and `lab run --kernel` run inside of a namespace
  ['__inside', async () => (await import('./commands/shell-inside.ts')).insideCommand()],
  ['__live', async () => (await import('./live/inside.ts')).liveCommand()],
  ['__probe', async () => (await import('./doctor/probe-inside.ts')).probeCommand()],
]);

const isHidden = (name: string): boolean => name.startsWith('__');

/** Which commands a command line needs that begins with `word`: the one that it names; none; or all, to tell what there is. */
function wanted(word: string | undefined): string[] {
  if (word === '--version' || word === '-V') return [];
  return word !== undefined && COMMANDS.has(word) ? [word] : [...COMMANDS.keys()];
}

/** As commander's own, which takes a name that is none of a command's for a wish to see them all. */
function helpCommand(program: Command): Command {
  return new Command('help')
    .description('what a command does, its options, and examples')
    .argument('[command]', 'all of them, where none is given')
    .addHelpText('after', notes('\nExamples:\n  tcpglass help\n  tcpglass help up'))
    .action((name?: string) => {
      const command = name === undefined ? program : program.commands.find((c) => c.name() === name);
      if (command === undefined) throw usageError(`Unknown command '${name}'. There are: ${publicNames(program)}`);
      command.outputHelp();
    });
}

const publicNames = (program: Command): string =>
  program.commands
    .map((command) => command.name())
    .filter((name) => !isHidden(name))
    .join(', ');

/**
 * The command line, as far as one that begins with `word` needs it. It throws instead of exiting, and prints no errors: both
 * are main's business.
 */
export async function createProgram(word: string | undefined): Promise<Command> {
  const program = new Command('tcpglass')
    .description('A TCP you can see through: a userspace TCP/IP host on a Linux TUN device')
    .version(VERSION)
    .enablePositionalOptions()
    .addHelpText(
      'after',
      notes(`
Examples:
  tcpglass shell -- curl http://10.9.0.2/      try it, without root
  sudo tcpglass up --trace                     each segment on a line
  tcpglass doctor                              what is missing here?`),
    );
  for (const name of wanted(word)) program.addCommand(await COMMANDS.get(name)!(), { hidden: isHidden(name) });
  program.helpCommand(false).addCommand(helpCommand(program));
  for (const command of [program, ...program.commands]) {
    command.option('--debug', 'with an error, where in the code it came from').exitOverride();
    command.configureOutput({ outputError: () => {} });
    // Descriptions beside long option names are wrapped, too, where only a narrow column is left.
    command.configureHelp({ minWidthToWrap: 20 });
  }
  return program;
}
