import type { Load } from '../../story/scenario.ts';

export const congestion: Readonly<Record<string, Load>> = {
  'fast-retransmit': () => import('./fast-retransmit.ts'),
};
