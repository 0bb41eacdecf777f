import type { Load } from '../../story/scenario.ts';

export const closing: Readonly<Record<string, Load>> = {
  close: () => import('./close.ts'),
  'why-four': () => import('./why-four.ts'),
  'close-three': () => import('./close-three.ts'),
  'half-close': () => import('./half-close.ts'),
  'close-wait-leak': () => import('./close-wait-leak.ts'),
};
