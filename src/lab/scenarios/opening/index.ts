import type { Load } from '../../story/scenario.ts';

export const opening: Readonly<Record<string, Load>> = {
  handshake: () => import('./handshake.ts'),
  'handshake-lost': () => import('./handshake-lost.ts'),
  'two-way-handshake': () => import('./two-way-handshake.ts'),
  'syn-rcvd': () => import('./syn-rcvd.ts'),
  'open-both': () => import('./open-both.ts'),
  'data-in-handshake': () => import('./data-in-handshake.ts'),
  'fast-open': () => import('./fast-open.ts'),
  refused: () => import('./refused.ts'),
  isn: () => import('./isn.ts'),
  options: () => import('./options.ts'),
};
