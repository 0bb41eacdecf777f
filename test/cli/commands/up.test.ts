import { describe, expect, test } from 'vitest';
import { inShell, possible, UP, WAIT } from '../support/private-network.ts';

describe.skipIf(!possible)('up', () => {
  test('says what it did, serves, publishes, and leaves nothing behind', async () => {
    const { stdout, stderr } = await inShell(`
      ${UP} --publish 8080:80 & UP=$!; ${WAIT}
      curl -sS http://127.0.0.1:8080/bytes/5000000 | wc -c
      kill -INT $UP; wait $UP; echo "exit code $?"
      grep -c tun7 /proc/net/dev`);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^tun7 is up: kernel 10\.7\.0\.1\/24, tcpglass 10\.7\.0\.2, MTU 1500/);
    expect(stdout).toContain('Services:  echo 7, discard 9, daytime 13, chargen 19, http 80, iperf3 5201\n');
    expect(stdout).toContain('Published: 127.0.0.1:8080 -> 10.7.0.2:80\n');
    expect(stdout).toContain('Try:       curl http://10.7.0.2/hello\n');
    expect(stdout).toMatch(/^5000000$/m);
    expect(stdout).toMatch(/exit code 0\n0\n$/);
  });

  test('--json is one line; --services picks; SIGTERM is as good as Ctrl-C', async () => {
    const { stdout } = await inShell(`
      ${UP} --json --no-offload --services http,echo=70 & UP=$!; ${WAIT}
      kill -TERM $UP; wait $UP; echo $?`);
    const [line, code] = stdout.trim().split('\n');
    expect(JSON.parse(line!)).toEqual({
      device: 'tun7',
      mtu: 1500,
      queueLength: 10_000,
      offload: false,
      kernelAddress: '10.7.0.1',
      address: '10.7.0.2',
      prefix: 24,
      services: { http: 80, echo: 70 },
      published: [],
      metrics: null,
      control: expect.stringMatching(/tun7(-\d+)?\.sock$/),
    });
    expect(code).toBe('0');
  });

  test('refuses addresses that lead to another device, in one line, and leaves that one alone', async () => {
    const { stdout, stderr } = await inShell(`
      ${UP} -q & UP=$!; ${WAIT}
      $T up --device tun8 --kernel-address 10.7.0.1 --address 10.7.0.2; echo "exit code $?"
      grep -c tun8 /proc/net/dev; curl -sS http://10.7.0.2/hello; kill -TERM $UP; wait $UP`);
    expect(stdout).toBe('exit code 1\n0\nHello, world!');
    expect(stderr).toMatch(/^tcpglass: Cannot be reached as 10\.7\.0\.2 on tun8: [^\n]* to tun7\.[^\n]*\n$/);
  });

  test('a sender finds room in a short queue without offload for all that it may send', async () => {
    const { stdout, stderr } = await inShell(`
      ip tuntap add tun7 mode tun && ip link set tun7 txqueuelen 500
      ${UP} -q --no-offload & UP=$!; ${WAIT}
      head -c 30000000 /dev/zero | curl -sS -T - http://10.7.0.2/sink | head -n1
      awk '/tun7:/ { print "dropped", $13 }' /proc/net/dev; kill -TERM $UP; wait $UP; ip link del tun7`);
    expect(stderr).toBe('');
    expect(stdout.split('\n').slice(-2)[0]).toBe('dropped 0');
  });

  test('says when the queue of a device that was there is short', async () => {
    const { stdout, stderr } = await inShell(`
      ip tuntap add tun7 mode tun && ip link set tun7 txqueuelen 77
      ${UP} & UP=$!; ${WAIT}; kill -TERM $UP; wait $UP
      ip link set tun7 txqueuelen 10000; ${UP} & UP=$!; ${WAIT}; kill -TERM $UP; wait $UP; ip link del tun7`);
    expect(stderr).toBe('');
    const said = stdout.split('\n').filter((line) => line.startsWith('Queue:'));
    expect(said).toEqual([expect.stringMatching(/room for 77 packets.*sudo ip link set tun7 txqueuelen 10000$/)]);
  });

  test('ends at once, also with a transfer under way', async () => {
    const { stdout } = await inShell(`
      ${UP} --quiet & UP=$!; ${WAIT}
      mkfifo /tmp/got.$$; exec 3<>/tmp/got.$$; rm /tmp/got.$$
      curl -s http://10.7.0.2/bytes/1000000000000 >&3 & head -c1 <&3 >/dev/null
      kill -INT $UP; wait $UP; echo $?; kill $!`);
    // Without an end of its own it would wait for the terabyte.
    expect(stdout).toBe('0\n');
  });

  test('a device that is in use, and one that is deleted', async () => {
    const { stdout, stderr } = await inShell(`
      ${UP} --quiet & UP=$!; ${WAIT}
      ${UP}; echo $?
      $T up --device other --kernel-address 10.6.0.1 --address 10.6.0.2 --publish 9:9 --publish 9:9; echo $?
      ip link del tun7 && wait $UP; echo $?`);
    expect(stdout).toBe('1\n1\n1\n');
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^tcpglass: Cannot attach to tun7: another process has it open/),
      'tcpglass: Cannot publish 127.0.0.1:9: the address is already in use',
      'tcpglass: The device tun7 is gone: another program deleted it',
      '',
    ]);
  });
});

const SERVER = `require('http').createServer((q, s) => {
  if (q.url === '/slow') return;
  s.statusCode = q.url === '/missing' ? 404 : 200; s.setHeader('X-Url', q.url); s.end('x'.repeat(1e6) + '\\n') }).listen(8000, () => console.error('ready'))`;
const SERVE = `${process.execPath} -e "$SERVER" & SERVER=$!; until curl -s -o /dev/null http://127.0.0.1:8000/; do sleep 0.05; done`;
const shellBeside = (script: string) =>
  inShell(`SERVER=$(cat <<'END'\n${SERVER}\nEND\n); ${SERVE}\n${script}\nkill $SERVER`, ['--services', 'none']);

describe.skipIf(!possible)("towards the kernel's side", () => {
  test('get: body, headers, a file, statuses', async () => {
    const { stdout, stderr } = await shellBeside(`
      $T get http://kernel:8000/ | wc -c
      $T get -i http://kernel:8000/a%20b?c | head -c 100 | grep -a -i -e '^HTTP' -e x-url
      F=$(mktemp); $T get -o $F http://10.9.0.1:8000/; wc -c < $F; rm $F
      $T get -f http://kernel:8000/missing -o /dev/null; echo $?
      $T get http://kernel:8000/missing -o /dev/null; echo $?
      $T get http://kernel:8000/ -o /nonexistent/file; echo $?
      $T get -w 0.3 http://kernel:8000/slow; echo $?
      $T get http://kernel:8001/; echo $?`);
    expect(stdout.replace(/\r/g, '')).toMatch(
      /^1000001\nHTTP\/1\.1 200 OK\nX-Url: \/a%20b\?c\n1000001\n1\n0\n1\n1\n1\n$/,
    );
    expect(stderr).toBe(`ready
tcpglass: The server answered 404 Not Found
tcpglass: Cannot write /nonexistent/file: no such file or directory
tcpglass: Cannot get http://kernel:8000/slow: timed out after 0.3 s
tcpglass: Cannot get http://kernel:8001/: connection refused (nothing listens there)
`);
  });

  test('connect: nc, with a half-close', async () => {
    const { stdout, stderr } = await shellBeside(`
      printf 'GET / HTTP/1.1\\r\\nHost: k\\r\\nConnection: close\\r\\n\\r\\n' | $T connect -v kernel 8000 | wc -c
      $T connect -d -w 0.3 kernel 8000; echo $?
      $T connect kernel 8001 </dev/null; echo $?`);
    expect(Number(stdout.split('\n')[0])).toBeGreaterThan(1_000_001);
    expect(stdout).toMatch(/\n1\n1\n$/);
    expect(stderr).toMatch(/^ready\nConnected to 10\.9\.\d+\.1 port 8000\n.*timed out after 0\.3 s\n.*refused.*\n$/);
  });
});
