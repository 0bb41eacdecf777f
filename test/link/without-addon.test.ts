import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const HTTP = join(ROOT, 'test/register/support/http.cjs');

/** The package as npm installs it, with what its install script found nothing to build of. */
const folder = mkdtempSync(join(tmpdir(), 'tcpglass-bare-'));
const dist = pathToFileURL(join(folder, 'dist')).href;

beforeAll(() => {
  cpSync(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  mkdirSync(join(folder, 'src/link/native'), { recursive: true });
  cpSync(join(ROOT, 'src/link/native/build.mjs'), join(folder, 'src/link/native/build.mjs'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs Node as if it was on that system, as far as a program can see by `process.platform`. */
function nodeOn(platform: string, args: readonly string[], env: Record<string, string> = {}): string {
  const pretending = join(folder, `${platform}.mjs`);
  writeFileSync(pretending, `Object.defineProperty(process, 'platform', { value: '${platform}' });`);
  const options = { encoding: 'utf8', env: { ...process.env, ...env }, timeout: 100_000 } as const;
  return execFileSync(process.execPath, ['--import', pathToFileURL(pretending).href, ...args], options);
}

describe.each(['linux', 'darwin', 'win32'])('on %s, without the addon', (platform) => {
  const run = (script: string): unknown => JSON.parse(nodeOn(platform, ['--input-type=module', '--eval', script]));

  it('a stack over a byte stream', () => {
    const script = `
      import { once } from 'node:events';
      import net from 'node:net';
      import { createStack, packetStreamLink } from '${dist}/index.js';
      const tunnel = net.createServer().listen(0, '127.0.0.1');
      await once(tunnel, 'listening');
      const near = net.connect(tunnel.address().port, '127.0.0.1');
      const [far] = await once(tunnel, 'connection');
      const [a, b] = [near, far].map((stream, i) => createStack(packetStreamLink(stream), { addresses: ['10.0.0.' + (i + 1) + '/24'] }));
      b.createServer((socket) => socket.end('hello ' + socket.remoteAddress)).listen(80);
      let text = '';
      for await (const chunk of a.connect(80, '10.0.0.2')) text += chunk;
      await Promise.all([a.close(), b.close()]);
      tunnel.close();
      console.log(JSON.stringify(text));`;
    expect(run(script)).toBe('hello 10.0.0.1');
  });

  it('the core, the lab, and a bad network in virtual time', () => {
    const script = `
      import { once } from 'node:events';
      import { Host } from '${dist}/host/index.js';
      import { isAsTold, play, scenarioNamed } from '${dist}/lab/index.js';
      import { badNetwork } from '${dist}/testing/index.js';
      const played = await play(await scenarioNamed('close'));
      const net = await badNetwork({ rules: ['drop SYN'], time: 'virtual' });
      const [error] = await once(net.connect(80), 'error');
      console.log(JSON.stringify([typeof Host, isAsTold(played), error.code, Math.round(net.now / 1000)]));
      await net.close();`;
    expect(run(script)).toEqual(['function', true, 'ETIMEDOUT', 127]);
  });

  it('an unchanged program, on the cable', () => {
    const stdout = nodeOn(platform, ['--import', `${dist}/register/register.js`, HTTP], { TCPGLASS_DEVICE: 'cable' });
    expect(stdout).toContain('http.get: GET /get from 10.0.0.1');
  });

  it('says what there is in its place where a device is asked for', () => {
    const script = `
      import { openStack } from '${dist}/index.js';
      const options = { device: 'tun9', kernelAddress: '10.9.0.1', address: '10.9.0.2' };
      console.log(JSON.stringify(await openStack(options).catch(({ code, message }) => [code, message])));`;
    const [code, message] = run(script) as [string, string];
    expect(code).toBe('ERR_TUN_ADDON');
    expect(message).toMatch(
      platform === 'linux' ? /it is not built\. Run `npm rebuild/ : /are Linux's, and this is \w+\. .*packetStreamLink/,
    );
  });

  it('installs, and says in one line what is left out', () => {
    const build = join(folder, 'src/link/native/build.mjs');
    const stdout = nodeOn(platform, [build], { PATH: '/nonexistent' });
    expect(stdout).toMatch(
      /^tcpglass: the TUN addon is not built: .*\. Everything that needs no TUN device works without it\.\n$/,
    );
    if (platform !== 'linux') expect(stdout).toContain(`TUN devices are Linux's, and this is ${platform}`);
  });
});
