import type { Kind, Topic } from '../../lab/story/scenario.ts';
import type { Text } from '../../lab/terms/text.ts';

/** What the lab's screens say beside what the scenarios say, in both languages. */
export const WORDS = {
  answer: { en: 'Answer', zh: '答' },
  corrects: { en: 'Correction', zh: '纠正' },
  sources: { en: 'Sources', zh: '出处' },
  next: { en: 'Try next', zh: '再试' },
  changed: { en: 'Changed', zh: '改动' },
  cut: {
    en: 'More would have happened after that: what is played ends here.',
    zh: '之后还会发生别的事：演示到此为止。',
  },
  otherWay: {
    en: 'With what you changed it goes another way than the scenario tells:',
    zh: '改动之后，过程与场景所述不同：',
  },
  failed: { en: 'It did not go as the scenario tells:', zh: '过程与场景所述不同：' },
  cameNot: { en: 'did not come', zh: '没有出现' },
  expected: { en: 'expected', zh: '应为' },
  parameters: { en: 'What can be changed here', zh: '这个场景可以改变' },
  default: { en: 'default', zh: '默认' },
} as const satisfies Record<string, Text>;

export const TOPIC_NAMES: Readonly<Record<Topic, Text>> = {
  opening: { en: 'Opening', zh: '建立连接' },
  closing: { en: 'Closing', zh: '关闭连接' },
  'time-wait': { en: 'TIME_WAIT', zh: 'TIME_WAIT' },
  queues: { en: 'Queues of a listener', zh: '半连接队列与全连接队列' },
  data: { en: 'Data and windows', zh: '数据与窗口' },
  congestion: { en: 'Loss and congestion', zh: '丢包与拥塞' },
  attacks: { en: 'Attacks', zh: '攻击' },
  node: { en: 'In Node', zh: 'Node 中' },
};

export const KIND_NAMES: Readonly<Record<Kind, Text>> = {
  tutorial: { en: 'tutorial', zh: '入门' },
  useful: { en: 'useful', zh: '实用' },
  weird: { en: 'weird', zh: '奇怪' },
};
