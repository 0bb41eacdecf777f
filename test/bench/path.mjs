// npm run bench:path: downloads from this stack and from the kernel's TCP through the same bad path, each algorithm beside the
// kernel's of that name: goodput, what is sent again, and how long short flows take.
//
//   npm run bench:path -- -c 'rtt20-*' -w down --seeds 1 -s 4     which cells and loads, rounds, seconds
//   npm run bench:path -- --algorithms reno,bbr -j 2              some algorithms only; two measurements at once
//   npm run bench:path -- --list                                  the cells
//
// The path's emulator and the load generator are no part of this repository (rig.mjs says where they are looked for); all
// other arguments are theirs, and `path/run --help` has them. 1.00: as the kernel's.
//
//   npm run bench:path -- -o results.jsonl ...                    keeps what was measured, behind what is in the file already
//   npm run bench:path -- --table results.jsonl                   its table again
//
// The kernel has our send buffers (tcp_wmem): with its own 4 MiB, of which two thirds are data, it has 2000 segments out at most, and
// no window of reno or bbr comes to the end of a queue at 100 ms.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtInAlgorithms } from '../../dist/tcp/congestion/choice.js';
import { tcpSysctls } from '../../dist/tcp/terms/sysctls.js';
import { giveUp, program, stack } from './rig.mjs';

const run = program('path/run', ['ip', 'cc', 'python3']);
const args = process.argv.slice(2);
if (args.includes('--list') || args.includes('--help')) {
  process.exit(spawnSync(run, args, { stdio: 'inherit' }).status ?? 1);
}
/** An option with a value, which it takes out of the arguments. */
function option(name) {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args.splice(at, 2)[1];
}
const table = option('--table');
const kept = table ?? option('-o');
const wanted = option('--algorithms');
const algorithms = wanted?.split(',') ?? [...builtInAlgorithms().keys()];
const unknown = algorithms.filter((name) => !builtInAlgorithms().has(name));
if (unknown.length > 0) giveUp(`there is no algorithm ${unknown.join(', ')} here`);

const scratch = mkdtempSync(join(tmpdir(), 'tcpglass-path-'));
const results = kept ?? join(scratch, 'results.jsonl');
if (table === undefined) measure();
const lines = readFileSync(results, 'utf8').trim().split('\n');
rmSync(scratch, { recursive: true });

function measure() {
  const servers = algorithms.map((name) => {
    const more = ['--sysctl', `tcp_congestion_control=${name}`, '--services', 'echo,discard,chargen,http'];
    return `ours-${name}=${stack(...more)}`;
  });
  const buffers = `net.ipv4.tcp_wmem='${tcpSysctls.tcp_wmem.default.join(' ')}'`;
  const words = [...args, '--sysctl', buffers, '-k', algorithms.join(','), '-o', results, ...servers];
  const { status } = spawnSync(run, words, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) giveUp(`${run} ended with ${status}`);
}

const sorted = (values) => values.toSorted((a, b) => a - b);
/** What a share of the values doesn't exceed. */
const quantile = (values, share) => sorted(values)[Math.ceil(values.length * share) - 1];
const median = (values) => quantile(values, 0.5);
const percent = (part, whole) => ((100 * part) / Math.max(whole, 1)).toFixed(2);

/** All rounds of one cell, load and server. */
const measured = new Map();
for (const row of lines.map((line) => JSON.parse(line))) {
  if (!measured.has(keyOf(row))) measured.set(keyOf(row), []);
  measured.get(keyOf(row)).push(row);
}

function keyOf({ cell, workload, name }) {
  return [cell, workload, name].join(' ');
}

/** What a load tells, each with its unit: the higher speed is better, the lower time. */
function values(workload, rounds) {
  if (!workload.startsWith('get')) return [['Mbit/s', median(rounds.map(({ load }) => load.mbit))]];
  const times = rounds.flatMap(({ load }) => load.ms);
  return [
    ['ms, p50', median(times)],
    ['ms, p95', quantile(times, 0.95)],
  ];
}

/** What left a second time, and needlessly: shares of the payload. The data's way back is `ba`, but for uploads. */
function shares(workload, rounds) {
  const sums = { payload: 0, retransmitted: 0, spurious: 0 };
  for (const { path } of rounds) {
    for (const name of Object.keys(sums)) sums[name] += path[workload === 'up' ? 'ab' : 'ba'][name];
  }
  return [percent(sums.retransmitted, sums.payload), percent(sums.spurious, sums.payload)];
}

const rows = [
  ['cell', 'load', 'algorithm', 'ours', 'kernel', '', 'ratio', 'again %', 'kernel', 'needless %', 'kernel'],
];
/** Ratios of what was measured, by load and algorithm, of all cells. */
const ratios = new Map();
for (const ours of measured.values()) {
  const [{ cell, workload, name }] = ours;
  const kernel = measured.get(keyOf({ cell, workload, name: name.replace('ours-', 'kernel-') }));
  if (!name.startsWith('ours-') || kernel === undefined) continue;
  const [again, needless] = shares(workload, ours);
  const [againKernel, needlessKernel] = shares(workload, kernel);
  const theirs = values(workload, kernel);
  for (const [i, [unit, value]] of values(workload, ours).entries()) {
    const kind = `${workload} (${unit}) ${name.slice('ours-'.length)}`;
    if (!ratios.has(kind)) ratios.set(kind, []);
    ratios.get(kind).push(value / theirs[i][1]);
    const numbers = [value.toFixed(1), theirs[i][1].toFixed(1), unit, (value / theirs[i][1]).toFixed(2)];
    rows.push([cell, workload, name.slice('ours-'.length), ...numbers, again, againKernel, needless, needlessKernel]);
  }
}
const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
for (const row of rows)
  console.log(row.map((cell, i) => (i < 3 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '));
console.log('\nGeometric means of the ratios');
for (const [kind, all] of ratios) {
  const mean = Math.exp(all.reduce((sum, ratio) => sum + Math.log(ratio), 0) / all.length);
  console.log(
    `${kind}: ${mean.toFixed(2)} (least ${Math.min(...all).toFixed(2)}, most ${Math.max(...all).toFixed(2)})`,
  );
}
