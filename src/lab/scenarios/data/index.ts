import type { Load } from '../../story/scenario.ts';

export const data: Readonly<Record<string, Load>> = {
  'nagle-delack': () => import('./nagle-delack.ts'),
  'zero-window': () => import('./zero-window.ts'),
};
