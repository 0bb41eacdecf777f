import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type DrillReport, drill, type IpVersion, ipVersionsOf, reportText, summaryText } from '../../drill/index.ts';
import { CliError, EXIT_FAILURE, reasonOf, usageError } from '../terminal/errors.ts';
import { notes } from '../terminal/help.ts';
import { note, Progress, say, styled } from '../terminal/output.ts';

interface SetOption {
  name: string;
  value: string | null;
}

interface DrillFlags {
  ipVersion?: IpVersion | 'both';
  define?: [string, string][];
  toleranceUsecs?: string;
  option?: SetOption[];
  seed: number;
  json?: true;
  verbose?: true;
  quiet?: true;
}

export function drillCommand(): Command {
  return new Command('drill')
    .description('run packetdrill scripts against the stack, in virtual time')
    .argument('<file...>', 'scripts, or directories searched for *.pkt; "-": stdin')
    .addOption(
      new Option('--ip_version, --ip-version <which>', 'over which IP the packets go').choices([
        'ipv4',
        'ipv6',
        'ipv4-mapped-ipv6',
        'both',
      ]),
    )
    .option('-D, --define <name=value>', 'what a word in the scripts stands for (repeatable)', parseDefine)
    .option('-O, --option <name[=value]>', "any option of packetdrill's, such as mtu=1280 (repeatable)", parseOption)
    .option('--tolerance_usecs, --tolerance-usecs <n>', 'how far a time may be off, in microseconds')
    .option('--seed <n>', 'where the random numbers begin', parseSeed, 1)
    .option('--json', 'verdicts as JSON, an array')
    .option('-v, --verbose', 'every segment of every script')
    .option('-q, --quiet', 'only what failed, and the summary')
    .addHelpText(
      'after',
      notes(`
Exit code: 0 when every script passed, 1 when one failed (or is no script), 2 for a wrong command line, 4 when none failed
and one is "unsupported": it asks for what is not there, and counts neither as passed nor as failed.

A script that fails is shown as a ladder, up to the packet that is wrong: what the script expects, what came instead, and
which fields differ. -v shows the ladder of every script. A terminal sees how far a directory has got.

--ip_version=ipv6 is packetdrill's: with the same MTU the MSS is 20 less than over IPv4, and -O mtu=1520 has 1460 in both.
--ip_version=both does that by itself, and runs a script that is for one IP (--ip_version in it, or a name that ends in
v4.pkt or v6.pkt) over that one. --ip_version=ipv4-mapped-ipv6 has sockets of AF_INET6 and packets of IPv4.

Examples:
  tcpglass drill close.pkt
  tcpglass drill --ip_version=both tests/ --quiet
  tcpglass drill --json tests/ | jq -r '.[] | select(.status == "failed").file'
  sed s/1460/1440/ close.pkt | tcpglass drill -`),
    )
    .action(runDrill);
}

function parseDefine(text: string, previous: [string, string][] = []): [string, string][] {
  const match = /^([A-Za-z_]\w*)=(.*)$/s.exec(text);
  if (!match) throw new InvalidArgumentError('It takes NAME=VALUE.');
  return [...previous, [match[1]!, match[2]!]];
}

function parseOption(text: string, previous: SetOption[] = []): SetOption[] {
  const [name = '', ...value] = text.replace(/^--/, '').split('=');
  return [...previous, { name, value: value.length > 0 ? value.join('=') : null }];
}

function parseSeed(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('It takes a whole number.');
  return Number(text);
}

function runDrill(paths: string[], flags: DrillFlags): void {
  const files = paths.flatMap((path) => scriptsIn(path));
  if (files.length === 0) throw usageError('There is no *.pkt file in there');
  const reports: DrillReport[] = [];
  const progress = new Progress(files.length);
  for (const file of files) {
    progress.show(file);
    for (const report of drillFile(file, flags)) {
      reports.push(report);
      if (!flags.json) tell(report, flags, progress);
    }
  }
  progress.clear();
  if (flags.json) say(JSON.stringify(flags.verbose ? reports : reports.map(shortened), null, 2));
  else if (reports.length > 1) note(summaryText(reports));
  process.exitCode = exitCodeOf(reports);
}

/** What the kernel's own tests answer when they are skipped (KSFT_SKIP, tools/testing/selftests/kselftest.h). */
const EXIT_UNSUPPORTED = 4;

function exitCodeOf(reports: readonly DrillReport[]): number {
  if (reports.some(({ status }) => status === 'failed' || status === 'invalid')) return EXIT_FAILURE;
  return reports.some(({ status }) => status === 'unsupported') ? EXIT_UNSUPPORTED : 0;
}

/** As a file: stdin. */
const STDIN = '-';

/** A file is a script whatever its name is; in a directory it is told by its ending. */
function scriptsIn(path: string): string[] {
  if (path === STDIN) return [path];
  try {
    return statSync(path).isDirectory() ? scriptsBelow(path) : [path];
  } catch (error) {
    throw usageError(`Cannot read ${path}: ${reasonOf(error)}`);
  }
}

/** A link to a directory is not followed, as with find(1) and grep(1): it may lead to one that we are in. */
function scriptsBelow(directory: string): string[] {
  const entries = readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return scriptsBelow(path);
    const isScript = entry.name.endsWith('.pkt') && (entry.isSymbolicLink() ? statSync(path) : entry).isFile();
    return isScript ? [path] : [];
  });
}

function drillFile(file: string, flags: DrillFlags): DrillReport[] {
  let source: string;
  try {
    source = readFileSync(file === STDIN ? process.stdin.fd : file, 'utf8');
  } catch (error) {
    throw new CliError(`Cannot read ${file}: ${reasonOf(error)}`, 2);
  }
  const options = [...(flags.option ?? [])];
  if (flags.toleranceUsecs !== undefined) options.push({ name: 'tolerance_usecs', value: flags.toleranceUsecs });
  const both = flags.ipVersion === 'both';
  const versions = flags.ipVersion === 'both' ? ipVersionsOf(source, file) : [flags.ipVersion];
  const defines = new Map(flags.define ?? []);
  return versions.map((ipVersion) => ({
    file,
    ...drill(source, { ipVersion, sameMss: both, options, defines, seed: flags.seed }),
  }));
}

/** Without --verbose, only the end of what went over the wire, and that only where a script fails. */
const shortened = (report: DrillReport): DrillReport => ({
  ...report,
  ladder: report.status === 'failed' ? report.ladder.slice(-12) : [],
});

function tell(report: DrillReport, flags: DrillFlags, progress: Progress): void {
  if (flags.quiet && report.status !== 'failed' && report.status !== 'invalid') return;
  progress.clear();
  for (const line of reportText(report, flags.verbose === true)) say(coloured(line));
}

/** What failed, and where exactly, stands out. */
function coloured(line: string): string {
  const match = /^(FAILED|invalid)(.*)$/.exec(line);
  if (match !== null) return styled('red', match[1]!) + match[2]!;
  return /^[ |]+\^[ ^]*$/.test(line) ? line.replace(/\^+/g, (marks) => styled('red', marks)) : line;
}
