import type { Load } from '../../story/scenario.ts';

export const lost: Readonly<Record<string, Load>> = {
  'close-lost': () => import('./close-lost.ts'),
};
