import type { Load } from '../../story/scenario.ts';

export const queues: Readonly<Record<string, Load>> = {
  backlog: () => import('./backlog.ts'),
  'no-accept': () => import('./no-accept.ts'),
  'abort-on-overflow': () => import('./abort-on-overflow.ts'),
  'closed-before-accept': () => import('./closed-before-accept.ts'),
  'syn-queue': () => import('./syn-queue.ts'),
  'syn-drops': () => import('./syn-drops.ts'),
};
