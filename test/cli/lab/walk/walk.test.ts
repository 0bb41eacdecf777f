import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { keyOf, readKeys } from '../../../../src/cli/lab/walk/keys.ts';
import { run } from '../../support/run.ts';

/** A terminal whose keys are pressed by a test. */
function terminal(): { stdin: NodeJS.ReadStream; modes: boolean[] } {
  const modes: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), { setRawMode: (mode: boolean) => modes.push(mode) });
  return { stdin: stdin as unknown as NodeJS.ReadStream, modes };
}

describe('the keys of --step', () => {
  it.each([
    ['on', ' ', '\r', '\x1b[C'],
    ['back', 'b', '\x1b[D', '\x7f'],
    ['end', 'q', '\x03', '\x04'],
    ['other', 'x', '\x1b[5~'],
  ])('%s', async (meant, ...pressed) => {
    const { stdin, modes } = terminal();
    const keys: string[] = [];
    const reading = (async () => {
      for await (const key of readKeys(stdin)) if (keys.push(key) === pressed.length) break;
    })();
    for (const key of pressed) stdin.push(key);
    await reading;
    expect(keys).toEqual(pressed.map(() => meant));
    expect(modes).toEqual([true, false]);
  });

  it('end with the input, and the terminal is as it was', async () => {
    const { stdin, modes } = terminal();
    stdin.push(null);
    for await (const key of readKeys(stdin)) expect(key).toBe('none');
    expect(modes).toEqual([true, false]);
    expect(keyOf({})).toBe('other');
  });
});

describe('`lab run` in pieces', () => {
  it('--step needs a terminal, and says so', async () => {
    const { code, stderr } = await run(['lab', 'run', 'close', '--step']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^tcpglass: --step needs a terminal: .*\n$/);
  });

  it('--quiz asks before each turn, from a pipe, too, and counts', async () => {
    const first = await run(['lab', 'run', 'close', '--quiz', '--lang', 'zh'], 'x\n7\nq\n');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(
      /接下来发生什么？\n {2}1 {2}.*\n {2}2 {2}.*\n {2}3 {2}.*\n {2}4 {2}.*\n1 - 4, q\n1 - 4, q\n0 题答对 0 题\n$/,
    );
    // Whoever answers with what is said to be right has it all right.
    const said = await run(['lab', 'run', 'close', '--quiz'], '1\n'.repeat(20));
    const questions = said.stdout.split('What comes now?\n').slice(1);
    const answers = questions.map((text) => {
      const wrong = /^No\. It is: (.*)$/m.exec(text)?.[1];
      return wrong === undefined ? 1 : Number(text.split('\n').find((line) => line.slice(5) === wrong)![2]);
    });
    const { stdout } = await run(['lab', 'run', 'close', '--quiz'], answers.map((answer) => `${answer}\n`).join(''));
    expect(stdout).not.toMatch(/^No/m);
    expect(stdout).toMatch(new RegExp(`Answer: [\\s\\S]*\\n${answers.length} of ${answers.length} right\\n$`));
  });
});
