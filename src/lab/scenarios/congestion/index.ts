import type { Load } from '../../story/scenario.ts';

export const congestion: Readonly<Record<string, Load>> = {
  congestion: () => import('./congestion.ts'),
  'fast-retransmit': () => import('./fast-retransmit.ts'),
  sack: () => import('./sack.ts'),
};
