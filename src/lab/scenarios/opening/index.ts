import type { Load } from '../../story/scenario.ts';

export const opening: Readonly<Record<string, Load>> = {
  handshake: () => import('./handshake.ts'),
  'handshake-lost': () => import('./handshake-lost.ts'),
};
