import { availableParallelism } from 'node:os';
import { defineConfig, type Plugin } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** One test sleeps for a minute. It begins first, and sleeps while the others work. */
class SleeperFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sleeps = (file: TestSpecification): boolean => file.moduleId.endsWith('kernel/tcp/idle.test.ts');
    const sorted = await super.sort(files);
    return [...sorted.filter(sleeps), ...sorted.filter((file) => !sleeps(file))];
  }
}

/**
 * Vite keeps what a module exports in an object without a prototype, each export as a getter. V8 holds such an object as a hash
 * table, so every use of an import is a look-up that isn't inlined: the stack is three times slower so (measured). An object that
 * is a prototype is laid out like one of a class. This makes each module's exports one when the module has been evaluated.
 */
const fastImports: Plugin = {
  name: 'fast-imports',
  enforce: 'post',
  transform: (code, id) =>
    id.endsWith('.ts') ? { code: `${code}\n;Object.create(__vite_ssr_exports__);`, map: null } : null,
};

export default defineConfig({
  plugins: [fastImports],
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
