import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The test files in their order: test/mutation/run.mjs says which. */
const files = JSON.parse(process.env.MUTATION_TESTS ?? '[]') as string[];

class InOrder extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => files.findIndex((file) => moduleId.endsWith(file));
    return [...specifications].sort((a, b) => rank(a) - rank(b));
  }
}

/** One worker takes one file after the other, with what it has loaded, and stops at the first test that fails. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: files,
    bail: Number(process.env.MUTATION_BAIL ?? 1),
    isolate: false,
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 120_000,
    sequence: { sequencer: InOrder },
  },
});
