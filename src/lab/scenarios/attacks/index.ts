import type { Load } from '../../story/scenario.ts';

export const attacks: Readonly<Record<string, Load>> = {
  'syn-flood': () => import('./syn-flood.ts'),
  'seed-syn-flood': () => import('./seed-syn-flood.ts'),
  'blind-rst': () => import('./blind-rst.ts'),
  'syn-on-established': () => import('./syn-on-established.ts'),
  'inject-data': () => import('./inject-data.ts'),
  hijack: () => import('./hijack.ts'),
  'ack-storm': () => import('./ack-storm.ts'),
};
