import type { Load } from '../../story/scenario.ts';

export const timeWait: Readonly<Record<string, Load>> = {
  'no-time-wait': () => import('./no-time-wait.ts'),
  'old-duplicate': () => import('./old-duplicate.ts'),
  'short-connections': () => import('./short-connections.ts'),
  reuse: () => import('./reuse.ts'),
  'tw-recycle-nat': () => import('./tw-recycle-nat.ts'),
};
