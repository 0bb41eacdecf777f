import type { Load } from '../../story/scenario.ts';

export const node: Readonly<Record<string, Load>> = {};
