import { performance } from 'node:perf_hooks';

/** The driver's clock: monotonic, in whole microseconds, as the core wants it. (The global `performance` is a getter, and slow.) */
export const microseconds = (): number => Math.floor(performance.now() * 1000);
