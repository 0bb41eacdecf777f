import { attacks } from './scenarios/attacks/index.ts';
import { closing } from './scenarios/closing/index.ts';
import { congestion } from './scenarios/congestion/index.ts';
import { data } from './scenarios/data/index.ts';
import { lost } from './scenarios/lost/index.ts';
import { node } from './scenarios/node/index.ts';
import { opening } from './scenarios/opening/index.ts';
import { ports } from './scenarios/ports/index.ts';
import { queues } from './scenarios/queues/index.ts';
import { recovery } from './scenarios/recovery/index.ts';
import { timeWait } from './scenarios/time-wait/index.ts';
import type { Load, Scenario } from './story/scenario.ts';

/** All scenarios by their names, in the order in which they are listed. A file is loaded when its scenario is wanted. */
export const catalogue: Readonly<Record<string, Load>> = {
  ...opening,
  ...closing,
  ...lost,
  ...timeWait,
  ...ports,
  ...queues,
  ...data,
  ...congestion,
  ...recovery,
  ...attacks,
  ...node,
};

/** The scenario of that name; null: there is none. */
export async function scenarioNamed(name: string): Promise<Scenario | null> {
  return Object.hasOwn(catalogue, name) ? (await catalogue[name]!()).default : null;
}

export async function allScenarios(): Promise<Scenario[]> {
  return Promise.all(Object.values(catalogue).map(async (load) => (await load()).default));
}
