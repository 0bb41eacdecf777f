import { Command } from 'commander';
import type { ControlClient } from '../../control/client.ts';
import { SNAPSHOT_VERSION } from '../../observe/inspect/inspection.ts';
import type { SocketSnapshot } from '../../observe/inspect/sockets.ts';
import type { ConnectionHistory } from '../../observe/log/history.ts';
import { parseEnds } from '../../views/filter/either-end.ts';
import { type Expression, FilterError } from '../../views/filter/filter.ts';
import { matches } from '../../views/filter/match.ts';
import { ladderOf } from '../../views/ladder/ladder.ts';
import { inAscii, type Line, lineText } from '../../views/text/line.ts';
import { findingsOf, oddness } from '../../views/why/findings.ts';
import { candidateLines, endedLines, whyLines } from '../../views/why/why.ts';
import { CliError, usageError } from '../terminal/errors.ts';
import { notes } from '../terminal/help.ts';
import { outputWidth, printed, printedInAscii } from '../terminal/paint.ts';
import { type LookFlags, whichStack, withStack } from './stack-client.ts';
import { show, watchOption } from './watch.ts';

interface WhyFlags extends LookFlags {
  verbose?: boolean;
  ascii?: boolean;
}

export function whyCommand(): Command {
  return new Command('why')
    .description('one screen about one connection of a stack that runs: where it is, how it got there, what is next')
    .argument('[connection]', 'its number, a port, an address or ADDRESS:PORT; left out: the only one that there is')
    .option('-v, --verbose', 'with the ladder of what happened last')
    .option('--ascii', 'nothing but ASCII')
    .option('--json', 'the snapshot, the last entries of its log, and what is unusual')
    .addOption(watchOption())
    .addOption(whichStack())
    .addHelpText(
      'after',
      notes(`
Where more than one connection is meant they are listed, the oddest first. One that is over is told of, too, as long as the stack
remembers it.

Exit code: 0, 1 when no stack can be asked or there is no such connection, 2 for a wrong command line.

Examples:
  tcpglass why
  tcpglass why 80
  tcpglass why '#3' -v
  tcpglass why 10.9.0.1:40000 --watch`),
    )
    .action((target: string | undefined, flags: WhyFlags) => runWhy(target, flags));
}

async function runWhy(target: string | undefined, flags: WhyFlags): Promise<void> {
  const wanted = parseTarget(target);
  await withStack(flags, (client) =>
    show(flags.watch, async () => {
      const found = await find(client, wanted);
      if (flags.json) return [{ key: 'json', text: JSON.stringify(jsonOf(found)) }];
      const lines = linesOf(found, flags.verbose ?? false);
      return lines.map((line, i) => ({ key: String(i), text: textOf(line, flags) }));
    }),
  );
}

/** A picture that is painted over and over is plain: what changes is what stands out. */
function textOf(line: Line, { watch, ascii }: WhyFlags): string {
  if (watch !== undefined) return ascii ? inAscii(lineText(line)) : lineText(line);
  return ascii ? printedInAscii(line) : printed(line);
}

/** Which connection: by its number on the host, or by its ends. */
interface Target {
  text: string;
  id: number | null;
  ends: Expression | null;
}

function parseTarget(text: string | undefined): Target | null {
  if (text === undefined) return null;
  const id = /^#?(\d{1,15})$/.exec(text)?.[1];
  if (text.startsWith('#') && id !== undefined) return { text, id: Number(id), ends: null };
  try {
    return { text, id: id === undefined ? null : Number(id), ends: parseEnds([text]) };
  } catch (error) {
    // A number that is no port may still be a connection's.
    if (id !== undefined) return { text, id: Number(id), ends: null };
    if (error instanceof FilterError) throw usageError(`Cannot read "${text}": ${error.message}`);
    throw error;
  }
}

type Found =
  | { type: 'one'; socket: SocketSnapshot; history: ConnectionHistory | null }
  | { type: 'several'; sockets: SocketSnapshot[] }
  | { type: 'ended'; history: ConnectionHistory };

async function find(client: ControlClient, target: Target | null): Promise<Found> {
  const all = await client.list<SocketSnapshot>('sockets', { details: true });
  const isMeant = (socket: SocketSnapshot): boolean =>
    target === null ||
    (target.id !== null && socket.id === target.id) ||
    (target.ends !== null && matches(target.ends, socket));
  const meant = all.filter(isMeant);
  const connections = meant.filter(({ state }) => state !== 'LISTEN');
  if (connections.length > 0) return oneOrSeveral(client, connections);
  // Who names a listener's port means what came there, but where the listener itself has a problem.
  const listeners = target === null ? [] : meant;
  if (listeners.some((listener) => oddness(listener) > 0)) return oneOrSeveral(client, listeners);
  const ended = await lastEnded(client, target);
  if (ended !== null) return { type: 'ended', history: ended };
  if (listeners.length > 0) return oneOrSeveral(client, listeners);
  throw new CliError(target === null ? 'There is no connection' : `There is no connection ${target.text}`);
}

async function oneOrSeveral(client: ControlClient, sockets: SocketSnapshot[]): Promise<Found> {
  const [socket] = sockets;
  if (sockets.length !== 1) return { type: 'several', sockets };
  return { type: 'one', socket: socket!, history: await historyOf(client, socket!) };
}

/** An entry of the TIME_WAIT table has no number: its connection is among those that have ended. */
async function historyOf(client: ControlClient, socket: SocketSnapshot): Promise<ConnectionHistory | null> {
  const { id, remote, localPort, remotePort } = socket;
  if (id !== null) return client.call<ConnectionHistory | null>('history', { connection: id });
  const ended = await client.list<ConnectionHistory>('ended');
  const last = ended.findLast(
    ({ connection: c }) =>
      c.local === socket.local && c.localPort === localPort && c.remote === remote && c.remotePort === remotePort,
  );
  return last ?? null;
}

async function lastEnded(client: ControlClient, target: Target | null): Promise<ConnectionHistory | null> {
  const ended = await client.list<ConnectionHistory>('ended');
  const meant = ended.filter(
    ({ connection }) =>
      target === null ||
      connection.connection === target.id ||
      (target.ends !== null && matches(target.ends, connection)),
  );
  return meant[meant.length - 1] ?? null;
}

function linesOf(found: Found, verbose: boolean): Line[] {
  const width = outputWidth();
  switch (found.type) {
    case 'several':
      return [
        [{ text: `${found.sockets.length} connections, the oddest first; \`tcpglass why '#NUMBER'\` tells more:` }],
        ...candidateLines(found.sockets, width),
      ];
    case 'ended':
      return [...endedLines(found.history, width), [], ...ladder(found.history, width)];
    case 'one': {
      const { socket, history } = found;
      const entries = history?.entries ?? [];
      const lines = whyLines({ socket, entries, now: nowOf(found) }, width);
      return verbose && history !== null ? [...lines, [], ...ladder(history, width)] : lines;
    }
    default:
      return found satisfies never;
  }
}

const ladder = ({ connection, entries }: ConnectionHistory, width: number): Line[] =>
  ladderOf([connection, ...entries], { width });

/** What the host's clock shows: the state's age tells it, where the log has the state's beginning. */
function nowOf({ socket, history }: Extract<Found, { type: 'one' }>): number {
  const entries = history?.entries ?? [];
  const change = entries.findLast((entry) => entry.type === 'state');
  if (change?.type === 'state' && change.to === socket.state) return change.time + socket.age;
  return entries[entries.length - 1]?.time ?? 0;
}

function jsonOf(found: Found): object {
  const version = SNAPSHOT_VERSION;
  if (found.type !== 'one') return { version, ...found };
  const { socket, history } = found;
  return { version, type: 'one', socket, history, unusual: findingsOf(socket, history?.entries) };
}
