import { Command } from 'commander';
import type { CountersSnapshot } from '../../observe/inspect/counters.ts';
import { type Counts, growth, nstatLines } from '../../views/nstat/nstat.ts';
import { oneLine } from '../terminal/errors.ts';
import { notes } from '../terminal/help.ts';
import { note, say } from '../terminal/output.ts';
import { readHistory, writeHistory } from './nstat-history.ts';
import { type LookFlags, whichStack, withStack } from './stack-client.ts';

interface NstatFlags extends LookFlags {
  ignore?: boolean;
  nooutput?: boolean;
  reset?: boolean;
  noupdate?: boolean;
  zeros?: boolean;
  pretty?: boolean;
}

export function nstatCommand(): Command {
  return new Command('nstat')
    .description(
      'how often what has happened in a stack that runs, under the names that nstat has for the kernel’s counters',
    )
    .argument('[pattern...]', 'only counters with such names; * and ? stand for any text and one character')
    .option('-a, --ignore', 'since the stack began, not since they were last shown')
    .option('-n, --nooutput', 'show nothing, only remember what they are')
    .option('-r, --reset', 'forget what they were')
    .option('-s, --noupdate', "don't remember what they are")
    .option('-z, --zeros', 'those that have not grown, too')
    .option('-j, --json', 'as JSON')
    .option('-p, --pretty', 'JSON with a line for each')
    .addOption(whichStack())
    .addHelpText(
      'after',
      notes(`
As with nstat(8), each run shows how far the counters have come since the last one, and hides those that have not. What they were
is kept in a file of the user's runtime directory, for each stack. Below #drops are packets that were thrown away, by reason.

Exit code: 0, 1 when no stack can be asked, 2 for a wrong command line.

Examples:
  tcpglass nstat
  tcpglass nstat -az 'TcpExtTCP*'
  tcpglass nstat -n; curl http://10.9.0.2/; tcpglass nstat -s
  tcpglass nstat -a --json | jq .tcpglass.TcpRetransSegs`),
    )
    .action((patterns: string[], flags: NstatFlags) => runNstat(patterns, flags));
}

async function runNstat(patterns: string[], flags: NstatFlags): Promise<void> {
  await withStack(flags, async (client, socket) => {
    const { pid } = client.hello;
    const snapshot = await client.call<CountersSnapshot>('counters');
    const now = { ...snapshot.counters, ...namedDrops(snapshot) };
    const before = flags.ignore || flags.reset ? {} : readHistory(socket, pid);
    if (!flags.noupdate) remember(socket, pid, now);
    if (flags.nooutput) return;
    const grown = growth(now, before, { zeros: flags.zeros ?? false, patterns });
    const [drops, counters] = parted(grown);
    if (flags.json) say(JSON.stringify({ tcpglass: counters, drops }, null, flags.pretty ? 4 : 0));
    else for (const line of textOf(counters, drops)) say(line);
  });
}

const DROP = /^(Tcp|Ip)Drop(?=[A-Z])/;

/** `TcpDropPaws`: the layer, and the reason. */
function namedDrops({ drops }: CountersSnapshot): Counts {
  const named = (layer: string, counts: Counts): [string, number][] =>
    Object.entries(counts).map(([reason, count]) => [`${layer}Drop${reason}`, count]);
  return Object.fromEntries([...named('Tcp', drops.tcp), ...named('Ip', drops.ip)]);
}

const parted = (counts: Counts): [Counts, Counts] => {
  const those = (isDrop: boolean): Counts =>
    Object.fromEntries(Object.entries(counts).filter(([name]) => DROP.test(name) === isDrop));
  return [those(true), those(false)];
};

const textOf = (counters: Counts, drops: Counts): string[] => [
  ...nstatLines('tcpglass', counters),
  ...(Object.keys(drops).length > 0 ? nstatLines('drops', drops) : []),
];

function remember(socket: string, pid: number, now: Counts): void {
  try {
    writeHistory(socket, pid, now);
  } catch (error) {
    note(`tcpglass: what is shown now can't be remembered: ${oneLine(error)}`);
  }
}
