import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { asUser, inShell, isRoot, isRunning, possible } from '../support/private-network.ts';
import { MAIN, run, start } from '../support/run.ts';

describe.skipIf(!possible)('shell', () => {
  test("the kernel's own curl talks to our TCP, and nothing else is printed", async () => {
    const result = await run(['shell', '--', 'curl', '-sS', 'http://10.9.0.2/hello']);
    expect(result).toEqual({ code: 0, stdout: 'Hello, world!', stderr: '' });
  });

  test('without --: options behind the command are its own', async () => {
    expect(await run(['shell', 'sh', '-c', 'echo "$0" "$@"', '--help', '-x'])).toMatchObject({ stdout: '--help -x\n' });
  });

  test('every service answers there', async () => {
    const result = await inShell(`
      ${process.execPath} -e "require('net').connect(7, '10.9.0.2').on('data', (d) => process.exit(console.log(d + ''))).write('echoed')"
      curl -sS http://10.9.0.2/bytes/1000000 | wc -c
      head -c 1000000 /dev/zero | curl -sS --data-binary @- http://10.9.0.2/sink | head -1
      curl -sS telnet://10.9.0.2:13 </dev/null
      curl -sS telnet://10.9.0.2:19 </dev/null | head -c 1000000 | wc -c`);
    expect(result.stdout).toMatch(/^echoed\n1000000\n/);
    expect(result.stdout).toMatch(/^bytes 1000000$/m);
    expect(result.stdout).toMatch(/ GMT\r\n1000000\n$/);
  });

  test('the network is private: lo, and our device, as told', async () => {
    const flags = [
      '--device',
      'glass%d',
      '--kernel-address',
      '10.8.0.1',
      '--address',
      '10.8.0.2',
      '--prefix',
      '30',
      '--mtu',
      '9000',
    ];
    const result = await inShell(
      'echo $TCPGLASS_ADDRESS $TCPGLASS_KERNEL_ADDRESS; tail -n +3 /proc/net/dev | cut -d: -f1',
      flags,
    );
    expect(result.stdout.split(/\s+/).filter(Boolean).sort()).toEqual(['10.8.0.1', '10.8.0.2', 'glass0', 'lo']);
  });

  test('--trace: segments and state changes on stderr, the output left alone', async () => {
    const result = await run(['shell', '--trace', '--', 'curl', '-sS', 'http://10.9.0.2/hello']);
    expect(result).toMatchObject({ code: 0, stdout: 'Hello, world!' });
    expect(result.stderr).toMatch(/Flags \[S\][\s\S]*SYN_RECEIVED -> ESTABLISHED[\s\S]*Flags \[F\.\]/);
  });

  test("the command's exit code is ours; 127 and 126 as in any shell", async () => {
    expect((await inShell('exit 7')).code).toBe(7);
    expect((await inShell('kill -TERM $$')).code).toBe(143);
    expect(await run(['shell', 'no-such-command'])).toEqual({
      code: 127,
      stdout: '',
      stderr: 'tcpglass: Cannot run no-such-command: there is no such command\n',
    });
    expect(await run(['shell', '/dev/null'])).toMatchObject({ code: 126 });
  });

  test('SIGINT is the command’s, SIGTERM is passed on', async () => {
    const child = start([
      process.execPath,
      MAIN,
      'shell',
      '--',
      'sh',
      '-c',
      'trap "echo told; exit 9" TERM; echo ready; sleep 100 >/dev/null 2>&1 & wait',
    ]);
    const lines: string[] = [];
    child.stdout!.on('data', (chunk) => lines.push(String(chunk)));
    await once(child.stdout!, 'data');
    child.kill('SIGINT');
    await sleep(100);
    child.kill('SIGTERM');
    const [code] = await once(child, 'close');
    expect([code, lines.join('')]).toEqual([9, 'ready\ntold\n']);
  });

  test('killed from outside, it takes the command along', async () => {
    const child = start([process.execPath, MAIN, 'shell', '--', 'sh', '-c', 'echo $$; exec sleep 100']);
    const [line] = await once(child.stdout!, 'data');
    const inner = Number(line);
    expect(isRunning(inner)).toBe(true);
    child.kill('SIGKILL');
    while (isRunning(inner)) await sleep(10); // the test's time is the limit
  });
});

describe.skipIf(!possible || !isRoot)('an ordinary user', () => {
  test('needs no root where /dev/net/tun is open', async () => {
    expect(await asUser('666', 'id -u; $T shell -- curl -sS http://10.9.0.2/hello')).toEqual({
      code: 0,
      stdout: '65534\nHello, world!',
      stderr: '',
    });
  });

  test('is told how to open it where it is not', async () => {
    const { code, stderr } = await asUser('600', '$T shell -- true');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tcpglass: Cannot run a shell: \/dev\/net\/tun: .*chmod 666 \/dev\/net\/tun.*\n$/);
  });

  test('is told how to allow user namespaces where there are none', async () => {
    const forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set -all $T shell -- true';
    const { code, stderr } = await asUser('666', `export T; unshare --user --map-root-user sh -c '${forbid}'`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tcpglass: Cannot run a shell: namespaces: .*sysctl -w user.max_user_namespaces=.*\n$/);
  });

  test('gets a shell from `start`, and an explanation from `up`', async () => {
    const started = await asUser('666', 'echo "curl -sS http://10.9.0.2/hello; exit 5" | $T start');
    expect(started).toMatchObject({ code: 5, stdout: 'Hello, world!', stderr: expect.stringContaining('Try:') });
    const up = await asUser('666', '$T up');
    expect(up).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^tcpglass: .*CAP_NET_ADMIN.*tcpglass shell.*\n$/),
    });
  });

  test('learns from `doctor` which of the ways works', async () => {
    const open = await asUser('666', '$T doctor --json');
    expect(open.code).toBe(0);
    expect(JSON.parse(open.stdout)).toMatchObject({ up: false, shell: true });
    const closed = await asUser('600', '$T doctor');
    expect(closed.code).toBe(1);
    expect(closed.stdout).toMatch(/✗ \/dev\/net\/tun .*\n +fix: sudo chmod 666/);
  });
});
