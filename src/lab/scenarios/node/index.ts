import type { Load } from '../../story/scenario.ts';

export const node: Readonly<Record<string, Load>> = {
  'etimedout-vs-econnrefused-vs-ehostunreach': () => import('./etimedout-vs-econnrefused-vs-ehostunreach.ts'),
  'keep-alive-race': () => import('./keep-alive-race.ts'),
};
