import { release } from 'node:os';
import type { Lab } from '../lab/story/lab.ts';
import { type Played, type PlayOptions, play } from '../lab/story/play.ts';
import type { Scenario } from '../lab/story/scenario.ts';
import type { LabEntry } from '../lab/world/notes.ts';
import { type Comparison, compared, isSameEnding } from './compare.ts';
import { type KernelRole, LiveWorld } from './live-world.ts';

export interface LiveOptions extends PlayOptions {
  /** What the kernel plays; default: the server. */
  readonly role?: KernelRole;
  /** It ends after so many seconds, whatever still would happen; default: 15. */
  readonly seconds?: number;
  /** So many more it may take where this machine is too busy; default: 0. */
  readonly patience?: number;
}

/** A scenario played twice: in virtual time with two hosts of this stack, and in real time with the kernel as one of them. */
export interface PlayedLive extends Comparison {
  readonly virtual: Played;
  readonly live: Played;
  readonly role: KernelRole;
  /** Of the kernel: `6.18.5`. */
  readonly release: string;
  /** Knobs that the kernel doesn't have, or doesn't let us set. */
  readonly notSet: readonly string[];
}

const SECONDS = 15;
/** When all has come, and the last packet, it is looked at so much longer, in milliseconds: something may come that shouldn't. */
const AFTERWARDS = 1000;

/**
 * Plays a scenario live against the kernel of this network namespace, which should have been made for that: it gets a device, addresses
 * and the scenario's knobs. Needs CAP_NET_ADMIN in it.
 * @throws LinkError: no device can be had; LabError: the scenario asks for what the kernel can't do, or shows to nobody
 */
export async function playLive(scenario: Scenario, options: LiveOptions = {}): Promise<PlayedLive> {
  const { role = 'server', seconds = SECONDS, patience = 0, ...asked } = options;
  const virtual = await play(scenario, asked);
  const schedule = scheduleOf(virtual);
  const due = schedule.filter((at) => at <= seconds * 1000);
  const last = lastSegment(virtual, seconds * 1000) + AFTERWARDS;
  const cut = await play(scenario, { ...asked, seconds: last / 1000 });
  const world = await LiveWorld.open(asked.seed ?? 1, role);
  try {
    const prepared = ({ story }: Lab): void => {
      story.schedule = schedule;
      const hasCome = (): boolean =>
        due.every((_, i) => story.told.some(({ turn }) => turn === i) || story.all[i]!.pattern.inside?.name === role);
      const isLeft = (): boolean => world.hosts.every((host) => isSameEnding(cut, host.name, host.ending()));
      const isSilent = (): boolean => world.elapsed >= Math.max(last, world.lastPacket + AFTERWARDS);
      // What is left is asked for last: it takes longest.
      world.isEnough = () => isSilent() && hasCome() && isLeft();
    };
    const live = await play(scenario, { ...asked, world, seconds: seconds + patience, prepared });
    const notSet = world.kernel?.notSet ?? [];
    return { ...{ virtual, live, role, notSet, release: release() }, ...compared(role, virtual, cut, live) };
  } finally {
    world.close();
  }
}

/** When the last segment left that leaves within so many milliseconds: what no turn speaks of is waited for, too. */
function lastSegment({ log }: Played, within: number): number {
  const [{ time: begin }] = log as [LabEntry];
  const times = log.filter(({ type }) => type === 'segment').map(({ time }) => (time - begin) / 1000);
  return Math.max(0, ...times.filter((at) => at <= within));
}

/** When each turn came; infinity: it didn't. */
function scheduleOf({ told, turns }: Played): number[] {
  return turns.map((_, i) => told.find(({ turn }) => turn === i)?.at ?? Number.POSITIVE_INFINITY);
}
