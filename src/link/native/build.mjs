// Builds the TUN addon. npm runs this as the package's install script, with the package root as working directory.
//
// Without Linux, a compiler or Python it says in one line what is missing and exits 0: the core, the drill and the
// in-memory cable need no device, so they install anyway. A compile that fails (a compiler that is broken, headers that
// can't be fetched) exits 1 in a checkout and in `npm rebuild`; it doesn't keep a project from installing that has this
// package as a dependency, and may never open a device.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

const onPath = (program) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)));

/** npm names its own node-gyp to the scripts it runs; outside of npm, it is looked for next to npm, then next to node. */
function findNodeGyp() {
  const node = realpathSync(process.execPath);
  const besideNpm = process.env.npm_execpath ? join(dirname(dirname(process.env.npm_execpath)), 'node_modules') : null;
  const besideNode = join(dirname(dirname(node)), 'lib', 'node_modules', 'npm', 'node_modules');
  const candidates = [
    process.env.npm_config_node_gyp,
    besideNpm && join(besideNpm, 'node-gyp', 'bin', 'node-gyp.js'),
    join(besideNode, 'node-gyp', 'bin', 'node-gyp.js'),
  ];
  const script = candidates.find((path) => path && existsSync(path));
  if (script) return { command: process.execPath, args: [script] };
  return onPath('node-gyp') ? { command: 'node-gyp', args: [] } : null;
}

/** What a build needs and this machine lacks, as Debian package names. */
function missingTools() {
  const missing = [];
  if (!['c++', 'g++', 'clang++'].some(onPath) && !process.env.CXX) missing.push('g++');
  if (!onPath('make')) missing.push('make');
  if (!['python3', 'python'].some(onPath) && !process.env.PYTHON && !process.env.npm_config_python)
    missing.push('python3');
  return missing;
}

/** Node's headers lie beside the binary in every ordinary installation; using them needs no download. */
function headerArguments() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  return existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? [`--nodedir=${prefix}`] : [];
}

function skip(reason) {
  console.log(`tcpglass: the TUN addon is not built: ${reason}. Everything that needs no TUN device works without it.`);
  process.exit(0);
}

/** The package lies in a project that has it as a dependency. */
const isDependency = () => here.split(sep).includes('node_modules');

/** npx runs this script at its first use of a checkout, perhaps as another user: what is built stays as it is. */
function isBuilt() {
  const addon = join(here, 'build', 'Release', 'tun.node');
  if (!existsSync(addon)) return false;
  const builtAt = statSync(addon).mtimeMs;
  return readdirSync(here).every((name) => name === 'build' || statSync(join(here, name)).mtimeMs <= builtAt);
}

if (isBuilt()) process.exit(0);
if (process.platform !== 'linux') skip(`TUN devices are Linux's, and this is ${process.platform}`);
const missing = missingTools();
if (missing.length > 0) skip(`missing ${missing.join(', ')} (apt-get install g++ make python3, then npm rebuild)`);
const gyp = findNodeGyp();
if (!gyp) skip('node-gyp was not found (npm install -g node-gyp, then npm rebuild)');

const run = spawnSync(gyp.command, [...gyp.args, 'rebuild', ...headerArguments()], { cwd: here, encoding: 'utf8' });
if (run.status !== 0) {
  process.stderr.write(`${run.stdout ?? ''}${run.stderr ?? ''}${run.error ? `${run.error.message}\n` : ''}`);
  console.error('tcpglass: compiling the TUN addon failed, see above.');
  if (!isDependency() || process.env.npm_command === 'rebuild') process.exit(1);
  skip('the compiler failed (`npm rebuild tcpglass` tries again)');
}
