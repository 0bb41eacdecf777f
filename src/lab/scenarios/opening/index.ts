import type { Load } from '../../story/scenario.ts';

export const opening: Readonly<Record<string, Load>> = {};
