import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DIST } from '../kernel/namespace.ts';
import { cert, key } from '../net/as-node/certificate.ts';

const PROGRAMS = fileURLToPath(new URL('./support/', import.meta.url));
const REGISTER = `${DIST}/register/register.js`;

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], environment: Record<string, string>): Promise<Ended> {
  const env = { ...process.env, CERT: cert, KEY: key, ...environment };
  return promisify(execFile)(process.execPath, ['--import', REGISTER, ...args], { env, timeout: 100_000 });
}

const onCable = (program: string, environment: Record<string, string> = {}): Promise<Ended> =>
  run([join(PROGRAMS, program)], { TCPGLASS_DEVICE: 'cable', ...environment });

describe('node --import tcpglass/register, on the cable', () => {
  it('an unchanged program in CommonJS: an http server, http.get, fetch, net.Socket', async () => {
    const { stdout } = await onCable('http.cjs');
    expect(stdout.split('\n')).toEqual([
      'http.get: GET /get from 10.0.0.1',
      'fetch: GET /fetch from 10.0.0.1',
      'net.Socket: GET /socket from 10.0.0.1, true',
      'closed',
      '',
    ]);
  });

  it('an unchanged program of ES modules: TLS, HTTPS, HTTP/2, derived servers; pipes and children stay the kernel’s', async () => {
    const { stdout } = await onCable('more.mjs');
    expect(stdout.split('\n')).toEqual([
      'net: function true true',
      'accepted: true',
      'echo: there and back',
      'class: mine true',
      'https: secure',
      'tls: TLSv1.3 7002',
      'sockets: true true true true',
      'own: true false false',
      'global agent: 1',
      'global agent: secure',
      'http2: two true',
      'looked on: 7003',
      'starttls: secure, too',
      'pipe: through a pipe true',
      'net pipe: pipe',
      'connected: once',
      'socket pipe: pipe true latin1',
      'http2 pipe: two pipes',
      'tls pipe: secret pipe',
      'net path: pipe',
      'https pipe: https pipe',
      'TLSSocket: secure true',
      'child: 2',
      'spawn: spawned',
      'agent: /a',
      'agent: /b',
      'closed: all',
      '',
    ]);
  });

  it('a server that listens at 127.0.0.1 or localhost is reached there', async () => {
    const { stdout } = await onCable('here.mjs');
    expect(stdout.split('\n')).toEqual(['127.0.0.1', 'localhost', '::', 'none', 'web', 'web2', '']);
  });

  it('with a path that fails, in virtual time, and the ladder at the end', async () => {
    const environment = { TCPGLASS_IMPAIR: 'drop 1st SYN; delay 2s', TCPGLASS_TIME: 'virtual', TCPGLASS_LADDER: '1' };
    const { stdout, stderr } = await onCable('http.cjs', { ...environment, TCPGLASS_IMPAIR_SEED: '7' });
    expect(stdout).toContain('http.get: GET /get from 10.0.0.1');
    expect(stderr).toContain('seed: 7');
    expect(stderr).toContain('SYN again');
  });
});

it('a worker of a cluster is told that its stack is its own', async () => {
  const { stderr } = await onCable('cluster.cjs');
  expect(stderr).toContain('[TCPGLASS_CLUSTER] Warning: A worker of a cluster has a stack of its own');
});

describe('its configuration', () => {
  const failing = async (environment: Record<string, string>): Promise<string> => {
    const { stderr } = (await run(['-e', ''], environment).then(
      () => ({ stderr: 'it did not fail' }),
      (error: unknown) => error,
    )) as Ended;
    return stderr;
  };

  it.each([
    [{ TCPGLASS_MTU: '1.5' }, 'ConfigError: TCPGLASS_MTU must be a whole number, not "1.5"'],
    [{ TCPGLASS_DRIVER: 'raw' }, 'TCPGLASS_DRIVER must be native or tuntap2, not "raw"'],
    [{ TCPGLASS_CONFIG: '/nowhere.json' }, 'Cannot read /nowhere.json, which TCPGLASS_CONFIG names'],
    [{ TCPGLASS_DEVCE: 'cable' }, 'There is no TCPGLASS_DEVCE. Did you mean TCPGLASS_DEVICE?'],
    [{ TCPGLASS_DEVICE: 'cable', TCPGLASS_MTU: '10' }, 'link.mtu must be a whole number from 68 to 65535. Received 10'],
    [{ TCPGLASS_DEVICE: 'cable', TCPGLASS_IMPAIR: 'dorp SYN' }, 'rules[0] "dorp SYN"'],
  ])('%o', async (environment, message) => {
    expect(await failing(environment)).toContain(message);
  });

  it('may be in a file, whose names are checked', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tcpglass-register-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'tcpglass.json');
    writeFileSync(file, JSON.stringify({ device: 'cable', impair: 'delay 1ms' }));
    const { stdout } = await run([join(PROGRAMS, 'http.cjs')], { TCPGLASS_CONFIG: file });
    expect(stdout).toContain('closed');
    writeFileSync(file, JSON.stringify({ device: 'cable', ladder: 'false', mtu: '1400' }));
    expect((await run(['-e', ''], { TCPGLASS_CONFIG: file })).stderr).toBe(''); // read as the environment's are: no ladder
    writeFileSync(file, JSON.stringify({ device: 'cable', impair: ['delay 1ms'] }));
    expect(await failing({ TCPGLASS_CONFIG: file })).toContain('"impair" in');
    writeFileSync(file, JSON.stringify({ devise: 'cable' }));
    expect(await failing({ TCPGLASS_CONFIG: file })).toContain(`has "devise"; there are: device, address,`);
  });
});
