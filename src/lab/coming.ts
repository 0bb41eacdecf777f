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

export const coming: readonly Coming[] = [
  {
    name: 'bufferbloat-ecn',
    topic: 'congestion',
    title: { en: 'A long queue that marks instead of dropping', zh: '用标记代替丢弃的长队列' },
    question: {
      en: 'What does a queue that marks packets (ECN) change about bufferbloat?',
      zh: '队列用 ECN 标记报文，缓冲区膨胀会有什么变化？',
    },
    needs: { en: 'ECN in TCP (RFC 3168)', zh: 'TCP 的 ECN（RFC 3168）' },
    partOf: 'bufferbloat',
  },
];
