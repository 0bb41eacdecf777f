// npm run bench: this stack beside its ceilings and peers, all in one run, and the ratios between them.
//
//   npm run bench                          all workloads
//   npm run bench -- -n 1 -s 2 -w "W1 W2"  rounds, seconds, workloads
//   npm run bench -- -w W1 --no-offload    also our stack without offload (`tcpglass-plain`)
//
// The load generator and the references are no part of this repository: they are looked for in ../shared/bench beside
// the checkout, or where TCPGLASS_BENCH points to (the folder with `run` in it). What it printed, and the medians, go to
// test/bench/last-run.json.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { giveUp, here, program, stack } from './rig.mjs';

const run = program('run', ['ip', 'cc', 'python3', 'wrk']);
const given = process.argv.slice(2);
const args = given.filter((arg) => arg !== '--no-offload');
args.push(`tcpglass=${stack()}`);
if (given.includes('--no-offload')) args.push(`tcpglass-plain=${stack('--no-offload')}`);
const began = new Date().toISOString();
const child = spawn(run, args, { stdio: ['ignore', 'pipe', 'inherit'] });
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
