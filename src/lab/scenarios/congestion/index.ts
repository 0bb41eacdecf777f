import type { Load } from '../../story/scenario.ts';

export const congestion: Readonly<Record<string, Load>> = {
  congestion: () => import('./congestion.ts'),
  'fast-retransmit': () => import('./fast-retransmit.ts'),
  'head-of-line': () => import('./head-of-line.ts'),
  reliability: () => import('./reliability.ts'),
  rto: () => import('./rto.ts'),
  sack: () => import('./sack.ts'),
  'spurious-rto': () => import('./spurious-rto.ts'),
  bufferbloat: () => import('./bufferbloat.ts'),
  'sequence-wrap': () => import('./sequence-wrap.ts'),
};
