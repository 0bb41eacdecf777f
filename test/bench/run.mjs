// npm run bench: this stack beside its ceilings and peers, all in one run, and the ratios between them.
//
//   npm run bench                          all workloads
//   npm run bench -- -n 1 -s 2 -w "W1 W2"  rounds, seconds, workloads
//   npm run bench -- -w W1 --no-offload    also our stack without offload (`tcpglass-plain`)
//
// The load generator and the references are no part of this repository: they are looked for in ../shared/bench beside
// the checkout, or where TCPGLASS_BENCH points to (the folder with `run` in it). What it printed, and the medians, go to
// test/bench/last-run.json.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const main = join(root, 'dist', 'cli', 'main.js');
const folder = resolve(process.env.TCPGLASS_BENCH ?? join(root, '..', 'shared', 'bench'));

function giveUp(reason) {
  console.error(`Cannot run the bench: ${reason}`);
  process.exit(1);
}

const isThere = (tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;

if (!existsSync(join(folder, 'run'))) {
  giveUp(
    `there is no ${join(folder, 'run')}. Point TCPGLASS_BENCH to the folder that has it. What the link alone allows ` +
      'can be measured without: node test/bench/device.mjs',
  );
}
if (!existsSync(main)) giveUp('nothing is built yet: npm run build');
if (process.getuid?.() !== 0) giveUp('it makes network namespaces: run it as root');
const missing = ['ip', 'cc', 'python3', 'wrk'].filter((tool) => !isThere(tool));
if (missing.length > 0) giveUp(`not installed: ${missing.join(', ')} (apt-get install iproute2 gcc python3 wrk)`);

const stack = `tcpglass=${process.execPath} ${main} up --quiet --device tun0 --address 10.9.0.2`;
const plain = `tcpglass-plain=${stack.slice(stack.indexOf('=') + 1)} --no-offload`;
const given = process.argv.slice(2);
const args = given.filter((arg) => arg !== '--no-offload');
args.push(stack, ...(given.includes('--no-offload') ? [plain] : []));
const began = new Date().toISOString();
const child = spawn(join(folder, 'run'), args, { stdio: ['ignore', 'pipe', 'inherit'] });
let table = '';
child.stdout.on('data', (text) => {
  table += text;
  process.stdout.write(text);
});
child.on('error', (error) => giveUp(error.message));
child.on('close', (code) => {
  const report = { began, node: process.version, cpus: cpus().length, arguments: args, medians: medians(table), table };
  writeFileSync(join(here, 'last-run.json'), `${JSON.stringify(report, null, 2)}\n`);
  console.log('Written to test/bench/last-run.json');
  const failed = Object.values(report.medians).some(({ tcpglass }) => typeof tcpglass !== 'number');
  process.exit(code === 0 && !failed && Object.keys(report.medians).length > 0 ? 0 : 1);
});

/** { W1: { unit, tcpglass, 'ceiling-offload', ... }, ... } from the table; null where a run failed. */
function medians(text) {
  const [head = '', ...rows] = text.trim().split('\n');
  const names = head
    .replace(/ratios of .*/, '')
    .trim()
    .split(/\s+/)
    .slice(2);
  const result = {};
  for (const row of rows) {
    const [workload, unit, ...values] = row.trim().split(/\s+/);
    const of = (name) => (values[names.indexOf(name)] === 'FAILED' ? null : Number(values[names.indexOf(name)]));
    result[workload] = { unit, ...Object.fromEntries(names.map((name) => [name, of(name)])) };
  }
  return result;
}
