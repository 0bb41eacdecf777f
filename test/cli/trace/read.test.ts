import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ladderView } from '../../../src/cli/trace/entry-views.ts';
import { LogReader } from '../../../src/observe/log/read.ts';
import { HandMadeLog } from '../../views/support/log.ts';
import { finish, MAIN, type Result, run, start } from '../support/run.ts';

const directory = mkdtempSync(join(tmpdir(), 'trace-test-'));
const path = (name: string): string => join(directory, name);
const trace = (...args: string[]): Promise<Result> => run(['trace', '--read', path('log'), ...args]);

const HEADER = { id: 0, time: 0, type: 'log', version: '1.0', program: 'tcpglass', addresses: ['10.9.0.2'] };

/** A connection to port 80, and one to port 7 that is reset. */
function saved(): string {
  const log = new HandMadeLog('10.9.0.2:80', '10.9.0.1:40000', 'LISTEN').connection('passively').in('S 0');
  log.state('SYN_RECEIVED', 'SYN received', 'RFC 9293, 3.10.7.2').out('S. 0 ack 1');
  log.after(1).in('. 1 ack 1').state('ESTABLISHED', 'ACK of our SYN', 'RFC 9293, 3.10.7.4');
  const other = new HandMadeLog('10.9.0.2:7', '10.9.0.1:40001', 'LISTEN').after(2).connection('passively').in('S 0');
  other.after(3).in('R 1').state('CLOSED', 'RST received', 'RFC 9293, 3.10.7.4');
  const second = other.entries.map((entry) => ({ ...entry, connection: 2 }));
  return [HEADER, ...log.entries, ...second].map((entry) => `${JSON.stringify(entry)}\n`).join('');
}

beforeAll(() => writeFileSync(path('log'), saved()));
afterAll(() => rmSync(directory, { recursive: true }));

describe('`trace --read` shows a saved log', () => {
  it('as a ladder, plain in a pipe', async () => {
    const { code, stdout, stderr } = await trace('80');
    expect([code, stderr]).toEqual([0, '']);
    expect(`\n${stdout}`).toMatchInlineSnapshot(`
      "
               10.9.0.1:40000                           10.9.0.2:80, here
             0 │── SYN seq 0 win 64240 ────────────────────────────────►│ SYN_RECEIVED
               │                        SYN received; RFC 9293 3.10.7.2 │
               │◄── SYN+ACK seq 0 ack 1 win 64240 ──────────────────────│
          1 ms │── ACK ack 1 win 64240 ────────────────────────────────►│ ESTABLISHED
               │                      ACK of our SYN; RFC 9293 3.10.7.4 │
      "
    `);
  });

  it('in ASCII, as wide as one says', async () => {
    const { stdout } = await trace('--ascii', '--width', '60');
    expect(stdout).not.toMatch(/[^\n -~]/);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBe(60);
  });

  it('as lives, as changes of state, as JSON', async () => {
    const lives = await trace('--summary');
    expect(lives.stdout.split('\n')).toEqual([
      expect.stringMatching(/^10\.9\.0\.1:40001 → 10\.9\.0\.2:7 \(here\) {2}1 ms .* the peer reset it/),
      expect.stringMatching(/^10\.9\.0\.1:40000 → 10\.9\.0\.2:80 \(here\) {2}1 ms .* is in ESTABLISHED$/),
      '2 connections, 1 reset',
      '',
    ]);
    expect((await trace('--states')).stdout.match(/(?<=│ )[A-Z_]+$/gm)).toEqual([
      'SYN_RECEIVED',
      'ESTABLISHED',
      'CLOSED',
    ]);
    const entries = (await trace('--json', '--only', 'segment', 'sport = :7')).stdout.trim().split('\n');
    expect(entries.map((line) => JSON.parse(line).type)).toEqual(['log', 'connection', 'segment', 'segment']);
    expect(JSON.parse((await trace('--json', '--summary', '7')).stdout)).toMatchObject({ localPort: 7, reset: true });
  });

  it('and saves what it shows, for its user alone', async () => {
    await trace('--log', path('part'), '--connection', '2');
    expect(statSync(path('part')).mode & 0o777).toBe(0o600);
    const types = readFileSync(path('part'), 'utf8').trim().split('\n');
    expect(types.map((line) => JSON.parse(line).type)).toEqual(['log', 'connection', 'segment', 'segment', 'state']);
    const again = await run(['trace', '--read', path('part')]);
    expect(again.stdout).toBe((await trace('7')).stdout);
  });

  it('as far as it goes, where it is cut off', async () => {
    const whole = saved();
    const { code, stdout, stderr } = await run(['trace', '--read', '-'], whole.slice(0, -20));
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^tcpglass: Cannot read the log stdin: line \d+: not JSON; is/),
    ]);
    expect((await trace()).stdout.startsWith(stdout.slice(0, -1))).toBe(true);
    expect(stdout).toContain('ESTABLISHED');
  });

  it('in its own time, however slowly it comes', async () => {
    const slowly = `(head -n 5 "$0"; sleep 0.3; tail -n +6 "$0"; sleep 0.3) | "$1" "$2" trace --read - --width 72`;
    const { stdout } = await finish(start(['sh', '-c', slowly, path('log'), process.execPath, MAIN]));
    const view = ladderView({ width: 72, ascii: false, verbose: false, language: 'en' });
    const reader = new LogReader();
    const entries = saved().trim().split('\n');
    const lines = entries.flatMap((line) => view.push(reader.read(line)!));
    expect(stdout).toBe([...lines, ...view.end()].map((line) => `${line}\n`).join(''));
  });

  it('from stdin', async () => {
    expect((await run(['trace', '--read', '-'], saved())).stdout).toBe((await trace()).stdout);
  });
});

describe('what is wrong is said in one line', () => {
  it.each<[string, string[], number, RegExp]>([
    [
      'no such file',
      ['--read', '/nowhere'],
      1,
      /^tcpglass: Cannot read the log \/nowhere: no such file or directory\n$/,
    ],
    ['a directory', ['--read', '/tmp'], 1, /Cannot read the log \/tmp: it is a directory\n$/],
    [
      'no log',
      ['--read', '/etc/passwd'],
      1,
      /Cannot read the log \/etc\/passwd: line 1: not JSON: this is no log of tcpglass\n$/,
    ],
    ['nothing', ['--read', '/dev/null'], 1, /Cannot read the log \/dev\/null: line 1: it is empty\n$/],
    ['a bad filter', ['--read', '/dev/null', 'port', '80'], 2, /Cannot read the filter: "port" is no condition/],
    [
      'a bad kind',
      ['--read', '/dev/null', '--only', 'segment,bogus'],
      2,
      /"bogus" is no kind of entry; there are: log, /,
    ],
    ['too narrow', ['--width', '39'], 2, /It takes columns, from 40 on/],
    ['no stack', ['--control', '/nowhere.sock'], 1, /No stack listens at \/nowhere\.sock\n$/],
    [
      'no place',
      ['--read', '-', '--log', '/nowhere/log'],
      1,
      /Cannot write the log to \/nowhere\/log: no such file or directory\n$/,
    ],
  ])('%s', async (_, args, code, message) => {
    const result = await run(['trace', ...args], saved());
    expect([result.code, result.stdout]).toEqual([code, '']);
    expect(result.stderr).toMatch(message);
  });

  it('a log that is cut off is shown up to there', async () => {
    writeFileSync(path('cut'), saved().slice(0, -20));
    const { code, stdout, stderr } = await run(['trace', '--read', path('cut'), '7']);
    expect(stdout).toContain('SYN seq 0');
    expect(code).toBe(1);
    expect(stderr).toMatch(/line \d+: not JSON; is the log cut off\?\n$/);
  });
});
