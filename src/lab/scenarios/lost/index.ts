import type { Load } from '../../story/scenario.ts';

export const lost: Readonly<Record<string, Load>> = {
  'close-lost': () => import('./close-lost.ts'),
  'fin-wait-1': () => import('./fin-wait-1.ts'),
  'process-crash': () => import('./process-crash.ts'),
  'power-cut': () => import('./power-cut.ts'),
  'half-open': () => import('./half-open.ts'),
  'cable-out': () => import('./cable-out.ts'),
};
