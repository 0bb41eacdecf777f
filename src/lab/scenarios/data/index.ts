import type { Load } from '../../story/scenario.ts';

export const data: Readonly<Record<string, Load>> = {
  'nagle-delack': () => import('./nagle-delack.ts'),
};
