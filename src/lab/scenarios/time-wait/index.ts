import type { Load } from '../../story/scenario.ts';

export const timeWait: Readonly<Record<string, Load>> = {
  'no-time-wait': () => import('./no-time-wait.ts'),
  'old-duplicate': () => import('./old-duplicate.ts'),
  'short-connections': () => import('./short-connections.ts'),
  reuse: () => import('./reuse.ts'),
  'tw-recycle-nat': () => import('./tw-recycle-nat.ts'),
  'fin-timeout-myth': () => import('./fin-timeout-myth.ts'),
  'who-closes': () => import('./who-closes.ts'),
  'max-tw-buckets': () => import('./max-tw-buckets.ts'),
  'rst-in-time-wait': () => import('./rst-in-time-wait.ts'),
  'syn-in-time-wait': () => import('./syn-in-time-wait.ts'),
};
