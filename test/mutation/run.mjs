// How many small faults do the tests see? Puts one after the other into a copy of the tree, and runs the tests that
// come by its statement until one fails: those first that have seen most, and the quickest. `npm run mutation -- --help`.
import { fork } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { applied, diffOf, mutantsOf, probed, sample } from './mutants.mjs';

const HELP = `Usage: npm run mutation -- [options]

Puts small faults (mutants) into a copy of the tree, one at a time: operators, constants, negated conditions, statements
and calls left out. A mutant that no test sees has survived: a test is missing, or the fault is none. Only tests in
virtual time and without a device are run.

  --rooms LIST    folders of src, with commas         (tcp,ip,wire,net,link,time,host)
  --at FILE:LINE  all mutants of that line, instead of a sample; FILE alone: a sample of that file
  -n COUNT        how many                            (40)
  --seed N        which ones                          (1)
  --lanes N       how many at a time                  (2)
  --slowest SEC   test files that take longer are left out, by their time in the run without a fault  (60)
  --json          the result as JSON on standard output
  --help

Each survivor is told with file, line and diff. A mutant with which no test ends for a minute, and for three times as long as
the slowest of its test files takes without it, hangs, and counts as killed; how many did is told. Exit code: 0, whatever
survives; 1 when no test passes without any fault; 2 for a wrong command line.

  npm run mutation -- --rooms tcp -n 60 --seed 7
  npm run mutation -- --at src/tcp/variables/rtt.ts:40`;

const root = fileURLToPath(new URL('../..', import.meta.url));
const TESTS = /^test\/(?!kernel|cli|bench|mutation|support).*\.test\.ts$/;
/** These read the sources, or need what isn't copied: they say nothing about how a fault shows. */
const NOT_THESE = ['architecture', 'readme', 'tcp/states', 'link/native', 'net/driver/process-hold'].map(
  (name) => `test/${name}.test.ts`,
);

const flags = readFlags();
const scratch = mkdtempSync(join(tmpdir(), 'mutation-'));
/** The tree as it is now: who works on it meanwhile changes nothing here. */
const tree = join(scratch, 'tree');
const lanes = [];
process.on('exit', () => {
  for (const lane of lanes) lane.end();
  rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
setPriority(10);

function readFlags() {
  const options = {
    rooms: { type: 'string', default: 'tcp,ip,wire,net,link,time,host' },
    at: { type: 'string' },
    count: { type: 'string', short: 'n', default: '40' },
    seed: { type: 'string', default: '1' },
    lanes: { type: 'string', default: '2' },
    slowest: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  };
  try {
    const { values } = parseArgs({ options });
    if (values.help) {
      console.log(HELP);
      process.exit(0);
    }
    for (const name of ['count', 'seed', 'slowest', 'lanes']) {
      if (!/^\d+$/.test(values[name])) throw new Error(`--${name} takes a whole number`);
    }
    return values;
  } catch (error) {
    console.error(`${error.message}\n\n${HELP}`);
    process.exit(2);
  }
}

/** A copy of the tree, and a process (lane.mjs) that runs tests in it; another one takes its place when it hangs. */
class Lane {
  constructor(name) {
    this.copy = join(scratch, name);
    cpSync(tree, this.copy, { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.copy, 'node_modules'));
    this.begin();
  }

  begin() {
    // A group of its own: a worker of vitest's that runs in a circle hears nothing else.
    this.child = fork(join(root, 'test/mutation/lane.mjs'), [this.copy], {
      cwd: this.copy,
      detached: true,
      silent: true,
    });
    this.ready = new Promise((settle, fail) => {
      this.child.once('message', settle);
      this.child.once('exit', () => fail(new Error('vitest does not start')));
    });
    this.ready.catch(() => {});
  }

  end() {
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }

  /**
   * @param sources the texts that files have meanwhile
   * @param patience seconds without a test's end
   * @returns results for each file, and the probes that each came by; null when nothing went on
   */
  async run(tests, sources, bail, patience) {
    await this.ready;
    const { child } = this;
    const answer = await new Promise((settle) => {
      let timer;
      const wait = () => {
        clearTimeout(timer);
        timer = setTimeout(done, patience * 1000, null);
      };
      const done = (message) => {
        clearTimeout(timer);
        child.removeAllListeners();
        settle(message);
      };
      child.on('message', (message) => (message.progress ? wait() : done(message)));
      child.once('exit', () => done(null));
      child.send({ sources, tests, bail });
      wait();
    });
    if (answer !== null) return answer;
    this.end();
    for (const file of Object.keys(sources)) cpSync(join(tree, file), join(this.copy, file));
    this.begin();
    return null;
  }
}

async function main() {
  for (const part of ['src', 'test', 'package.json', 'tsconfig.json']) {
    cpSync(join(root, part), join(tree, part), { recursive: true, filter: (file) => !file.includes('native/build') });
  }
  const chosen = choose().map((mutant, number) => ({ ...mutant, number }));
  if (chosen.length === 0) {
    console.error('There is nothing to mutate there.');
    process.exit(2);
  }
  for (let i = 0; i < Math.max(1, Number(flags.lanes)); i++) lanes.push(new Lane(`lane${i}`));
  tell(`${chosen.length} mutants, seed ${flags.seed}. First the tests without any fault:`);
  const tests = await withoutFault(chosen);
  const results = [];
  await share(chosen, async (lane, mutant) => {
    const related = tests.filter((test) => test.sees(mutant));
    // Those first that have killed the most, and the quickest of them.
    related.sort((a, b) => b.kills - a.kills || a.seconds - b.seconds);
    const result = { ...mutant, ...(await fate(lane, mutant, related)) };
    for (const test of related) if (test.file === result.by) test.kills++;
    results.push(result);
    const by = result.by === null ? `  (${related.length} test files` : `  (${result.by}`;
    const count = `${String(results.length).padStart(4)}/${chosen.length}`;
    tell(`${count}  ${result.fate.padEnd(8)}  ${placeOf(result)}  ${result.what}${by}, ${result.seconds} s)`);
    if (result.fate === 'survived') for (const line of result.diff) tell(`            ${line}`);
  });
  report(results.sort((a, b) => a.number - b.number));
  process.exit(0);
}

/** Each lane takes the next when it is done with one. */
async function share(jobs, work) {
  const waiting = [...jobs];
  const take = async (lane) => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) await work(lane, job);
  };
  await Promise.all(lanes.map(take));
}

function placeOf({ file, line }) {
  return `${file}:${line}`;
}

/** What a person reads, beside the JSON. */
function tell(line) {
  if (flags.json) console.error(line);
  else console.log(line);
}

function choose() {
  const [file, line] = (flags.at ?? '').split(':');
  const folders = flags.rooms.split(',').map((room) => `src/${room}`);
  const files = flags.at === undefined ? folders.flatMap(sourcesIn) : [relative(root, resolve(file))];
  const all = files.flatMap((name) => mutantsOf(name, readFileSync(join(tree, name), 'utf8')));
  if (line !== undefined) return all.filter((mutant) => mutant.line === Number(line));
  return sample(all, Number(flags.count), Number(flags.seed));
}

function sourcesIn(folder) {
  try {
    const names = readdirSync(join(tree, folder), { recursive: true }).map(String);
    return names.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')).map((name) => join(folder, name));
  } catch {
    console.error(`There is no room ${folder}.`);
    process.exit(2);
  }
}

/** The test files, with the time that each takes and which of the mutants it may see. */
async function withoutFault(chosen) {
  const names = readdirSync(join(tree, 'test'), { recursive: true }).map((name) => join('test', String(name)));
  const files = names.filter((name) => TESTS.test(name) && !NOT_THESE.includes(name));
  const sources = {};
  for (const file of new Set(chosen.map((mutant) => mutant.file))) {
    const mutants = chosen.filter((mutant) => mutant.file === file);
    sources[file] = probed(mutants, readFileSync(join(tree, file), 'utf8'));
  }
  const began = Date.now();
  const parts = lanes.map((_, i) => files.filter((_, j) => j % lanes.length === i));
  const answers = await Promise.all(lanes.map((lane, i) => lane.run(parts[i], sources, 0, 300)));
  const results = answers.flatMap((answer) => answer?.results ?? []);
  const reached = answers.flatMap((answer) => answer?.reached ?? []);
  const kept = [];
  const slow = [];
  for (const file of files) {
    const result = results.find((one) => one.file === file);
    if (result?.state !== 'passed') tell(`${file} fails without any fault: it is left out (${result?.errors[0]})`);
    else if (result.seconds > Number(flags.slowest)) slow.push(`${file} (${result.seconds} s)`);
    else kept.push({ file, seconds: result.seconds, kills: 0, sees: eyesOf(file, reached) });
  }
  if (kept.length === 0) {
    console.error('The tests do not run.');
    process.exit(1);
  }
  const seconds = Math.round((Date.now() - began) / 1000);
  tell(
    `${kept.length} test files in ${seconds} s${slow.length > 0 ? `; left out, for they are slow: ${slow.join(', ')}` : ''}`,
  );
  return kept;
}

/** A test may see a mutant when it comes by its statement; what is outside of functions, when it imports the file. */
function eyesOf(file, reached) {
  const probes = new Set(reached.filter((one) => one.file === file).flatMap((one) => one.probes));
  const imports = importsOf(file);
  return (mutant) => (mutant.within === null ? imports.has(mutant.file) : probes.has(mutant.number));
}

/** Runs the tests with the fault in. */
async function fate(lane, mutant, tests) {
  const source = readFileSync(join(tree, mutant.file), 'utf8');
  const diff = diffOf(mutant, source);
  const began = Date.now();
  const patience = 60 + 3 * Math.max(0, ...tests.map(({ seconds }) => seconds));
  const files = tests.map(({ file }) => file);
  const answer =
    files.length === 0
      ? { results: [] }
      : await lane.run(files, { [mutant.file]: applied(mutant, source) }, 1, patience);
  const seconds = Math.round((Date.now() - began) / 100) / 10;
  if (answer === null) return { fate: 'killed', by: 'it hangs', late: true, seconds, diff };
  const failed = answer.results.find(({ state }) => state === 'failed');
  if (failed === undefined) return { fate: 'survived', by: null, late: false, seconds, diff };
  const late = failed.errors.length > 0 && failed.errors.every((message) => /timed out/i.test(message));
  return { fate: 'killed', by: failed.file, late, seconds, diff };
}

/** What a test file imports, directly or not. Packet scripts are read by a test that imports the whole host. */
function importsOf(test) {
  const seen = new Set();
  const waiting = [test];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    for (const imported of directImportsOf(file)) {
      if (!seen.has(imported)) waiting.push(imported);
      seen.add(imported);
    }
  }
  return seen;
}

const directImports = new Map();
function directImportsOf(file) {
  if (!directImports.has(file)) {
    const source = readFileSync(join(tree, file), 'utf8');
    const found = [...source.matchAll(/from '(\.[^']+\.ts)'|import\('(\.[^']+\.ts)'\)/g)];
    directImports.set(
      file,
      found.map((match) => join(dirname(file), match[1] ?? match[2])),
    );
  }
  return directImports.get(file);
}

function report(results) {
  const killed = results.filter((result) => result.fate === 'killed');
  const late = killed.filter((result) => result.late).length;
  const share = Math.round((100 * killed.length) / results.length);
  const survivors = results.filter((result) => result.fate === 'survived');
  tell(
    `\n${killed.length} of ${results.length} killed (${share} percent; ${late} by a time-out), ${survivors.length} survived`,
  );
  for (const survivor of survivors) tell(`  ${placeOf(survivor)}  ${survivor.what}`);
  if (flags.json) {
    const counts = { seed: Number(flags.seed), killed: killed.length, late, count: results.length };
    console.log(JSON.stringify({ ...counts, results }, null, 2));
  }
}

await main();
