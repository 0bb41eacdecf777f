import { Command } from 'commander';
import { connectCommand } from './commands/connect.ts';
import { drillCommand } from './commands/drill.ts';
import { getCommand } from './commands/get.ts';
import { shellCommand } from './commands/shell.ts';
import { insideCommand } from './commands/shell-inside.ts';
import { startCommand } from './commands/start.ts';
import { upCommand } from './commands/up.ts';
import { doctorCommand } from './doctor/doctor.ts';
import { probeCommand } from './doctor/probe-inside.ts';
import { impairCommand } from './look/impair.ts';
import { nstatCommand } from './look/nstat.ts';
import { ssCommand } from './look/ss.ts';
import { timeWaitCommand } from './look/time-wait.ts';
import { whyCommand } from './look/why.ts';
import { usageError } from './terminal/errors.ts';
import { notes } from './terminal/help.ts';
import { VERSION } from './terminal/version.ts';
import { traceCommand } from './trace/trace.ts';

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
    .filter((name) => !name.startsWith('__'))
    .join(', ');

/** The whole command line. It throws instead of exiting, and prints no errors: both are main's business. */
export function createProgram(): Command {
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
  for (const make of [
    upCommand,
    shellCommand,
    connectCommand,
    getCommand,
    drillCommand,
    startCommand,
    traceCommand,
    whyCommand,
    ssCommand,
    timeWaitCommand,
    nstatCommand,
    impairCommand,
    doctorCommand,
  ]) {
    program.addCommand(make());
  }
  for (const make of [insideCommand, probeCommand]) program.addCommand(make(), { hidden: true });
  program.helpCommand(false).addCommand(helpCommand(program));
  for (const command of [program, ...program.commands]) {
    command.option('--debug', 'with an error, where in the code it came from').exitOverride();
    command.configureOutput({ outputError: () => {} });
    // Descriptions beside long option names are wrapped, too, where only a narrow column is left.
    command.configureHelp({ minWidthToWrap: 20 });
  }
  return program;
}
