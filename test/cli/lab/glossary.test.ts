import { describe, expect, it } from 'vitest';
import { run } from '../support/run.ts';

const lab = (...words: string[]) => run(['lab', ...words]);

describe('`tcpglass lab` as a book', () => {
  it('explains a term, by any of its names, and says what may have been meant', async () => {
    const { code, stdout, stderr } = await lab('explain', 'close', 'wait');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^CLOSE_WAIT {2}state\n/);
    expect(stdout).toMatch(/^Play it\n {2}tcpglass lab run /m);
    expect((await lab('explain', 'CLOSE_WAIT', '--lang', 'zh')).stdout).toMatch(/^大量出现\n/m);
    expect(await lab('explain', 'closewit')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: 'tcpglass: Nothing is called "closewit"; near to it: CLOSE_WAIT\n',
    });
    expect((await lab('explain')).stdout).toMatch(/^state\n {2}CLOSED, LISTEN, /);
  });

  it('has a table of the eleven states', async () => {
    const { stdout } = await lab('states');
    expect(stdout.match(/^[A-Z_]+\d?(?= {2})/gm)).toHaveLength(11);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('finds what answers a question in words, and says so where nothing does', async () => {
    const { code, stdout } = await lab('ask', 'why', '2MSL');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^tcpglass lab explain 2msl\n {4}/m);
    expect((await lab('ask', '四次挥手', '--lang', 'zh')).stdout).toMatch(/^tcpglass lab run close/);
    expect(await lab('ask', 'zzz')).toMatchObject({ code: 1, stdout: '' });
  });
});
