import type { Load } from '../../story/scenario.ts';

export const data: Readonly<Record<string, Load>> = {
  'nagle-delack': () => import('./nagle-delack.ts'),
  'zero-window': () => import('./zero-window.ts'),
  'sliding-window': () => import('./sliding-window.ts'),
  'silly-window': () => import('./silly-window.ts'),
  'window-scaling': () => import('./window-scaling.ts'),
  'sticky-packets': () => import('./sticky-packets.ts'),
  'mss-mtu': () => import('./mss-mtu.ts'),
  'is-it-lost': () => import('./is-it-lost.ts'),
};
