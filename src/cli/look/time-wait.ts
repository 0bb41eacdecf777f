import { Command } from 'commander';
import { SNAPSHOT_VERSION } from '../../observe/inspect/inspection.ts';
import type { TimeWaitSnapshot } from '../../observe/inspect/time-wait.ts';
import { timeWaitTable } from '../../views/time-wait/time-wait-table.ts';
import { notes } from '../terminal/help.ts';
import { type LookFlags, whichStack, withStack } from './stack-client.ts';
import { show, watchOption } from './watch.ts';

export function timeWaitCommand(): Command {
  return new Command('timewait')
    .description(
      'what waits in the TIME_WAIT table of a stack that runs: for how long, why, and who may take its place',
    )
    .addOption(watchOption())
    .option('--json', 'snapshots instead of a table')
    .addOption(whichStack())
    .addHelpText(
      'after',
      notes(`
The side that closes first waits for 2MSL after both FINs (RFC 9293, section 3.6), so that old segments of the connection are
not taken for those of a new one, and a lost ACK can be given again. A FIN_WAIT_2 whose user is gone waits here for the peer's FIN.

Who may have its place: the peer, with a SYN that is newer by its timestamp (RFC 6191) or beyond all that the old connection
received (RFC 9293, section 3.10.7.4); a connect of ours, where the old one had timestamps (tcp_tw_reuse).

Exit code: 0, 1 when no stack can be asked, 2 for a wrong command line.

Examples:
  tcpglass timewait
  tcpglass timewait --watch
  tcpglass timewait --json | jq '.timeWait | length'`),
    )
    .action((flags: LookFlags) => runTimeWait(flags));
}

const runTimeWait = (flags: LookFlags): Promise<void> =>
  withStack(flags, (client) =>
    show(flags.watch, async () => {
      const timeWait = await client.list<TimeWaitSnapshot>('timeWait');
      if (!flags.json) return timeWaitTable(timeWait);
      timeWait.sort((a, b) => a.left - b.left);
      return [{ key: 'json', text: JSON.stringify({ version: SNAPSHOT_VERSION, timeWait }) }];
    }),
  );
