import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { Progress, traceLines } from '../../../src/cli/terminal/output.ts';
import { ownDirectory } from '../../support/processes.ts';
import { finish, MAIN, run, start } from '../support/run.ts';

test('a trace that the terminal does not read is cut, and says how much is missing', async () => {
  const stream = new PassThrough();
  const write = traceLines(stream as unknown as NodeJS.WriteStream);
  const line = 'x'.repeat(999);
  for (let i = 0; i < 10_000; i++) write(line);
  expect(stream.readableLength + stream.writableLength).toBeLessThan(1.1 * 1024 * 1024);
  const said = text(stream);
  do await new Promise((resolve) => setImmediate(resolve));
  while (stream.readableLength + stream.writableLength > 0);
  write('the next line');
  await Promise.resolve(); // lines of one turn are written together, behind it
  stream.end();
  const lines = (await said).split('\n').slice(0, -1);
  const kept = lines.filter((l) => l === line).length;
  expect(lines.slice(kept)).toEqual([
    `  ... ${10_000 - kept} lines left out: their reader was too slow`,
    'the next line',
  ]);
});

test('a reader who takes his time gets everything', async () => {
  const scripts = Array(6).fill('test/conformance/basic').join(' ');
  const script = `"$0" "$1" drill --json -v ${scripts} | (sleep 0.7; cat)`;
  const { stdout } = await finish(start(['sh', '-c', script, process.execPath, MAIN]));
  expect(stdout.length).toBeGreaterThan(65_536); // what a pipe holds
  expect(JSON.parse(stdout).length).toBeGreaterThan(6);
});

test('progress is one line that is written over, on a terminal only', () => {
  const written: string[] = [];
  const stream = { isTTY: true, columns: 20, write: (text: string) => written.push(text) };
  const progress = new Progress(3, stream as unknown as NodeJS.WriteStream);
  progress.show('tests/a-long-name.pkt');
  progress.show('b.pkt');
  progress.clear();
  progress.clear();
  expect(written).toEqual(['\r1/3  tests/a-long-n', `\r2/3  b.pkt${' '.repeat(9)}`, `\r${' '.repeat(10)}\r`]);
  written.length = 0;
  const silent = new Progress(3, { ...stream, isTTY: false } as unknown as NodeJS.WriteStream);
  silent.show('a.pkt');
  silent.clear();
  const alone = new Progress(1, stream as unknown as NodeJS.WriteStream);
  alone.show('a.pkt');
  alone.clear();
  expect(written).toEqual([]);
});

test('drill: exit codes and JSON for machines', async () => {
  const good = 'test/conformance/basic';
  const directory = ownDirectory();
  const bad = join(directory, 'wrong.pkt');
  const unsupported = join(directory, 'unsupported.pkt');
  await writeFile(bad, '0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 listen(3, 1) = 1\n');
  await writeFile(unsupported, '0 `grep -q 0100007F /proc/net/raw`\n');
  expect((await run(['drill', good])).code).toBe(0);
  expect((await run(['drill', good, unsupported])).code).toBe(4);
  expect((await run(['drill', unsupported, bad])).code).toBe(1);
  const { code, stdout } = await run(['drill', '--json', bad]);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject([{ status: 'failed', line: 2, expected: '1', actual: '0' }]);
  const both = await run(['drill', '-q', good, bad]);
  expect(both.stdout).toMatch(/^FAILED {7}\S+wrong\.pkt:2: listen\(\) gives another result\n/);
  expect(both.stderr).toMatch(/^\d+ passed, 1 failed, 0 unsupported\n$/);
  expect((await run(['drill', 'no/such/file'])).code).toBe(2);
});
