import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MAIN, run } from './support/run.ts';

const COMMANDS = ['up', 'shell', 'connect', 'get', 'lab', 'drill', 'start', 'trace', 'why', 'ss', 'doctor', 'help'];

test('what is built anew can be executed: npx links it, and does so but once', () => {
  const { bin, scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  // By Node itself, for there is no chmod everywhere.
  expect(scripts.build).toContain(`chmodSync('${bin.tcpglass}', 0o755)`);
});

describe('a wrong command line is one line on stderr, and exit code 2', () => {
  test.each([
    ['bogus', "unknown command 'bogus'"],
    ['up --mtuu 1500', 'Did you mean --mtu?'],
    ['up surplus', 'too many arguments'],
    ['up --mtu 575', 'from 576 to 65535'],
    ['up --mtu 65536', 'from 576 to 65535'],
    ['up --mtu 15OO', 'from 576 to 65535'],
    ['up --address 10.9.0', 'IPv4 address'],
    ['up --address 10.9.0.1', 'for both sides'],
    ['up --address 10.9.1.2', 'not in one /24 network'],
    ['up --address 10.9.0.255', 'broadcast'],
    ['up --prefix 33', 'from 1 to 31'],
    ['up --device seventeen-letters', 'at most 15 characters'],
    ['up --driver other', 'native, tuntap2'],
    ['up --msl 0', 'more than 0'],
    ['up --impair dely', 'Did you mean "delay"? (at character 1)'],
    ['up --impair-seed x', 'a whole number from 0 to 4294967295'],
    ['up --sysctl tcp_fin_timeot=3', 'Did you mean tcp_fin_timeout?'],
    ['up --sysctl tcp_fin_timeout=soon', 'a whole number'],
    ['up --services echo,gopher', '"gopher" is none of'],
    ['up --services http=0', 'a port from 1 to 65535'],
    ['up --services echo=80,http', 'same port'],
    ['up --services http,http=8080', '"http" is named twice'],
    ['up --publish 8080:81', 'no service is at port 81 (echo 7'],
    ['up --publish 8080:80 --services echo', 'no service is at port 80 (echo 7)'],
    ['up --sysctl tcp_congestion=cubic', 'this host has no such knob (see'],
    ['help nosuch', "Unknown command 'nosuch'. There are: up, shell"],
    ['get http://kernel:0/', 'port 0'],
    ['up --publish 80', '[BIND:]HOSTPORT:PORT'],
    ['up --publish nowhere:80:80', 'no IP address'],
    ['up --publish 8080:0', 'a port from 1 to 65535'],
    ['shell --mtu 1 -- true', 'from 576 to 65535'],
    ['connect kernel', "missing required argument 'port'"],
    ['connect kernel 0', 'a port from 1 to 65535'],
    ['connect kernel 80 -w never', 'seconds'],
    ['get', "missing required argument 'url'"],
    ['lab ask', "missing required argument 'question' (see `tcpglass lab ask --help`)"],
    ['get kernel/', 'no URL'],
    ['get https://kernel/', 'only http:'],
    ['get http://[::1]/', 'only IPv4'],
    ['doctor --yaml', "unknown option '--yaml'"],
  ])('%s', async (line, words) => {
    const { code, stdout, stderr } = await run(line.split(' '));
    expect(stderr).toContain(words);
    expect(stderr).toMatch(/^tcpglass: .*\n$/);
    expect([code, stdout]).toEqual([2, '']);
  });

  test('no command at all: the help, and exit code 2', async () => {
    const { code, stderr } = await run([]);
    expect(code).toBe(2);
    for (const command of COMMANDS) expect(stderr).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  });
});

describe('--help', () => {
  test.each(COMMANDS)('%s: its options, and examples', async (command) => {
    const { code, stdout, stderr } = await run([command, '--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^Usage: tcpglass ${command} `));
    expect(stdout).toMatch(/^Examples:\n/m);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('says nothing of the internal commands', async () => {
    expect((await run(['--help'])).stdout).not.toContain('__');
  });
});

test('--version', async () => {
  expect(await run(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});

test('127.0.0.1 is explained, before anything is opened', async () => {
  const { code, stderr } = await run(['get', 'http://127.0.0.1:8000/']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^tcpglass: Cannot reach 127\.0\.0\.1 .* Use "kernel"\n$/);
});

test('--debug adds where an error comes from', async () => {
  const { code, stderr } = await run(['get', '--debug', 'http://127.0.0.1:8000/']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/\n {4}at .*target\.js/);
});

test('stdout without a reader: a quiet end', async () => {
  const child = spawn('sh', ['-c', '"$0" "$1" doctor | true', process.execPath, MAIN]);
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += chunk));
  await once(child, 'close');
  expect(stderr).toBe('');
});
