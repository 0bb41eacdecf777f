import { Command } from 'commander';
import { parseDevice } from '../arguments/parse.ts';
import { EXIT_FAILURE } from '../terminal/errors.ts';
import { notes } from '../terminal/help.ts';
import { say, styled } from '../terminal/output.ts';
import type { Check } from './check.ts';
import { diagnose } from './diagnose.ts';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('say what of the things that tcpglass needs is here, and how to get what is not')
    .option('--device <name>', 'the device to look at, if it is there', parseDevice, 'tun0')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      notes(`
Exit code 0: \`up\` or \`shell\` works here. Nothing is changed; a device to try things on is made in a network namespace
of its own where that can be had, and is removed at once.

Examples:
  tcpglass doctor
  tcpglass doctor --json`),
    )
    .action(async (flags: { device: string; json?: boolean }) => {
      const { checks, up, shell } = await diagnose(flags.device);
      if (flags.json) {
        say(JSON.stringify({ up, shell, checks }, null, 2));
      } else {
        for (const check of checks) print(check);
        say('');
        say(verdict('up', up));
        say(verdict('shell', shell));
      }
      if (!up && !shell) process.exitCode = EXIT_FAILURE;
    });
}

const INDENT = 18;

function print({ name, ok, detail, fix }: Check): void {
  say(`${ok ? styled('green', '✓') : styled('red', '✗')} ${name.padEnd(INDENT - 2)}${detail}`);
  if (fix !== undefined) say(`${' '.repeat(INDENT)}${styled('bold', 'fix:')} ${fix}`);
}

const verdict = (command: string, works: boolean): string =>
  `\`tcpglass ${command}\` ${works ? styled('green', 'works') : styled('red', "doesn't work")} here.`;
