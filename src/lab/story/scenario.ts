import type { Parameters, Values } from '../terms/parameters.ts';
import type { Text } from '../terms/text.ts';
import type { Lab } from './lab.ts';

/** What scenarios are sorted by, in the order of a connection's life. */
export const TOPICS = ['opening', 'closing', 'time-wait', 'queues', 'data', 'congestion', 'attacks', 'node'] as const;

export type Topic = (typeof TOPICS)[number];

/** Whom a scenario is for: who learns how TCP works; who has a network to mend; who wants to be surprised. */
export type Kind = 'tutorial' | 'useful' | 'weird';

/** A question; or one that a scenario answers if its parameters have these values. */
export type Asked =
  | string
  | { readonly text: string; readonly parameters: Readonly<Record<string, string | number | boolean>> };

/** What a file of a scenario exports, as its default. */
export interface Scenario<P extends Parameters = Parameters> {
  /** As `tcpglass lab run` takes it: small letters, digits, hyphens. */
  readonly name: string;
  readonly topic: Topic;
  readonly kind: Kind;
  /** A few words for a list. */
  readonly title: Text;
  /** What it answers, as one asks it. */
  readonly question: Text;
  /** Other ways in which it is asked, in either language, for `lab ask`; and what must be set to answer them. */
  readonly asked?: readonly Asked[];
  /** Where it is written: RFCs with their sections, files of the kernel. */
  readonly sources: readonly string[];
  /** What is often read about it and is wrong, or not so any more. */
  readonly corrects?: Text;
  /** Where the Linux kernel goes another way than is told here, and why: said with `--kernel`. */
  readonly kernel?: Text;
  /** What `--set NAME=VALUE` and `--NAME VALUE` change. */
  readonly parameters?: P;
  /** The parameter that may be given without its name. */
  readonly positional?: string;
  /** What is played after so many seconds of virtual time isn't played any more; default: a day. */
  readonly seconds?: number;
  /** Sets the scene: hosts and their knobs, applications, faults of the path, what is to be seen, and what must be true. */
  readonly play: (lab: Lab, parameters: Values<P>) => void;
}

/** Checks a scenario's types, and is the scenario. */
export const scenario = <const P extends Parameters>(given: Scenario<P>): Scenario => given as unknown as Scenario;

/** Loads the file of a scenario. */
export type Load = () => Promise<{ readonly default: Scenario }>;
