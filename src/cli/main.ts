#!/usr/bin/env node
import { CommanderError } from 'commander';
import { CliError, EXIT_FAILURE, EXIT_USAGE } from './errors.ts';
import { complain, guardOutput } from './output.ts';
import { createProgram } from './program.ts';

const ours = process.argv.indexOf('--');
const debug = process.argv.slice(2, ours < 0 ? undefined : ours).includes('--debug');

function fail(error: unknown): never {
  complain(error, debug);
  process.exit(error instanceof CliError ? error.exitCode : EXIT_FAILURE);
}

const program = createProgram();

/** Commander's own: help and version are no errors, everything else is a mistake in the command line. */
function endOfParsing(error: CommanderError): never {
  if (error.exitCode === 0) process.exit(0);
  // No command at all: its help was printed.
  if (error.code !== 'commander.help') {
    const command = program.commands.find((c) => c.name() === process.argv[2])?.name();
    const help = ['tcpglass', command, '--help'].filter(Boolean).join(' ');
    complain(new CliError(`${error.message.replace(/^error: /, '')} (see \`${help}\`)`), debug);
  }
  process.exit(EXIT_USAGE);
}

/** `process.exit` drops what a slow reader at the other end of a pipe has not taken yet. */
async function written(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength > 0) await new Promise((done) => stream.write('', done));
}

guardOutput();
process.on('uncaughtException', fail);
try {
  await program.parseAsync();
  await written(process.stdout);
  process.exit();
} catch (error) {
  if (error instanceof CommanderError) endOfParsing(error);
  fail(error);
}
