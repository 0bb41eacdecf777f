import type { Load } from '../../story/scenario.ts';

export const congestion: Readonly<Record<string, Load>> = {
  congestion: () => import('./congestion.ts'),
  'cubic-vs-reno-vs-bbr': () => import('./cubic-vs-reno-vs-bbr.ts'),
  'head-of-line': () => import('./head-of-line.ts'),
  reliability: () => import('./reliability.ts'),
  bufferbloat: () => import('./bufferbloat.ts'),
  'bufferbloat-ecn': () => import('./bufferbloat-ecn.ts'),
  'sequence-wrap': () => import('./sequence-wrap.ts'),
};
