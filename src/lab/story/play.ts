import type { NoteEntry } from '../../observe/log/schema.ts';
import { LabError } from '../terms/errors.ts';
import { type AnyValues, valuesOf } from '../terms/parameters.ts';
import type { Text } from '../terms/text.ts';
import type { Ending } from '../world/lab-host.ts';
import type { LabEntry } from '../world/notes.ts';
import { BEGIN, World } from '../world/world.ts';
import { type Check, Lab, type WhatIf } from './lab.ts';
import type { Scenario } from './scenario.ts';
import type { Told, Turn } from './story.ts';

export interface PlayOptions {
  readonly seed?: number;
  /** Values of the scenario's parameters, as text. */
  readonly parameters?: ReadonlyMap<string, string>;
  /** What is to be otherwise than the scenario has it. */
  readonly whatIf?: Partial<WhatIf>;
  /** With each segment in the log, some of its connection's variables. */
  readonly tcb?: boolean;
  /** It ends after so many seconds, whatever still would happen. */
  readonly seconds?: number;
  /** Where it is played; default: a world of its own, in virtual time. */
  readonly world?: World;
  /** Called when the scene is set, before anything happens. */
  readonly prepared?: (lab: Lab) => void;
}

/** A check, with what came out. */
export interface Checked {
  readonly text: Text;
  readonly actual: unknown;
  readonly expected: unknown;
  readonly holds: boolean;
}

/** A scenario that has been played. */
export interface Played {
  readonly scenario: Scenario;
  readonly parameters: AnyValues;
  readonly seed: number;
  /** All that happened, with the explanations in their places. */
  readonly log: LabEntry[];
  /** What should be seen, and what of it came, in its order. */
  readonly turns: readonly Turn[];
  readonly told: readonly Told[];
  /** The turn that should have come next, and did not; null: all came. */
  readonly missing: Turn | null;
  readonly checks: readonly Checked[];
  readonly answer: Text | null;
  /** What each host was left with. */
  readonly endings: readonly { readonly host: string; readonly sockets: readonly Ending[] }[];
  /** Milliseconds of virtual time until nothing happened any more, or the limit. */
  readonly lasted: number;
  /** Something would still have happened. */
  readonly isCut: boolean;
}

/** All turns came, and all checks hold. */
export const isAsTold = ({ missing, checks }: Played): boolean =>
  missing === null && checks.every(({ holds }) => holds);

const A_DAY = 86_400;
const NO_WHAT_IF: WhatIf = { path: [], sysctls: {}, sysctlsOf: new Map(), kernel: {} };

/**
 * Plays a scenario to its end, in virtual time.
 * @throws LabError for a parameter, path or knob that there isn't; whatever an application of the scenario throws that isn't a
 * socket's error
 */
export async function play(scenario: Scenario, options: PlayOptions = {}): Promise<Played> {
  const { seed = 1, parameters: given = new Map(), whatIf, tcb = false } = options;
  const parameters = valuesOf(scenario.parameters ?? {}, given);
  const world = options.world ?? new World(seed);
  world.journal.withTcb = tcb;
  world.limit = BEGIN + Math.min(scenario.seconds ?? A_DAY, options.seconds ?? A_DAY) * 1e6;
  const lab = new Lab(world, { ...NO_WHAT_IF, ...whatIf });
  scenario.play(lab, parameters as never);
  lab.begin();
  options.prepared?.(lab);
  const isOver = await world.run();
  if (world.journal.fault !== null) throw world.journal.fault;
  const missing = lab.story.missing;
  // Where a host is none of this stack's, what doesn't come is told by who compares.
  if (missing !== null && options.world === undefined) tellMissing(lab, missing);
  const endings = world.hosts.map((host) => ({ host: host.name, sockets: host.ending() }));
  return {
    ...{ scenario, parameters, seed, missing, endings },
    log: world.journal.log(),
    turns: lab.story.all,
    told: lab.story.told,
    checks: lab.checks.flatMap((check) => checkedIfAny(check, options.world !== undefined)),
    answer: missing === null ? lab.answered : answerIfAny(lab),
    lasted: world.elapsed,
    isCut: !isOver,
  };
}

function checked({ text, actual, expected }: Check): Checked {
  const got = actual();
  return { text, actual: got, expected, holds: JSON.stringify(got) === JSON.stringify(expected) };
}

/** @param isForeign a host may be none of this stack's: what only these can be asked is not asked then */
function checkedIfAny(check: Check, isForeign: boolean): Checked[] {
  try {
    return [checked(check)];
  } catch (error) {
    if (isForeign && error instanceof LabError) return [];
    throw error;
  }
}

/** Where the story went another way, what its answer is about may not have happened. */
function answerIfAny(lab: Lab): Text | null {
  try {
    return lab.answered;
  } catch (error) {
    if (error instanceof LabError || error instanceof TypeError) return null;
    throw error;
  }
}

/** Behind the last turn that came, what should have come next. */
function tellMissing(lab: Lab, { pattern }: Turn): void {
  const last = lab.story.told.at(-1);
  const text: NoteEntry['text'] = {
    en: `✗ Expected from here on: ${pattern.text.en}. It did not come; what came instead is below.`,
    zh: `✗ 从这里起应当出现：${pattern.text.zh}。它没有出现；实际发生的见下文。`,
  };
  lab.world.journal.notes.tellMissing(last?.entry ?? null, text, lab.world.now, pattern.drawn ?? null);
}
