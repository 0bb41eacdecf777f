import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { skeleton } from '../../../../src/cli/lab/own/skeleton.ts';
import { run } from '../../support/run.ts';

const directory = mkdtempSync(join(tmpdir(), 'lab-own-'));
afterAll(() => rmSync(directory, { recursive: true }));
const path = (name: string): string => join(directory, name);
const lab = (...words: string[]) => run(['lab', ...words]);

/** The skeleton with a change, in a file. */
function written(name: string, change: (text: string) => string): string {
  writeFileSync(path(name), change(skeleton('mine', name)));
  return path(name);
}

describe("a user's own scenario", () => {
  it.each(['mine.ts', 'mine.mjs'])('%s is written once, and played where it lies', async (name) => {
    expect(await lab('new', path(name))).toMatchObject({ code: 0, stderr: '' });
    const text = readFileSync(path(name), 'utf8');
    expect((await lab('new', path(name))).stderr).toMatch(/^tcpglass: Cannot write .*: it is there already\n$/);
    expect(readFileSync(path(name), 'utf8')).toBe(text);
    const { code, stdout, stderr } = await lab('run', path(name), '--octets', '5000');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Answer: The server: it closed first, and waits 60 s\.$/m);
  });

  it('that goes another way has failed: what is expected stands in the ladder, and what came instead', async () => {
    const file = written('other.mjs', (text) =>
      text.replace("'LAST_ACK'", "'CLOSING'").replace("sends(server, 'FIN')", "sends(server, 'RST')"),
    );
    const { code, stdout } = await lab('run', file);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /│◄╌╌ RST ╌+ expected ╌╌│\n +» ✗ Expected from here on: server sends RST\. [\s\S]*FIN_WAIT_1/,
    );
    expect(stdout).toMatch(/^It did not go as the scenario tells:\n {2}✗ server sends RST: did not come\n/m);
    expect(stdout).not.toMatch(/^Answer/m);
  });

  it.each<[string, (text: string) => string, string]>([
    ['call.ts', (text) => text.replace('socket.readAll', 'socket.readAl'), ':34: socket.readAl is not a function'],
    ['types.ts', (text) => text.replace('play(lab', 'play(lab {'), ":18: Expected ',', got '{'"],
    ['syntax.mjs', (text) => text.replace('play(lab', 'play(lab {'), ":18: Unexpected token '{'"],
    [
      'name.mjs',
      (text) => text.replace('const { client', 'nonsense(); const { client'),
      ':22: nonsense is not defined',
    ],
    [
      'help.mjs',
      (text) => text.replace('octets: {', 'help: {'),
      ': its parameter "help" can not be called so: no option can',
    ],
    [
      'range.mjs',
      (text) => text.replace(' max: 1_000_000,', ''),
      ': its parameter "octets" has no `min` and `max`, with its `default` between them',
    ],
    ['waits.mjs', (text) => `await new Promise(() => {});\n${text}`, ': it waits for something that never comes'],
    ['play.mjs', (text) => text.replace('play(lab', 'ply(lab'), ': its scenario has no function `play`'],
    [
      'title.mjs',
      (text) => text.replace(/title: .*/, "title: { en: 'x' },"),
      ": its scenario has no `title` in both languages: { en: '...', zh: '...' }",
    ],
    [
      'turn.mjs',
      (text) => text.replace("zh: 'client 读完之后也关闭。',", ''),
      ": The text of the turn \"client enters LAST_ACK\" isn't in both languages: { en: '...', zh: '...' }",
    ],
    [
      'nothing.mjs',
      () => 'export const x = 1;',
      ': it has no scenario as its default export: write `export default scenario({ ... })`',
    ],
  ])('with a mistake is told in one line, with its place: %s', async (name, change, message) => {
    const file = written(name, change);
    const { code, stdout, stderr } = await lab('run', file);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^.*\n$/);
    expect(stderr.replace(/(?<=tcpglass: ).*\//, '').replace(/:\d+(?=: The text)/, '')).toBe(
      `tcpglass: ${name}${message}\n`,
    );
  });

  it('that is not there, or can not be written, is told', async () => {
    expect(await lab('run', './none.ts')).toMatchObject({
      code: 2,
      stderr: 'tcpglass: There is no file ./none.ts (`tcpglass lab new ./none.ts` makes one)\n',
    });
    expect(await lab('new', 'x.py')).toMatchObject({
      code: 2,
      stderr: 'tcpglass: "x.py": a scenario is a file that ends in .ts or .mjs\n',
    });
  });
});
