import { Command } from 'commander';
import { CAP_NET_ADMIN, hasCapability } from '../process/capabilities.ts';
import { usageError } from '../terminal/errors.ts';
import { notes } from '../terminal/help.ts';
import { runShell } from './shell.ts';
import { addUpOptions, runUp, type UpFlags } from './up.ts';

export function startCommand(): Command {
  const command = new Command('start').description('`up` where this user may, `shell` where not');
  return addUpOptions(command)
    .addHelpText('after', notes('\nExamples:\n  npm start\n  npm start -- --trace'))
    .action(async (flags: UpFlags) => {
      if (hasCapability(CAP_NET_ADMIN)) return runUp(flags);
      if (flags.publish) throw usageError('Cannot publish ports out of a private network: run `tcpglass up` as root');
      if (flags.metrics) throw usageError('Cannot show metrics out of a private network: run `tcpglass up` as root');
      if (flags.json) throw usageError('Cannot answer in JSON from a shell: run `tcpglass up` as root');
      process.exitCode = await runShell([], flags);
    });
}
