import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { MAIN } from '../../cli/support/run.ts';
import { describeKernel, inNamespace, type NamespaceResult } from '../namespace.ts';

/** Runs a script with `up` and a trace beside it. In it "$T" is how to run tcpglass, and `trace` shows what the trace has said. */
function besideTrace(args: string, script: string): Promise<NamespaceResult> {
  const directory = mkdtempSync(join(tmpdir(), 'trace-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const text = `
    export XDG_RUNTIME_DIR='${directory}'; T='${process.execPath} ${MAIN}'; D='${directory}'
    $T up -q & UP=$!; for i in $(seq 200); do [ -S $D/tcpglass/tun0.sock ] && break; sleep 0.05; done
    $T trace ${args} --log $D/log >$D/trace 2>$D/said & TRACE=$!
    for i in $(seq 200); do [ -s $D/log ] && break; sleep 0.05; done
    ${script}
    kill -INT $TRACE; wait $TRACE; echo "exit $?"; cat $D/trace $D/said >&2
    kill -TERM $UP 2>/dev/null; wait $UP`;
  return inNamespace(['sh', '-c', text], { timeoutMs: 60_000 });
}

describeKernel.with('curl')('`tcpglass trace` beside `up`', () => {
  it('shows the ladder of what the kernel’s end and ours say', async () => {
    const { stdout, stderr } = await besideTrace(
      '80',
      `
      curl -s telnet://10.9.0.2:13 >/dev/null; curl -s http://10.9.0.2/hello >/dev/null; sleep 0.3
      $T trace --read $D/log --summary`,
    );
    expect(stdout).toMatch(/^10\.9\.0\.1:\d+ → 10\.9\.0\.2:80 \(here\) {2}.* the peer closed first/);
    expect(stdout).toMatch(/exit 0\n$/);
    const lines = stderr.split('\n');
    expect(lines[0]).toMatch(/^ {9}10\.9\.0\.1:\d+ +10\.9\.0\.2:80, here$/);
    expect(lines[1]).toMatch(/^ {7}0 │── SYN seq 0 win 64240 mss 1460 sackOK wscale \d+ ts ─+►│ SYN_RECEIVED$/);
    expect(lines[2]).toMatch(/^ +│ +SYN received; RFC 9293 3\.10\.7\.2 │$/);
    const states = lines.flatMap((line) => /│ ([A-Z_]+)$/.exec(line)?.[1] ?? []);
    expect(states).toEqual(['SYN_RECEIVED', 'ESTABLISHED', 'CLOSE_WAIT', 'LAST_ACK', 'CLOSED']);
    expect(stderr).not.toContain(':13');
  });

  it('folds what is sent in bulk while it is sent, and ends with the stack', async () => {
    const { stdout, stderr } = await besideTrace(
      '',
      `
      curl -s -o /dev/null http://10.9.0.2/bytes/5000000; sleep 0.5
      kill -TERM $UP; wait $UP; sleep 0.3`,
    );
    expect(stderr).toMatch(/│ +··· \d+ segments, \d+ ACKs, [\d.]+ MB in [\d.]+ m?s ··· +│/);
    expect(stderr.split('\n').length).toBeLessThan(120);
    expect(stderr).toMatch(/tcpglass: the stack has ended\n$/);
    expect(stdout).toBe('exit 0\n');
  });

  it('bears a reader that stalls: the stack goes on, and it is said how much is missing', async () => {
    const { stdout } = await besideTrace(
      '--json',
      `
      mkfifo $D/fifo; exec 3<>$D/fifo
      $T trace --json >$D/fifo & STALLED=$!; head -c1 <&3 >/dev/null
      for i in 1 2 3 4 5 6; do curl -sS -m 20 -o /dev/null 'http://10.9.0.2/bytes/[20001-20060]'; done
      (exec 3>&-; cat <$D/fifo >$D/got) & CAT=$!; exec 3>&-
      sleep 1; curl -s http://10.9.0.2/hello >/dev/null; sleep 0.5
      kill -INT $STALLED; wait $STALLED $CAT; grep -c '"type":"gap"' $D/got; grep -c '"type":"gap"' $D/log`,
    );
    const [stalled, other] = stdout.split('\n').map(Number);
    expect(stalled).toBeGreaterThan(0);
    expect(other).toBe(0);
  });
});

describeKernel.with('curl')('`tcpglass why` beside `up`', () => {
  it('tells of the one connection, of several, of one that is over, and of none', async () => {
    const { stdout } = await besideTrace(
      '',
      `
      $T why; echo "exit $?"
      curl -s -N http://10.9.0.2/slow >/dev/null & CURL=$!; sleep 0.5
      $T why; echo "exit $?"
      curl -s -N http://10.9.0.2/slow >/dev/null & OTHER=$!; sleep 0.5
      $T why --ascii; $T why --json 80 | head -c 30; echo
      kill $CURL $OTHER; wait $CURL $OTHER
      $T why 80; $T why 4444; echo "exit $?"
      curl -s telnet://10.9.0.2:13 >/dev/null; sleep 0.3; $T why 13`,
    );
    expect(stdout).toMatch(
      /^exit 1\nConnection 10\.9\.0\.2:80 ↔ 10\.9\.0\.1:\d+, number \d+\nState {4}ESTABLISHED for /,
    );
    expect(stdout).toMatch(
      /^Before {3}[\d.]+ m?s ago SYN_RECEIVED: SYN received; RFC 9293 3\.10\.7\.2\n {9}.* ago ESTABLISHED: /m,
    );
    expect(stdout).toMatch(/^Limits {3}now \w+: /m);
    expect(stdout).toMatch(
      /^2 connections, the oddest first; .*\n#\d+ +ESTABLISHED for .* {2}10\.9\.0\.2:80 - 10\.9\.0\.1:\d+\n/m,
    );
    expect(stdout).toContain('{"version":1,"type":"several",');
    expect(stdout).toMatch(/^Connection .*, is over\nChanges {2}/m);
    expect(stdout).toMatch(/│ CLOSED$/m);
    expect(stdout).toMatch(/^exit 1$/m);
    // The TIME_WAIT table keeps no number, but what the connection was is known.
    expect(stdout).toMatch(/^State {4}TIME_WAIT for /m);
    expect(stdout).toMatch(/ago TIME_WAIT: FIN received; RFC 9293 3\.10\.7\.4$/m);
    expect(stdout).toMatch(/exit 0\n$/);
  });
});
