import { once } from 'node:events';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { LogEntry, LogEntryType } from '../../observe/log/schema.ts';
import { parseEnds } from '../../views/filter/either-end.ts';
import { EntryFilter } from '../../views/filter/entry-filter.ts';
import { FilterError } from '../../views/filter/filter.ts';
import { type LookFlags, whichStack, withStack } from '../look/stack-client.ts';
import { usageError } from '../terminal/errors.ts';
import { notes } from '../terminal/help.ts';
import { say } from '../terminal/output.ts';
import { outputWidth } from '../terminal/paint.ts';
import { type EntryView, jsonView, ladderView, summaryView } from './entry-views.ts';
import { Follower } from './follow.ts';
import { ENTRY_TYPES, liveLog, wantedFor } from './live.ts';
import { LogFile, readLog } from './log-file.ts';

interface TraceFlags extends LookFlags {
  connection?: number;
  only?: ReadonlySet<LogEntryType>;
  states?: boolean;
  verbose?: boolean;
  summary?: boolean;
  read?: string;
  log?: string;
  ascii?: boolean;
  width?: number;
  lang?: 'en' | 'zh';
}

export function traceCommand(): Command {
  return new Command('trace')
    .description('what a stack’s TCP does, as a ladder: segments, states, and why')
    .argument('[filter...]', 'a port, an address, ADDRESS:PORT, or an expression as `ss` has it')
    .option('--connection <number>', 'only this one (`tcpglass ss -e` has the numbers)', parseNumber)
    .option('--states', 'only changes of state')
    .option('--only <kinds>', 'only these kinds of entries, with commas between', parseTypes)
    .option('-v, --verbose', 'each segment, timer and sample; numbers of causes; the TCB after each segment')
    .option('--summary', 'one line for each connection, when it ends')
    .option('--json', 'entries as lines of JSON; with --summary, connections')
    .option('--log <file>', 'save the entries, too')
    .option('--read <file>', 'from a saved log; -: from stdin')
    .option('--ascii', 'nothing but ASCII')
    .option('--width <columns>', 'how wide the ladder is (default: as the terminal)', parseWidth)
    .addOption(
      new Option('--lang <language>', "of a lab's log: the language of its notes").choices(['en', 'zh']).default('en'),
    )
    .addOption(whichStack())
    .addHelpText(
      'after',
      notes(`
The end that opened the connection is on the left. Beside the rail of our end is the state, and what it did and why, with the
RFC's section. Sequence numbers begin with 0 at each SYN, windows are in octets. Repeated bulk is folded into one row, -v
unfolds it. An arrow that ends in an X was lost on a path that --impair made bad; it is known of such a path only.

Kinds of entries: ${ENTRY_TYPES.join(', ')}. The format of a saved log is on a page of its own, src/observe/log/LOG.md.

Exit code: 0, 1 when no stack can be asked or a log can't be read, 2 for a wrong command line or filter.

Examples:
  tcpglass trace                        from now on, until Ctrl-C
  tcpglass trace 80                     port 80 at either end
  tcpglass trace dst 10.9.0.1 and sport = :80
  tcpglass trace --states
  tcpglass trace --log today.jsonl
  tcpglass trace --read today.jsonl -v 80
  tcpglass trace --read today.jsonl --summary`),
    )
    .action((words: string[], flags: TraceFlags) => runTrace(words, flags));
}

function parseNumber(text: string): number {
  if (/^#?\d{1,15}$/.test(text)) return Number(text.replace('#', ''));
  throw new InvalidArgumentError('It takes the number of a connection.');
}

function parseWidth(text: string): number {
  const width = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (width >= 40) return width;
  throw new InvalidArgumentError('It takes columns, from 40 on.');
}

function parseTypes(text: string): ReadonlySet<LogEntryType> {
  const types = text.split(',').map((name) => name.trim());
  const unknown = types.find((type) => !ENTRY_TYPES.includes(type as LogEntryType));
  if (unknown === undefined) return new Set(types as LogEntryType[]);
  throw new InvalidArgumentError(`"${unknown}" is no kind of entry; there are: ${ENTRY_TYPES.join(', ')}.`);
}

/** What a ladder without -v says nothing of. */
const SPARED: readonly LogEntryType[] = ['rtt', 'queue'];
const OF_STATES: readonly LogEntryType[] = ['state', 'timeWait'];

function typesOf({ only, states, verbose, json }: TraceFlags): ReadonlySet<LogEntryType> {
  if (states) return new Set(OF_STATES);
  if (only !== undefined) return only;
  return new Set(ENTRY_TYPES.filter((type) => verbose || json || !SPARED.includes(type)));
}

function filterOf(words: readonly string[], types: ReadonlySet<LogEntryType>, connection: number | null): EntryFilter {
  try {
    return new EntryFilter({ expression: parseEnds(words), types, connection });
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw usageError(`Cannot read the filter: ${error.message} (see \`tcpglass trace --help\`)`);
  }
}

function viewOf({ json, summary, verbose, ascii, width, lang }: TraceFlags): EntryView {
  if (json) return jsonView(summary ?? false);
  const options = {
    width: width ?? outputWidth(),
    ascii: ascii ?? false,
    verbose: verbose ?? false,
    language: lang ?? 'en',
  };
  return summary ? summaryView(options) : ladderView(options);
}

async function runTrace(words: string[], flags: TraceFlags): Promise<void> {
  const types = typesOf(flags);
  const filter = filterOf(words, types, flags.connection ?? null);
  const file = flags.log === undefined ? null : new LogFile(flags.log);
  const show = (entries: AsyncIterable<LogEntry>): Promise<void> =>
    showAll(entries, filter, new Follower(viewOf(flags), say, flags.read === undefined), file);
  if (flags.read !== undefined) {
    await show(readLog(flags.read));
    return;
  }
  const wants = wantedFor(types, flags.verbose || flags.json || false);
  await withStack(flags, (client) => {
    const ended = untilInterrupted();
    // The end of the connection is the end of the log.
    ended.addEventListener('abort', () => client.close());
    return show(liveLog(client, { wants, tcb: flags.verbose ?? false }, ended));
  });
}

async function showAll(
  entries: AsyncIterable<LogEntry>,
  filter: EntryFilter,
  follower: Follower,
  file: LogFile | null,
): Promise<void> {
  try {
    for await (const entry of entries) {
      if (!filter.accepts(entry)) continue;
      await file?.write(entry);
      follower.push(entry);
      // A reader of ours that is slow makes us slow; the stack leaves out what we don't take, and says how much.
      if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
    }
  } finally {
    // Of a log that is cut off, or has a fault, what comes before is shown.
    follower.end();
    await file?.end();
  }
}

/** Ctrl-C is how a trace ends: what is still to be said is said. A second one waits for nothing. */
function untilInterrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}
