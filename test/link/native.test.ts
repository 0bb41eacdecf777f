import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { explain, LinkError } from '../../src/link/errors.ts';
import { BUILD_ADDON } from '../../src/link/native.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tcpglass-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (args: readonly string[], env: NodeJS.ProcessEnv = process.env) =>
  spawnSync(process.execPath, args, { encoding: 'utf8', env });

/** A copy of the addon's sources, in a folder of this name. */
function unbuilt(name: string): string {
  const copy = join(folder, name);
  cpSync(join(root, 'src/link/native'), copy, { recursive: true, filter: (path) => !path.includes('native/build/') });
  return copy;
}

it('the addon that is built stays as it is until a source is newer: npx installs a checkout again', () => {
  const copy = unbuilt('built');
  mkdirSync(join(copy, 'build/Release'), { recursive: true });
  writeFileSync(join(copy, 'build/Release/tun.node'), 'built');
  const build = () => run([join(copy, 'build.mjs')], { PATH: '/nonexistent' }).stdout;
  expect(build()).toBe('');
  utimesSync(join(copy, 'batch.c'), new Date(), new Date(Date.now() + 10_000));
  expect(build()).toContain('is not built: missing g++');
});

describe('the addon that is not there', () => {
  it('is named in one sentence, with what to do', () => {
    cpSync(join(root, 'dist/link/native.js'), join(folder, 'dist/link/native.mjs'));
    const script = `import('${join(folder, 'dist/link/native.mjs')}').then((m) => m.loadAddon()).catch((e) => console.log(e.code, e.message))`;
    expect(run(['--eval', script]).stdout).toBe(
      `ERR_TUN_ADDON Cannot load the TUN addon: it is not built. Run ${BUILD_ADDON}\n`,
    );
  });

  it('is left out of an installation without a compiler, which succeeds and says so in one line', () => {
    const { status, stdout, stderr } = run([join(unbuilt('bare'), 'build.mjs')], { PATH: '/nonexistent' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^tcpglass: .* missing g\+\+, make, python3 \(apt-get install .*npm rebuild\).*\n$/);
  });

  it('fails the installation when it could be compiled and was not, and shows why', () => {
    const copy = unbuilt('broken');
    rmSync(join(copy, 'batch.c'));
    const { status, stdout, stderr } = run([join(copy, 'build.mjs')]);
    if (stdout.includes('is not built')) return; // no compiler here, or no node-gyp: the case above
    expect(status).toBe(1);
    expect(stderr).toMatch(/batch/);
    expect(stderr.trimEnd()).toMatch(/compiling the TUN addon failed, see above\.$/);
  });

  it('of a dependency keeps no project from installing, and fails the rebuild that was asked for', () => {
    const copy = unbuilt('node_modules/tcpglass');
    rmSync(join(copy, 'batch.c'));
    const build = (command: string) => run([join(copy, 'build.mjs')], { ...process.env, npm_command: command });
    const { status, stdout, stderr } = build('install');
    if (stdout.includes('is not built: missing')) return; // no compiler here
    expect(status).toBe(0);
    expect(stderr).toMatch(/batch/);
    expect(stdout).toMatch(/^tcpglass: the TUN addon is not built: the compiler failed .*\n$/);
    expect(build('rebuild').status).toBe(1);
  });
});

describe('errors of opening a device', () => {
  const error = (code: string, syscall: string) =>
    explain(Object.assign(new Error(`${code}: reason`), { code, syscall }), 'tun0') as LinkError;

  it.each([
    ['ENOENT', 'open', /there is no such file.*modprobe tun/],
    ['EACCES', 'open', /file mode keeps this user out\. Run as root/],
    ['EPERM', 'open', /device list leaves it out.*--device/],
    [
      'EPERM',
      'ioctl(TUNSETIFF)',
      /as tun0: no CAP_NET_ADMIN in this network namespace\. Run as root, or `tcpglass shell`/,
    ],
    ['EBUSY', 'ioctl(TUNSETIFF)', /another process has it open/],
    ['EPERM', 'netlink(RTM_NEWADDR)', /^Cannot configure tun0: no CAP_NET_ADMIN.*ip addr add/],
    ['EACCES', 'netlink(RTM_NEWADDR)', /IPv6 is disabled/],
  ])('%s at %s says what to do', (code, syscall, text) => {
    expect(error(code, syscall)).toBeInstanceOf(LinkError);
    expect(error(code, syscall)).toMatchObject({ code, message: expect.stringMatching(text) });
  });

  it('keeps what it has no words for', () => {
    expect(error('EMFILE', 'open').message).toBe('Cannot open tun0: EMFILE: reason');
    const mistake = new TypeError('x');
    expect(explain(mistake, 'tun0')).toBe(mistake);
  });
});
