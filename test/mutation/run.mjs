// How many small faults do the tests see? Puts one after the other into a copy of the tree, and runs the tests that
// import the file until one fails: those first that have seen most, and the quickest. `npm run mutation -- --help`.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { applied, diffOf, mutantsOf, sample } from './mutants.mjs';

const HELP = `Usage: npm run mutation -- [options]

Puts small faults (mutants) into a copy of the tree, one at a time: operators, constants, negated conditions, statements
and calls left out. A mutant that no test sees has survived: a test is missing, or the fault is none. Only tests in
virtual time and without a device are run.

  --rooms LIST    folders of src, with commas         (tcp,ip,wire,net,link,time,host)
  --at FILE:LINE  all mutants of that line, instead of a sample; FILE alone: a sample of that file
  -n COUNT        how many                            (40)
  --seed N        which ones                          (1)
  --slowest SEC   test files that take longer are left out, by their time in the run without a fault  (20)
  --json          the result as JSON on standard output
  --help

Each survivor is told with file, line and diff. A mutant that runs four times as long as its tests take without it hangs,
and counts as killed. Exit code: 0, whatever survives; 1 when no test passes without any fault; 2 for a wrong command line.

  npm run mutation -- --rooms tcp -n 60 --seed 7
  npm run mutation -- --at src/tcp/rtt.ts:40`;

const root = fileURLToPath(new URL('../..', import.meta.url));
const TESTS = /^test\/(?!kernel|cli|bench|mutation|support).*\.test\.ts$/;
/** These read the sources, or need what isn't copied: they say nothing about how a fault shows. */
const NOT_THESE = ['test/architecture.test.ts', 'test/readme.test.ts', 'test/link/native.test.ts'];

const flags = readFlags();
const copy = mkdtempSync(join(tmpdir(), 'mutation-'));
let child = null;
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    child?.kill('SIGKILL');
    process.exit(130);
  });
}
setPriority(10);

function readFlags() {
  const options = {
    rooms: { type: 'string', default: 'tcp,ip,wire,net,link,time,host' },
    at: { type: 'string' },
    count: { type: 'string', short: 'n', default: '40' },
    seed: { type: 'string', default: '1' },
    slowest: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  };
  try {
    const { values } = parseArgs({ options });
    if (values.help) {
      console.log(HELP);
      process.exit(0);
    }
    for (const name of ['count', 'seed', 'slowest']) {
      if (!/^\d+$/.test(values[name])) throw new Error(`--${name} takes a whole number`);
    }
    return values;
  } catch (error) {
    console.error(`${error.message}\n\n${HELP}`);
    process.exit(2);
  }
}

async function main() {
  for (const name of ['src', 'test', 'package.json', 'tsconfig.json']) {
    cpSync(join(root, name), join(copy, name), { recursive: true, filter: (file) => !file.includes('native/build') });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const chosen = choose();
  if (chosen.length === 0) {
    console.error('There is nothing to mutate there.');
    process.exit(2);
  }
  tell(`${chosen.length} mutants, seed ${flags.seed}. First the tests without any fault:`);
  const tests = await timed();
  const importers = importersOf(tests.map(({ file }) => file));
  const results = [];
  for (const [i, mutant] of chosen.entries()) {
    const related = tests.filter(({ file }) => importers.get(file).has(mutant.file));
    // Those first that have killed the most, and the quickest of them.
    related.sort((a, b) => b.kills - a.kills || a.seconds - b.seconds);
    const result = { ...mutant, ...(await fate(mutant, related)) };
    for (const test of related) if (test.file === result.by) test.kills++;
    results.push(result);
    const by = result.by === null ? '' : `  (${result.by}, ${result.seconds} s)`;
    tell(
      `${String(i + 1).padStart(4)}/${chosen.length}  ${result.fate.padEnd(8)}  ${placeOf(result)}  ${result.what}${by}`,
    );
    if (result.fate === 'survived') for (const line of result.diff) tell(`            ${line}`);
  }
  report(results);
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
  const all = files.flatMap((name) => mutantsOf(name, readFileSync(join(root, name), 'utf8')));
  if (line !== undefined) return all.filter((mutant) => mutant.line === Number(line));
  return sample(all, Number(flags.count), Number(flags.seed));
}

function sourcesIn(folder) {
  try {
    const names = readdirSync(join(root, folder), { recursive: true }).map(String);
    return names.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')).map((name) => join(folder, name));
  } catch {
    console.error(`There is no room ${folder}.`);
    process.exit(2);
  }
}

/** The test files with the time that each takes, quickest first. */
async function timed() {
  const names = readdirSync(join(root, 'test'), { recursive: true }).map((name) => join('test', String(name)));
  const files = names.filter((name) => TESTS.test(name) && !NOT_THESE.includes(name));
  const began = Date.now();
  const { results } = await vitest(files, 0, 30 * 60);
  const tests = (results?.testResults ?? []).map(({ name, startTime, endTime, status }) => ({
    file: relative(copy, name),
    seconds: (endTime - startTime) / 1000,
    passed: status === 'passed',
    kills: 0,
  }));
  const sound = tests.filter((test) => test.passed);
  for (const test of tests) if (!test.passed) tell(`${test.file} fails without any fault: it is left out`);
  if (sound.length === 0) {
    console.error('The tests do not run.');
    process.exit(1);
  }
  const kept = sound.filter((test) => test.seconds <= Number(flags.slowest)).sort((a, b) => a.seconds - b.seconds);
  const slow = sound.length - kept.length;
  const seconds = Math.round((Date.now() - began) / 1000);
  tell(`${kept.length} test files in ${seconds} s${slow > 0 ? `, ${slow} slow ones left out` : ''}`);
  return kept;
}

/** Runs the tests with the fault in. */
async function fate(mutant, tests) {
  const path = join(copy, mutant.file);
  const source = readFileSync(path, 'utf8');
  const diff = diffOf(mutant, source);
  const began = Date.now();
  const usual = tests.reduce((sum, test) => sum + test.seconds, 0);
  writeFileSync(path, applied(mutant, source));
  try {
    const { status, results } = await vitest(
      tests.map(({ file }) => file),
      1,
      20 + 4 * usual,
    );
    const failed = results?.testResults.find((test) => test.status === 'failed');
    const seconds = Math.round((Date.now() - began) / 100) / 10;
    if (status === 'hangs') return { fate: 'killed', by: 'it hangs', seconds, diff };
    if (status !== 0) return { fate: 'killed', by: failed ? relative(copy, failed.name) : 'it breaks', seconds, diff };
    return { fate: 'survived', by: null, seconds, diff };
  } finally {
    writeFileSync(path, source);
  }
}

/** @returns exit status, or 'hangs', and vitest's report */
function vitest(files, bail, limit) {
  const output = join(copy, 'results.json');
  rmSync(output, { force: true });
  const binary = join(root, 'node_modules/vitest/vitest.mjs');
  const args = ['run', '--config', 'test/mutation/vitest.config.ts', '--reporter=json', `--outputFile=${output}`];
  const env = { ...process.env, MUTATION_TESTS: JSON.stringify(files), MUTATION_BAIL: String(bail) };
  child = spawn(process.execPath, [binary, ...args], { cwd: copy, env, stdio: 'ignore' });
  return new Promise((settle) => {
    let hangs = false;
    const timer = setTimeout(() => {
      hangs = true;
      child.kill('SIGKILL');
    }, limit * 1000);
    child.once('close', (code) => {
      clearTimeout(timer);
      let results = null;
      try {
        results = JSON.parse(readFileSync(output, 'utf8'));
      } catch {
        // It ended before it could report.
      }
      settle({ status: hangs ? 'hangs' : code, results });
    });
  });
}

/** For each test file, what it imports, directly or not. Packet scripts are read by a test that imports the whole host. */
function importersOf(tests) {
  const known = new Map();
  const importsOf = (file) => {
    if (!known.has(file)) {
      const source = readFileSync(join(root, file), 'utf8');
      const found = [...source.matchAll(/from '(\.[^']+\.ts)'|import\('(\.[^']+\.ts)'\)/g)];
      known.set(
        file,
        found.map((match) => join(dirname(file), match[1] ?? match[2])),
      );
    }
    return known.get(file);
  };
  const reached = (file) => {
    const seen = new Set();
    const waiting = [file];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const imported of importsOf(next)) {
        if (!seen.has(imported)) waiting.push(imported);
        seen.add(imported);
      }
    }
    return seen;
  };
  return new Map(tests.map((file) => [file, reached(file)]));
}

function report(results) {
  const killed = results.filter((result) => result.fate === 'killed').length;
  const share = Math.round((100 * killed) / results.length);
  const survivors = results.filter((result) => result.fate === 'survived');
  tell(`\n${killed} of ${results.length} killed (${share} percent), ${survivors.length} survived`);
  for (const survivor of survivors) tell(`  ${placeOf(survivor)}  ${survivor.what}`);
  if (flags.json)
    console.log(JSON.stringify({ seed: Number(flags.seed), killed, count: results.length, results }, null, 2));
}

await main();
