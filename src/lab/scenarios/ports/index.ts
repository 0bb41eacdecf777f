import type { Load } from '../../story/scenario.ts';

export const ports: Readonly<Record<string, Load>> = {
  ports: () => import('./ports.ts'),
  'address-in-use': () => import('./address-in-use.ts'),
  'one-port-many': () => import('./one-port-many.ts'),
};
