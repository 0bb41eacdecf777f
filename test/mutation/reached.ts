import { appendFileSync } from 'node:fs';
import { afterAll, expect } from 'vitest';

// Runs before each test file: which probes (mutants.mjs) does it come by?
const world = globalThis as { reached?: Set<number> };
const probes = new Set<number>();
world.reached = probes;

afterAll(() => {
  const { MUTATION_REACHED } = process.env;
  if (MUTATION_REACHED === undefined || probes.size === 0) return;
  const line = JSON.stringify({ file: expect.getState().testPath, probes: [...probes] });
  appendFileSync(MUTATION_REACHED, `${line}\n`);
});
