import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { inShell, possible, UP, WAIT } from '../support/private-network.ts';
import { finish, MAIN, start } from '../support/run.ts';

/** `script` of util-linux makes a terminal. */
const terminal = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;

describe.skipIf(!possible)('a trace', () => {
  test('shows windows in octets', async () => {
    const { stdout } = await inShell(`
      ${UP} -q --trace & UP=$!; ${WAIT}; curl -sS -o /dev/null http://10.7.0.2/hello; kill -TERM $UP; wait $UP`);
    // The kernel scales its window by 2^7 or more, and offers some 64 KB.
    const windows = stdout.match(/< .*Flags \[\.\], .*win (\d+)/);
    expect(Number(windows![1])).toBeGreaterThan(30_000);
    const scale = Number(/< .*Flags \[S\], .*wscale (\d+)/.exec(stdout)![1]);
    expect(Number(windows![1]) % 2 ** scale).toBe(0);
  });

  test('that is not read does not hold up the end', async () => {
    const { stdout, stderr } = await inShell(`
      DIR=$(mktemp -d); mkfifo $DIR/trace; exec 3<>$DIR/trace
      ${UP} -q --trace >$DIR/trace & UP=$!; ${WAIT}
      curl -sS -o /dev/null http://10.7.0.2/bytes/20000000
      kill -INT $UP; wait $UP; echo "exit code $?"; rm -r $DIR`);
    expect({ stdout, stderr }).toEqual({ stdout: 'exit code 0\n', stderr: '' });
  });

  test('into a pipe that is not read does not hold up the end either, nor the beginning', async () => {
    const { stdout, stderr } = await inShell(`
      DIR=$(mktemp -d); mkfifo $DIR/trace
      ${UP} -q --trace-file $DIR/trace; echo "exit code $?"
      exec 3<>$DIR/trace
      ${UP} -q --trace-file $DIR/trace & UP=$!; ${WAIT}
      curl -sS -o /dev/null http://10.7.0.2/bytes/20000000
      kill -INT $UP; wait $UP; echo "exit code $?"; rm -r $DIR`);
    expect(stdout).toBe('exit code 1\nexit code 0\n');
    expect(stderr).toMatch(
      /^tcpglass: Cannot write the trace to \S+: it is a pipe that no program has open for reading\n$/,
    );
  });

  test('into a pipe that is read slowly arrives whole', async () => {
    const { stdout, stderr } = await inShell(`
      DIR=$(mktemp -d); mkfifo $DIR/trace; exec 3<>$DIR/trace
      ${UP} -q --trace-file $DIR/trace & UP=$!; ${WAIT}
      curl -sS -H 'Connection: close' -o /dev/null 'http://10.7.0.2/bytes/[50001-50080]'
      (exec 3>&-; cat <$DIR/trace >$DIR/got) & CAT=$!
      until_so shows '^[89][0-9]' grep -c 'Flags \\[S\\]' $DIR/got
      exec 3>&-; kill -TERM $UP; wait $UP; wait $CAT
      wc -c <$DIR/got; grep -vcE '^[0-9. ]*[<>] |^ ' $DIR/got; rm -r $DIR`);
    const [octets, torn] = stdout.trim().split('\n').map(Number);
    expect(stderr).toBe('');
    // More than a pipe holds.
    expect(octets).toBeGreaterThan(65_536);
    expect(torn).toBe(0);
  });

  test('goes to a file that is its user’s alone', async () => {
    const { stdout, stderr } = await inShell(`
      DIR=$(mktemp -d)
      ${UP} -q --trace-file $DIR/trace & UP=$!; ${WAIT}; curl -sS -o /dev/null http://10.7.0.2/hello; kill -TERM $UP; wait $UP
      stat -c %a $DIR/trace; grep -c 'Flags \\[S\\]' $DIR/trace; tail -c1 $DIR/trace | od -An -c
      ${UP} -q --trace-file $DIR/none/trace; echo "exit code $?"; rm -r $DIR`);
    const [mode, syns, last, code] = stdout.trim().split('\n');
    expect([mode, last!.trim(), code]).toEqual(['600', '\\n', 'exit code 1']);
    expect(Number(syns)).toBeGreaterThan(0);
    expect(stderr).toMatch(/^tcpglass: Cannot write the trace to \S+: no such file or directory\n$/);
  });

  test.skipIf(!terminal)('of a shell at a terminal goes to a file, which is named', async () => {
    const typed = 'curl -s -o /dev/null http://10.9.0.2/hello; exit\n';
    const env = ['env', 'SHELL=/bin/sh', 'PS1=$ '];
    const child = start([...env, 'script', '-qec', `${process.execPath} ${MAIN} shell --trace`, '/dev/null']);
    const { stdout } = await finish(child, typed);
    expect(stdout).not.toContain('Flags [');
    const [, file] = /The trace: tail -f (\S+)/.exec(stdout)!;
    const { stdout: trace } = await finish(start(['sh', '-c', 'cat "$0"; rm -r "$(dirname "$0")"', file!]));
    expect(trace).toContain('Flags [S]');
  });

  test('SIGUSR2 has `up` print its sockets', async () => {
    const { stdout } = await inShell(`
      DIR=$(mktemp -d); mkfifo $DIR/out; exec 3<>$DIR/out
      ${UP} -q --services http 2>$DIR/said & UP=$!; ${WAIT}
      curl -s http://10.7.0.2/bytes/1000000000 >$DIR/out & head -c1 <&3 >/dev/null
      kill -USR2 $UP; until_so grep -q ESTAB $DIR/said
      kill -TERM $UP; wait $UP; echo "exit code $?"; kill $!; cat $DIR/said; rm -r $DIR`);
    const [code, heading, ...rows] = stdout.trim().split('\n');
    expect(code).toBe('exit code 0');
    expect(heading).toMatch(/^State +Recv-Q +Send-Q +Local Address:Port +Peer Address:Port +Process$/);
    expect(rows).toContainEqual(expect.stringMatching(/^LISTEN +0 +\d+ +\S+:80 +\S+:\*$/));
    expect(rows).toContainEqual(expect.stringMatching(/^ESTAB +0 +\d+ +10\.7\.0\.2:80 +10\.7\.0\.1:\d+ +timer:\(\S+$/));
  });
});
