import type { Load } from '../../story/scenario.ts';

export const congestion: Readonly<Record<string, Load>> = {
  congestion: () => import('./congestion.ts'),
  'fast-retransmit': () => import('./fast-retransmit.ts'),
  'head-of-line': () => import('./head-of-line.ts'),
  reliability: () => import('./reliability.ts'),
  rto: () => import('./rto.ts'),
  sack: () => import('./sack.ts'),
};
