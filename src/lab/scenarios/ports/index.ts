import type { Load } from '../../story/scenario.ts';

export const ports: Readonly<Record<string, Load>> = {};
