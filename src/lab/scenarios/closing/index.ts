import type { Load } from '../../story/scenario.ts';

export const closing: Readonly<Record<string, Load>> = {
  close: () => import('./close.ts'),
};
