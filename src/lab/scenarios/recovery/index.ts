import type { Load } from '../../story/scenario.ts';

/** How losses are found, and repaired. */
export const recovery: Readonly<Record<string, Load>> = {
  'fast-retransmit': () => import('./fast-retransmit.ts'),
  sack: () => import('./sack.ts'),
  reordering: () => import('./reordering.ts'),
  'tail-loss': () => import('./tail-loss.ts'),
  rto: () => import('./rto.ts'),
  'spurious-rto': () => import('./spurious-rto.ts'),
};
