import type { Topic } from './story/scenario.ts';
import type { Text } from './terms/text.ts';

/** A scenario, or a part of one, that needs an algorithm which the stack doesn't have yet. */
export interface Coming {
  readonly name: string;
  readonly topic: Topic;
  readonly title: Text;
  readonly question: Text;
  /** The algorithm that it waits for. */
  readonly needs: Text;
  /** The scenario that is there, where only a part of it is missing. */
  readonly partOf?: string;
}

/** None waits at present. */
export const coming: readonly Coming[] = [];
