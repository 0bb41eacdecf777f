#!/usr/bin/env node
import { type Command, CommanderError } from 'commander';
import { createProgram } from './program.ts';
import { CliError, EXIT_FAILURE, EXIT_USAGE } from './terminal/errors.ts';
import { complain, drained, guardOutput } from './terminal/output.ts';

const ours = process.argv.indexOf('--');
const debug = process.argv.slice(2, ours < 0 ? undefined : ours).includes('--debug');

/** Ends the process, with everything said: `process.exit` alone drops what a pipe's slow reader had no room for yet. */
async function exit(code?: number | string | null): Promise<void> {
  await drained();
  process.exit(code);
}

const exitCodeOf = (error: unknown): number => (error instanceof CliError ? error.exitCode : EXIT_FAILURE);

function fail(error: unknown): Promise<void> {
  complain(error, debug);
  return exit(exitCodeOf(error));
}

const program = await createProgram(process.argv[2]);

/** The words that name a command: its own, and those of the commands that it is a part of. */
function namedOf(command: Command, words: readonly string[]): string[] {
  const part = command.commands.find((other) => other.name() === words[0]);
  return [command.name(), ...(part === undefined ? [] : namedOf(part, words.slice(1)))];
}

/** Commander's own: help and version are no errors, everything else is a mistake in the command line. */
function endOfParsing(error: CommanderError): Promise<void> {
  if (error.exitCode === 0) return exit(0);
  // No command at all: its help was printed.
  if (error.code !== 'commander.help') {
    const help = [...namedOf(program, process.argv.slice(2)), '--help'].join(' ');
    complain(new CliError(`${error.message.replace(/^error: /, '')} (see \`${help}\`)`), debug);
  }
  return exit(EXIT_USAGE);
}

guardOutput();
process.on('uncaughtException', (error) => {
  // At once: nothing is known of the state of things, and stdout itself may be what failed.
  complain(error, debug);
  process.exit(exitCodeOf(error));
});
try {
  await program.parseAsync();
  await exit(process.exitCode);
} catch (error) {
  await (error instanceof CommanderError ? endOfParsing(error) : fail(error));
}
