import type { Scenario, Topic } from '../../../lab/story/scenario.ts';
import { exampleOf } from './run-options.ts';

/** Where a scenario has nothing of its own to change: what teaches something about each of its topic. */
const FAULTS: Readonly<Record<Topic, string>> = {
  opening: "--lose 'SYN 1'",
  closing: "--lose 'FIN 1'",
  'time-wait': '--msl 1',
  queues: '--delay 100ms',
  data: "--lose 'DATA 1'",
  congestion: '--loss 5%',
  attacks: '--delay 100ms',
  node: '--delay 100ms',
};

/** A command that changes one thing in a scenario. */
export function nextCommand({ parameters = {}, topic }: Scenario, name: string): string {
  const [first] = Object.entries(parameters);
  return `tcpglass lab run ${name} ${first === undefined ? FAULTS[topic] : exampleOf(...first)}`;
}
