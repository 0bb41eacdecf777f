import type { Load } from '../../story/scenario.ts';

export const timeWait: Readonly<Record<string, Load>> = {};
