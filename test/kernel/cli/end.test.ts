import { once } from 'node:events';
import { expect, it } from 'vitest';
import { MAIN } from '../../cli/support/run.ts';
import { endGroup, WAITING } from '../../support/processes.ts';
import { describeKernel, spawnInNamespace } from '../namespace.ts';

/** Here `tcpglass up` is process and device of its own, and a shell looks at what is left of both. */
async function shellSays(script: string): Promise<string> {
  const child = spawnInNamespace(['bash', '-c', script, 'bash', process.execPath, MAIN]);
  try {
    let said = '';
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (text) => (said += text));
    await once(child, 'close');
    return said.trim();
  } finally {
    endGroup(child);
  }
}

const UP = `${WAITING}
"$@" up --quiet --publish 0.0.0.0:8080:80 & UP=$!; until_up tun0`;

/**
 * A client that has begun to get its response, and reads no further: it can't have got it all, however long `up` waits or
 * the machine takes. (A slow reader can: the kernel's buffer for it grows to megabytes.)
 */
const STALLED = `exec 3<>/dev/tcp/10.9.0.2/80
printf 'GET /bytes/500000000 HTTP/1.0\\r\\n\\r\\n' >&3; read -r -n1 <&3`;

describeKernel.with('bash', 'curl')('the end of `up`', () => {
  it.each(['INT', 'TERM'])('at SIG%s: no device, no process, and open connections are told', async (signal) => {
    const said = await shellSays(`${UP}
      exec 3<>/dev/tcp/10.9.0.2/7; echo hello >&3; read -r LINE <&3; echo "echoed $LINE"
      kill -${signal} $UP; wait $UP; echo "exit code $?"
      cat <&3 >/dev/null 2>&1; echo "the connection has ended"
      kill -0 $UP 2>/dev/null || echo "no process"
      grep -q tun0 /proc/net/dev || echo "no device"`);
    expect(said.split('\n')).toEqual([
      'echoed hello',
      'exit code 0',
      'the connection has ended',
      'no process',
      'no device',
    ]);
  });

  it('at SIGTERM: who has not got everything in time is reset, and not left to wait', async () => {
    const said = await shellSays(`${UP}
      ${STALLED}; kill -TERM $UP; wait $UP; echo "exit code $?"
      cat <&3 2>&1 >/dev/null; echo "cat ended with $?"`);
    const [code, reason, cat] = said.split('\n');
    expect([code, cat]).toEqual(['exit code 0', 'cat ended with 1']);
    expect(reason).toMatch(/Connection reset by peer/);
  });

  it('at a second signal: it dies of that one, and waits for nothing', async () => {
    const said = await shellSays(`${UP}
      ${STALLED}; kill -INT $UP; kill -TERM $UP; wait $UP; echo "exit code $?"
      grep -q tun0 /proc/net/dev || echo "no device"`);
    const [code, device] = said.split('\n');
    // Two that wait are handed out in either order.
    expect(['exit code 143', 'exit code 130']).toContain(code);
    expect(device).toBe('no device');
  });

  it('at SIGKILL: the kernel takes the device away', async () => {
    const said = await shellSays(`${UP}
      kill -KILL $UP; wait $UP 2>/dev/null; echo "exit code $?"
      grep -q tun0 /proc/net/dev || echo "no device"`);
    expect(said.split('\n').slice(-2)).toEqual(['exit code 137', 'no device']);
  });

  it('--publish leads there until then, and not after', async () => {
    const said = await shellSays(`${UP}
      curl -sS http://127.0.0.1:8080/hello; echo
      curl -sS http://127.0.0.1:8080/bytes/20000000 | wc -c
      kill -INT $UP; wait $UP
      curl -s http://127.0.0.1:8080/hello; echo "curl ended with $?"`);
    expect(said.split('\n').map((line) => line.trim())).toEqual(['Hello, world!', '20000000', 'curl ended with 7']);
  });
});
