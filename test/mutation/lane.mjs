// One of the processes between which run.mjs shares the work: a vitest that stays, so that what has been read and stripped
// of its types isn't again. `node lane.mjs DIRECTORY`, a copy of the tree; jobs and answers are messages.
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { BaseSequencer, createVitest } from 'vitest/node';

const copy = process.argv[2];
const reachedFile = join(copy, 'reached.txt');

/** The files of this run, in their order. */
let files = [];

class InOrder extends BaseSequencer {
  async sort(specifications) {
    const rank = ({ moduleId }) => files.indexOf(relative(copy, moduleId));
    return [...specifications].sort((a, b) => rank(a) - rank(b));
  }
}

/** What came of each file of this run. */
let results = [];

/** run.mjs ends a lane in which nothing goes on. */
const reporter = {
  onTestCaseResult: () => process.send({ progress: true }),
  onTestModuleEnd: (testModule) => {
    const failed = [...testModule.children.allTests('failed')];
    const errors = [...testModule.errors(), ...failed.flatMap((test) => test.result().errors ?? [])];
    results.push({
      file: relative(copy, testModule.moduleId),
      state: testModule.state(),
      seconds: testModule.diagnostic().duration / 1000,
      errors: errors.map(({ message }) => String(message).split('\n')[0]),
    });
    process.send({ progress: true });
  },
};

/** One worker takes one file after the other, with the modules that it has loaded, and stops at the first test that fails. */
const vitest = await createVitest(
  'test',
  {
    root: copy,
    config: false,
    watch: false,
    include: ['test/**/*.test.ts'],
    setupFiles: ['seed.ts', 'left-over.ts', '../mutation/reached.ts'].map((file) => join(copy, 'test/support', file)),
    isolate: false,
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    sequence: { sequencer: InOrder },
    reporters: [reporter],
    env: { MUTATION_REACHED: reachedFile },
  },
  { cacheDir: join(copy, 'cache'), logLevel: 'silent' },
);
const project = vitest.getRootProject();

async function run(batch, bail) {
  results = [];
  files = batch;
  vitest.config.bail = bail;
  await vitest.runTestSpecifications(batch.map((file) => project.createSpecification(join(copy, file))));
}

function change(sources) {
  for (const [file, text] of Object.entries(sources)) {
    writeFileSync(join(copy, file), text);
    vitest.invalidateFile(join(copy, file));
  }
}

/** Which probes (mutants.mjs) each file came by. */
function reached() {
  const lines = readFileSync(reachedFile, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line)).map(({ file, probes }) => ({ file: relative(copy, file), probes }));
}

process.on('message', async ({ sources, tests, bail }) => {
  const originals = Object.fromEntries(
    Object.keys(sources).map((file) => [file, readFileSync(join(copy, file), 'utf8')]),
  );
  rmSync(reachedFile, { force: true });
  appendFileSync(reachedFile, '');
  change(sources);
  if (tests.length > 0) await run(tests, bail);
  change(originals);
  process.send({ results, reached: reached() });
});
process.on('disconnect', () => process.exit());
process.send({ ready: true });
