import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../support/run.ts';

const SCRIPT = 'test/conformance/basic/handshake-passive.pkt';
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tcpglass-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('drill DIRECTORY: scripts below it and links to scripts, no links to directories, no pipes', async () => {
  mkdirSync(join(directory, 'b'));
  copyFileSync(SCRIPT, join(directory, 'b/one.pkt'));
  symlinkSync('b/one.pkt', join(directory, 'a.pkt'));
  // Each of these leads back; followed, they would make 2^40 paths.
  symlinkSync('..', join(directory, 'b/loop'));
  symlinkSync('..', join(directory, 'b/loop.pkt'));
  execFileSync('mkfifo', [join(directory, 'pipe.pkt')]);
  const { code, stdout, stderr } = await run(['drill', directory]);
  expect(stdout.split('\n').filter((line) => line !== '')).toEqual([
    `passed       ${directory}/a.pkt`,
    `passed       ${directory}/b/one.pkt`,
  ]);
  expect([code, stderr]).toEqual([0, '2 passed, 0 failed, 0 unsupported\n']);
});

test('drill -: the script comes from stdin', async () => {
  const script = readFileSync(SCRIPT, 'utf8');
  expect(await run(['drill', '-'], script)).toEqual({ code: 0, stdout: 'passed       -\n', stderr: '' });
  const wrong = await run(['drill', '-'], '0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 close(3) = 1\n');
  expect(wrong.code).toBe(1);
  expect(wrong.stdout).toMatch(/^FAILED +-:2: close\(\) gives another result/);
});
