import type { Load } from '../../story/scenario.ts';

export const attacks: Readonly<Record<string, Load>> = {
  'syn-flood': () => import('./syn-flood.ts'),
};
