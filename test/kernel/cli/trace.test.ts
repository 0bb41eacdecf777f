import { expect, it } from 'vitest';
import { describeKernel, type NamespaceResult } from '../namespace.ts';
import { besideUp } from './beside-up.ts';

/** Runs a script with `up` and a trace beside it, until the trace has been told to end. What the trace said is in stderr. */
function besideTrace(args: string, script: string, toldToEnd = 'kill -INT $TRACE'): Promise<NamespaceResult> {
  return besideUp(`
    $T trace ${args} --log $D/log >$D/trace 2>$D/said & TRACE=$!; until_so test -s $D/log
    ${script}
    ${toldToEnd}; wait $TRACE; echo "exit $?"; cat $D/trace $D/said >&2`);
}

/** Until the log of the trace tells of so many connections that are CLOSED. */
const untilClosed = (count: number): string => `until_so shows '^${count}$' grep -c '"to":"CLOSED"' $D/log`;

describeKernel.with('curl')('`tcpglass trace` beside `up`', () => {
  it('shows the ladder of what the kernel’s end and ours say', async () => {
    const { stdout, stderr } = await besideTrace(
      '80',
      `
      curl -s telnet://10.9.0.2:13 >/dev/null; curl -s http://10.9.0.2/hello >/dev/null; ${untilClosed(1)}
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
      `curl -s -o /dev/null http://10.9.0.2/bytes/5000000; ${untilClosed(1)}`,
      'kill -TERM $UP; wait $UP',
    );
    expect(stderr).toMatch(/│ +··· \d+ segments, \d+ ACKs, [\d.]+ [kM]B in [\d.]+ m?s ··· +│/);
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
      # Several times as much as all the buffers between them take; no more at once than the other trace's take.
      for i in $(seq 20); do
        curl -sS -o /dev/null 'http://10.9.0.2/bytes/[20001-20060]'
        until_so shows "^$i$" grep -c '"to":"CLOSED"' $D/log
      done
      (exec 3>&-; cat <$D/fifo >$D/got) & CAT=$!; until_so grep -q '"type":"gap"' $D/got; exec 3>&-
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
      curl -s -N 'http://10.9.0.2/slow?count=60' >$D/one & CURL=$!; until_so test -s $D/one
      $T why; echo "exit $?"
      curl -s -N 'http://10.9.0.2/slow?count=60' >$D/other & OTHER=$!; until_so test -s $D/other
      $T why --ascii; $T why --json 80 | head -c 30; echo
      kill $CURL $OTHER; wait $CURL $OTHER; ${untilClosed(2)}
      $T why 80; $T why 4444; echo "exit $?"
      curl -s telnet://10.9.0.2:13 >/dev/null; until_so shows TIME-WAIT $T ss -Hta; $T why 13`,
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
