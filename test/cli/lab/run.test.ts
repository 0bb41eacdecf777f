import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../support/run.ts';

const directory = mkdtempSync(join(tmpdir(), 'lab-test-'));
afterAll(() => rmSync(directory, { recursive: true }));
const lab = (...words: string[]) => run(['lab', ...words]);

describe('`tcpglass lab` lists the scenarios', () => {
  it('by topic, in the language that is wanted', async () => {
    const { code, stdout, stderr } = await lab('--lang', 'zh');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^关闭连接\n {2}close .* {2}入门\n {6}四次挥手/m);
  });

  it('as JSON', async () => {
    const listed = JSON.parse((await lab('list', '--json')).stdout);
    expect(listed.scenarios).toContainEqual(expect.objectContaining({ name: 'close', topic: 'closing' }));
  });
});

describe('`tcpglass lab run`', () => {
  it('plays a scenario: its question, its ladder, its answer', async () => {
    const { code, stdout, stderr } = await lab('run', 'close');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^The four segments of a close\nWhat is sent/);
    expect(stdout).toMatch(/FIN_WAIT_1 │── FIN\+ACK seq /);
    expect(stdout).toMatch(
      /^Answer: FIN u, ACK u\+1.*\n(.*\n)*Sources: .*\nTry next: tcpglass lab run close --by server\n$/m,
    );
  });

  it('changes what the reader wants, and says that it went another way: that is no failure', async () => {
    const { code, stdout } = await lab(
      'run',
      '--lang=zh',
      'close',
      '--by',
      'server',
      '--msl',
      '1',
      '--lose',
      'ACK of FIN',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^改动：by=server; msl=1; lose ACK of FIN$/m);
    expect(stdout).toMatch(/✗/);
    expect(stdout).toMatch(/^改动之后，过程与场景所述不同：\n {2}✗ .*\n/m);
  });

  it('lets what is so anyway be said', async () => {
    const { code, stdout } = await lab('run', 'no-time-wait', '--lose-ack');
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/^Changed/m);
    expect((await lab('run', 'no-time-wait', '--no-lose-ack')).stdout).toMatch(/^Changed: lose-ack=false$/m);
  });

  it('writes all of it as JSON, and a log for its user alone', async () => {
    const path = join(directory, 'log');
    const { stdout } = await lab(
      'run',
      'close',
      '--json',
      '--set',
      'by=server',
      '--sysctl',
      'client.tcp_fin_timeout=5',
      '--log',
      path,
    );
    const { asked, isAsTold, turns, checks, endings, answer } = JSON.parse(stdout);
    expect(asked).toMatchObject({ parameters: { by: 'server' }, sysctlsOf: { client: { tcp_fin_timeout: 5 } } });
    expect(isAsTold).toBe(true);
    expect(turns[0].pattern.en).toBe('server sends FIN');
    expect(checks[0]).toMatchObject({ actual: 60, holds: true });
    expect(endings.map(({ host }: { host: string }) => host).sort()).toEqual(['client', 'server']);
    expect(answer.zh).toMatch(/60 s/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each([
    [['clse'], 2, 'There is no scenario "clse"; near to it: close'],
    [[], 2, 'Which scenario? `tcpglass lab` lists them (see `tcpglass lab run --help`)'],
    [
      ['close', '--by', 'me'],
      2,
      "option '--by <value>' argument 'me' is invalid. Allowed choices are client, server. (see `tcpglass lab run close --help`)",
    ],
    [
      ['close', '--set', 'who=me'],
      2,
      'The scenario has no parameter "who"; there are: by (see `tcpglass lab run close --help`)',
    ],
    [
      ['close', '--lose', 'FIN 1 from bob'],
      2,
      'There is no host "bob"; there are: client, server (see `tcpglass lab run close --help`)',
    ],
    [
      ['close', '--sysctl', 'bob.tcp_sack=0'],
      2,
      'There is no host "bob"; there are: client, server (see `tcpglass lab run close --help`)',
    ],
  ])('%j is told in one line', async (words, code, message) => {
    expect(await lab('run', ...words)).toEqual({ code, stdout: '', stderr: `tcpglass: ${message}\n` });
  });

  it('lists what can be changed in a scenario', async () => {
    const { code, stdout } = await lab('run', 'close', '--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: tcpglass lab run close .*\n\nThe four segments/);
    expect(stdout).toMatch(/--by <value> +who closes first/);
  });
});
