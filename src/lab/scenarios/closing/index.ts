import type { Load } from '../../story/scenario.ts';

export const closing: Readonly<Record<string, Load>> = {
  close: () => import('./close.ts'),
  'why-four': () => import('./why-four.ts'),
  'close-three': () => import('./close-three.ts'),
  'half-close': () => import('./half-close.ts'),
  'close-wait-leak': () => import('./close-wait-leak.ts'),
  'close-both': () => import('./close-both.ts'),
  'linger-0': () => import('./linger-0.ts'),
  'unread-data': () => import('./unread-data.ts'),
  'fin-out-of-order': () => import('./fin-out-of-order.ts'),
  'fin-wait-2': () => import('./fin-wait-2.ts'),
  'write-after-close': () => import('./write-after-close.ts'),
};
