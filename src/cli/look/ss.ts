import { Command } from 'commander';
import type { ControlClient } from '../../control/client.ts';
import { SNAPSHOT_VERSION } from '../../observe/inspect/inspection.ts';
import type { SocketSnapshot } from '../../observe/inspect/sockets.ts';
import type { SummarySnapshot } from '../../observe/inspect/summary.ts';
import { type Filter, FilterError } from '../../views/filter/filter.ts';
import { parseFilter } from '../../views/filter/parse.ts';
import { inOrder, select, statesShown } from '../../views/ss/select.ts';
import { summaryText } from '../../views/ss/summary-text.ts';
import { type SsOptions, ssTable } from '../../views/ss/table.ts';
import type { KeyedLine } from '../../views/text/keyed-line.ts';
import { usageError } from '../terminal/errors.ts';
import { notes } from '../terminal/help.ts';
import { type LookFlags, whichStack, withStack } from './stack-client.ts';
import { show, watchOption } from './watch.ts';

interface SsFlags extends LookFlags {
  all?: boolean;
  listening?: boolean;
  options?: boolean;
  extended?: boolean;
  memory?: boolean;
  info?: boolean;
  numeric?: boolean;
  processes?: boolean;
  summary?: boolean;
  ipv4?: boolean;
  ipv6?: boolean;
  /** --no-header */
  header: boolean;
  oneline?: boolean;
}

export function ssCommand(): Command {
  return new Command('ss')
    .description('the sockets of a stack that runs, as ss shows the kernel’s')
    .argument('[filter...]', 'as ss has it: [state NAME] [exclude NAME] [EXPRESSION]')
    .option('-a, --all', 'listeners and TIME_WAIT too')
    .option('-l, --listening', 'only listeners')
    .option('-o, --options', 'timers, and the time they have left')
    .option('-i, --info', 'tcp_info: windows, RTT, counts')
    .option('-e, --extended', 'numbers of sockets, and which directions are open; options with -i')
    .option('-m, --memory', 'octets in buffers')
    .option('-p, --processes', 'which process has them')
    .option('-s, --summary', 'how many there are')
    .option('-4, --ipv4', 'only IPv4')
    .option('-6, --ipv6', 'only IPv6')
    .option('-H, --no-header', 'without the heading')
    .option('-O, --oneline', 'a line for each socket')
    .option('-t, --tcp', 'TCP; there is nothing else')
    .option('-n, --numeric', 'rates with all their digits; ports are numbers in any case')
    .addOption(watchOption())
    .option('--json', 'snapshots instead of a table, with all that -o, -i, -e and -m show')
    .addOption(whichStack())
    .addHelpText(
      'after',
      notes(`
Recv-Q and Send-Q of a listener are connections that wait for accept, and how many may. A FIN_WAIT_2 whose user is gone waits
in the TIME_WAIT table, as in Linux.

STATE of a filter: established, syn-sent, syn-recv, fin-wait-1, fin-wait-2, time-wait, closed, close-wait, last-ack, listening,
closing; all, connected, synchronized, bucket, big. EXPRESSION: src, dst with an address; sport, dport with =, !=, <, >, <=, >= (or
eq, ne, lt, gt, le, ge); not, and, or, parentheses.

Exit code: 0, 1 when no stack can be asked, 2 for a wrong command line or filter.

Examples:
  tcpglass ss -tan
  tcpglass ss -tanoie dst 10.9.0.1
  tcpglass ss -o state time-wait sport = :80
  tcpglass ss -ti '( dport = :443 or sport gt :1024 ) not dst 10.9.0.0/24'
  tcpglass ss -tao --watch
  tcpglass ss -a --json | jq '.sockets[] | select(.recvQueue > 0)'`),
    )
    .action((words: string[], flags: SsFlags) => runSs(words, flags));
}

async function runSs(words: string[], flags: SsFlags): Promise<void> {
  const filter = filterOf(words);
  await withStack(flags, (client) =>
    show(flags.watch, async () => {
      if (flags.summary) return summary(client, flags);
      const sockets = await gather(client, filter, flags);
      if (flags.json) return [line(JSON.stringify({ version: SNAPSHOT_VERSION, sockets }))];
      return ssTable(sockets, optionsOf(flags, filter, client.hello.pid));
    }),
  );
}

function filterOf(words: readonly string[]): Filter {
  try {
    return parseFilter(words);
  } catch (error) {
    if (error instanceof FilterError)
      throw usageError(`Cannot read the filter: ${error.message} (see \`tcpglass ss --help\`)`);
    throw error;
  }
}

async function gather(client: ControlClient, filter: Filter, flags: SsFlags): Promise<SocketSnapshot[]> {
  const states = statesShown(filter, flags);
  const details = flags.json || flags.info || flags.memory || false;
  const family = flags.ipv4 === flags.ipv6 ? null : flags.ipv4 ? 4 : 6;
  const wanted: SocketSnapshot[] = [];
  await client.list<SocketSnapshot>('sockets', { states, details }, (sockets) => {
    wanted.push(...select(sockets, filter.expression, family));
  });
  return inOrder(wanted);
}

async function summary(client: ControlClient, flags: SsFlags): Promise<KeyedLine[]> {
  const counts = await client.call<SummarySnapshot>('summary');
  if (flags.json) return [line(JSON.stringify({ version: SNAPSHOT_VERSION, summary: counts }))];
  return summaryText(counts).split('\n').map(line);
}

const optionsOf = (flags: SsFlags, { states }: Filter, pid: number): SsOptions => ({
  timers: flags.options ?? false,
  extended: flags.extended ?? false,
  memory: flags.memory ?? false,
  info: flags.info ?? false,
  numeric: flags.numeric ?? false,
  owner: flags.processes ? { name: 'tcpglass', pid } : null,
  noHeader: !flags.header,
  oneLine: flags.oneline ?? false,
  noState: states?.length === 1,
});

const line = (text: string, number = 0): KeyedLine => ({ key: String(number), text });
