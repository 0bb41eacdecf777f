import type { Load } from '../../story/scenario.ts';

export const queues: Readonly<Record<string, Load>> = {
  backlog: () => import('./backlog.ts'),
};
