/** The driver's clock: monotonic, in whole microseconds, as the core wants it. */
export const microseconds = (): number => Math.floor(performance.now() * 1000);
