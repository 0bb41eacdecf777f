import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { besideUp } from './beside-up.ts';

describeKernel.with('nstat', 'curl')('`tcpglass nstat` beside `up`', () => {
  it('has the kernel’s names, its columns, and its ways with what was shown last', async () => {
    const { stdout, stderr } = await besideUp(`
      curl -s http://10.9.0.2/hello >/dev/null; until_so silent $T ss -Htn
      mark() { echo "== $1"; }
      mark first; $T nstat; mark again; $T nstat; mark since; $T nstat -s -a TcpPassiveOpens; mark zeros; $T nstat -z 'TcpExtTCPTimeouts'
      mark reset; $T nstat -r tcpinsegs; mark json; $T nstat -aj; mark names; $T nstat -azj
      mark kernel; nstat -az; mark columns; nstat -az TcpActiveOpens
      curl -s http://10.9.0.2:81/ ; mark drops; $T nstat -a 'TcpDrop*'`);
    expect(stderr).toBe('');
    const parts = Object.fromEntries(
      stdout
        .split(/^== /m)
        .slice(1)
        .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)]),
    );
    expect(parts.first).toMatch(/^#tcpglass\n(.*\n)*TcpPassiveOpens +1 +0\.0\n/);
    expect(parts.first).not.toMatch(/ 0 +0\.0$/m);
    expect(parts.again).toBe('#tcpglass\n');
    expect(parts.since).toBe('#tcpglass\nTcpPassiveOpens                 1                  0.0\n');
    expect(parts.zeros).toBe('#tcpglass\nTcpExtTCPTimeouts               0                  0.0\n');
    expect(parts.reset).toMatch(/^#tcpglass\nTcpInSegs +[1-9]\d* +0\.0\n$/);
    expect(JSON.parse(parts.json!)).toMatchObject({ tcpglass: { TcpPassiveOpens: 1 }, drops: {} });
    const names = (text: string) =>
      text
        .split('\n')
        .slice(1)
        .map((line) => line.split(' ')[0]!)
        .filter((name) => name !== '');
    const kernels = new Set(names(parts.kernel!));
    const unknown = Object.keys((JSON.parse(parts.names!) as { tcpglass: object }).tcpglass).filter(
      (name) => !kernels.has(name),
    );
    expect(unknown).toEqual(['TcpExtPAWSPassive']); // went with tcp_tw_recycle, in Linux 4.12
    const width = (text: string) => text.split('\n')[1]!.search(/\d/);
    expect(width(parts.since!)).toBe(width(parts.columns!));
    expect(parts.drops).toMatch(/^#tcpglass\n#drops\nTcpDropNoSocket +1 +0\.0\n$/);
  });
});

describeKernel.with('curl')('`tcpglass timewait` beside `up`', () => {
  it('tells of each entry how long, why, and who may have its place', async () => {
    const { stdout, stderr } = await besideUp(`
      $T timewait; curl -s telnet://10.9.0.2:13 >/dev/null; until_so shows TIME-WAIT $T timewait
      $T timewait; $T timewait --json | head -c 200; echo; $T timewait --watch 0.1 | head -n 4`);
    expect(stderr).toBe('');
    const [empty, heading, entry, json, ...watched] = stdout.trim().split('\n');
    expect(heading).toMatch(
      /^Left +State +Local Address:Port +Peer Address:Port +Closed first +Last segment +Who may have its place now$/,
    );
    expect(empty!.split(/ {2,}/)).toEqual(heading!.split(/ {2,}/));
    expect(entry).toMatch(
      /^[1-5]?\d\.\d s +TIME-WAIT +10\.9\.0\.2:13 +10\.9\.0\.1:\d+ +we +FIN +a SYN with a timestamp beyond \d+ \(RFC 6191\); a connect of ours that is bound to this port$/,
    );
    expect(json).toMatch(/^\{"version":1,"timeWait":\[\{"state":"TIME_WAIT","local":"10\.9\.0\.2","localPort":13,/);
    expect(watched).toEqual([heading, expect.stringMatching(/ s +TIME-WAIT/), '', heading]);
  });
});

describeKernel.with('curl')('`up --metrics`', () => {
  it('shows the counters to Prometheus, on the kernel’s side', async () => {
    const { stdout, stderr } = await besideUp(
      `curl -s http://10.9.0.2/hello >/dev/null; curl -s -i http://127.0.0.1:9100/metrics
      $T up -q --device tun1 --kernel-address 10.8.0.1 --address 10.8.0.2 --metrics 9100; echo "exit code $?"`,
      '--metrics 9100',
    );
    expect(stderr).toBe('tcpglass: Cannot show metrics at 127.0.0.1:9100: the address is already in use\n');
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Type: text\/plain; version=0\.0\.4; charset=utf-8\r\n/);
    expect(stdout).toMatch(/^tcpglass_TcpPassiveOpens_total 1$/m);
    expect(stdout).toMatch(/^tcpglass_sockets\{state="LISTEN"\} 6$/m);
    expect(stdout).toMatch(/\nexit code 1\n$/);
  });
});
