import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** One test sleeps for a minute. It begins first, and sleeps while the others work. */
class SleeperFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sleeps = (file: TestSpecification): boolean => file.moduleId.endsWith('kernel/tcp/idle.test.ts');
    const sorted = await super.sort(files);
    return [...sorted.filter(sleeps), ...sorted.filter((file) => !sleeps(file))];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['./test/support/seed.ts', './test/support/left-over.ts'],
    // A hang ends by these, and no slow machine: what a test expects of time it says itself.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Behind vitest's own: the table of RFC 9293's requirements with the tests that prove each; what is missing here.
    reporters: ['default', './test/conformance/reporter.ts', './test/kernel/skipped-reporter.ts'],
    // A worker keeps the modules that it has loaded: no test changes one. The tests that begin processes mostly wait for
    // them, so there is one worker more than there are processors.
    isolate: false,
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: SleeperFirst },
  },
});
