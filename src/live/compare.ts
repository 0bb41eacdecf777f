import type { Played } from '../lab/story/play.ts';
import type { Text } from '../lab/terms/text.ts';
import type { Ending } from '../lab/world/lab-host.ts';
import type { LabEntry } from '../lab/world/notes.ts';
import type { State } from '../tcp/terms/state.ts';

/** A turn of the story, in both runs. */
export interface ComparedTurn {
  readonly text: Text;
  /** Milliseconds since the turn before it that both have; null: it didn't come. */
  readonly here: number | null;
  readonly kernel: number | null;
  readonly verdict: 'same' | 'later' | 'sooner' | 'missing' | 'not awaited' | 'not shown';
}

/** The connections that are left at one host at the end, without listeners. */
export interface ComparedEnding {
  readonly host: string;
  readonly here: readonly State[];
  readonly kernel: readonly State[];
  readonly same: boolean;
}

/** Segments that one of the hosts sent, where the two runs differ first. */
export interface FirstDifference {
  readonly host: string;
  /** How many segments it sent were the same until then. */
  readonly after: number;
  /** What it sent then; null: nothing more. */
  readonly here: string | null;
  readonly kernel: string | null;
}

export interface Comparison {
  readonly turns: readonly ComparedTurn[];
  readonly endings: readonly ComparedEnding[];
  /** Of each host, where its segments differ. */
  readonly differences: readonly FirstDifference[];
  readonly isSame: boolean;
}

/**
 * Real time is never exact: a turn is as late as in virtual time if it is so much later at the most, in milliseconds, or by that part of the
 * time. A busy machine needs more than the path does.
 */
const SLACK = 80;
const SLACK_PART = 0.2;

/**
 * Holds the two runs against each other.
 * @param kernel the host that it plays
 * @param cut the virtual run as it was a while after its last segment
 */
export function compared(kernel: string, virtual: Played, cut: Played, live: Played): Comparison {
  const turns = comparedTurns(kernel, virtual, live);
  const endings = virtual.endings.map(({ host }) => comparedEnding(host, cut, live));
  const differences = cut.endings.flatMap(({ host }, index) => firstDifference(host, index, cut, live) ?? []);
  // How long it takes is told, and no difference of TCP's: a busy machine makes all later.
  const isSame = turns.every(({ verdict }) => verdict !== 'missing') && endings.every(({ same }) => same);
  return { turns, endings, differences, isSame };
}

function comparedTurns(kernelHost: string, virtual: Played, live: Played): ComparedTurn[] {
  const cameAt = ({ told }: Played, turn: number): number | null =>
    told.find((other) => other.turn === turn)?.at ?? null;
  let last: { here: number; kernel: number } = { here: 0, kernel: 0 };
  return virtual.turns.map(({ pattern: { text, inside } }, i) => {
    const [here, kernel] = [cameAt(virtual, i), cameAt(live, i)];
    const since = {
      here: here === null ? null : here - last.here,
      kernel: kernel === null ? null : kernel - last.kernel,
    };
    if (here !== null && kernel !== null) last = { here, kernel };
    if (here !== null && kernel === null && here > live.lasted - SLACK)
      return { text, ...since, verdict: 'not awaited' };
    if (kernel === null && inside?.name === kernelHost) return { text, ...since, verdict: 'not shown' };
    return { text, ...since, verdict: verdictOf(since) };
  });
}

function verdictOf({ here, kernel }: { here: number | null; kernel: number | null }): ComparedTurn['verdict'] {
  if (here === null || kernel === null) return here === kernel ? 'same' : 'missing';
  const off = kernel - here;
  if (Math.abs(off) <= SLACK + Math.abs(here) * SLACK_PART) return 'same';
  return off > 0 ? 'later' : 'sooner';
}

function comparedEnding(host: string, cut: Played, live: Played): ComparedEnding {
  const [here, kernel] = [leftAt(cut, host), leftAt(live, host)];
  return { host, here, kernel, same: here.join() === kernel.join() };
}

/** Is left what a run left at that host? */
export const isSameEnding = (run: Played, host: string, sockets: readonly Ending[]): boolean =>
  leftAt(run, host).join() === statesOf(sockets).join();

const leftAt = ({ endings }: Played, host: string): State[] =>
  statesOf(endings.find((ending) => ending.host === host)?.sockets ?? []);

const statesOf = (sockets: readonly Ending[]): State[] =>
  sockets
    .map(({ state }) => state)
    .filter(isConnection)
    .sort();

const isConnection = (state: State): boolean => state !== 'LISTEN' && state !== 'CLOSED';

/** What a host has sent, without what each kernel chooses for itself: windows and options. */
function sentBy(index: number, { log }: Played): string[] {
  return log.flatMap((entry: LabEntry) => {
    if (entry.host !== index || entry.type !== 'segment' || entry.direction !== 'out') return [];
    // What answers for a connection that is gone has no relative numbers.
    if (entry.absolute) return entry.flags;
    const ack = entry.ack === undefined ? '' : ` ack ${entry.ack}`;
    return `${entry.flags} seq ${entry.seq}:${entry.seq + entry.length}${ack}`;
  });
}

/** Without numbers, where one of the two has none. */
function isSameSegment(here: string, kernel: string | undefined): boolean {
  const [flags, ...numbers] = here.split(' ');
  const [otherFlags, ...otherNumbers] = (kernel ?? '').split(' ');
  return (
    flags === otherFlags &&
    (numbers.length === 0 || otherNumbers.length === 0 || numbers.join() === otherNumbers.join())
  );
}

function firstDifference(host: string, index: number, cut: Played, live: Played): FirstDifference | null {
  const [here, kernel] = [sentBy(index, cut), sentBy(index, live)];
  const after = here.findIndex((segment, i) => !isSameSegment(segment, kernel[i]));
  if (after < 0)
    return here.length === kernel.length
      ? null
      : { host, after: here.length, here: null, kernel: kernel[here.length]! };
  return { host, after, here: here[after]!, kernel: kernel[after] ?? null };
}
