import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { traceLines } from '../../src/cli/output.ts';
import { finish, MAIN, start } from './run.ts';

test('a trace that nobody reads is cut, and says how much is missing', async () => {
  const stream = new PassThrough();
  const write = traceLines(stream as unknown as NodeJS.WriteStream);
  const line = 'x'.repeat(999);
  for (let i = 0; i < 10_000; i++) write(line);
  expect(stream.readableLength + stream.writableLength).toBeLessThan(1.1 * 1024 * 1024);
  const said = text(stream);
  await new Promise((resolve) => setTimeout(resolve, 20));
  write('the next line');
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
