import { describe, expect, it } from 'vitest';
import { drill } from '../../../src/drill/index.ts';

const CLIENT = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0 > S 0:0(0) <...>
`;
const SERVER = ` 0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0   bind(3, ..., ...) = 0
+0   listen(3, 1) = 0
+0   < S 0:0(0) win 60000 <mss 1000>
+0   > S. 0:0(0) ack 1 <mss 1460>
+.1  < . 1:1(0) ack 1 win 60000
+0   accept(3, ..., ...) = 4
`;

/** How a script with this one command comes out. */
const statusOf = (command: string): string => drill(`${CLIENT}+0 \`${command}\``).status;

/** How a script comes out, with the reason why not. */
function outcome(script: string): string {
  const { status, line, message, expected, actual } = drill(script);
  return status === 'passed' ? status : `${status}, line ${line}: ${message}: ${expected}: ${actual}`;
}

describe('commands end as in a shell, and a script fails by one that does not end with 0', () => {
  it.each([
    'true',
    'false || true',
    '! false',
    'false; true',
    'false\ntrue # a comment',
    'false && ls /nowhere\ntrue',
    'true || ls /nowhere',
    'echo one | grep -q one',
    'echo "a b" | grep -c b',
    "sh -c 'true && true'",
    'sysctl -q -w net.ipv4.tcp_sack=1 > /dev/null 2>&1',
    'sysctl -n net.ipv4.tcp_sack | grep -q 1',
    'echo 0 > /proc/sys/net/ipv4/tcp_sack && cat /proc/sys/net/ipv4/tcp_sack | grep 0',
    'exit 0; false',
    'set -e; false || true',
    'echo x > /tmp/x; grep x /tmp/x; rm /tmp/x',
    'tc qdisc replace dev tun0 root pfifo',
    'ss -tmi; date',
  ])('0: %s', (command) => {
    expect(statusOf(command)).toBe('passed');
  });

  it.each([
    'false',
    '! true',
    'true && false',
    'true; false',
    'echo one | grep -q two',
    'echo one | grep -v one',
    "sh -c 'true; false'",
    'exit 3',
    'set -e; false; true',
    'sysctl -n net.ipv4.tcp_sack | grep -q 0',
    'rm /tmp/never-made',
  ])('not 0: %s', (command) => {
    expect(statusOf(command)).toBe('failed');
  });

  it.each([
    'ls /tmp',
    'grep root /etc/passwd',
    'grep " 0A " /proc/net/sockstat',
    'false || grep -q nonsense /etc/hostname',
    'cat /proc/net/netstat',
    'ss -t | grep ESTAB',
    'date | grep 2000',
    'tc qdisc add dev tun0 root pfifo limit 0',
    'tc qdisc add dev tun0 root netem loss 10%',
    'ip route replace 192.0.2.0/24 dev tun0 initcwnd 20',
    'sysctl -n net.ipv4.tcp_no_such_knob | grep 1',
    'test -e /tmp/x',
    'X=1; echo $X',
    'echo $(date)',
    'for i in 1 2; do true; done',
    'nstat | grep -q TcpExtTCPNoSuchCounter',
    'nstat TcpExtTCPNoSuchCounter',
    'sleep 1 &',
  ])('not known: %s', (command) => {
    expect(statusOf(command)).toBe('unsupported');
  });

  it('tells what ended how', () => {
    expect(drill(`${CLIENT}+0 \`true && echo a | grep b\``)).toMatchObject({
      line: 5,
      message: 'The command fails',
      expected: 'exit status 0',
      actual: '1, from: echo a | grep b',
    });
  });

  it('also before the first event and behind the last one', () => {
    expect(drill(`\`false\`\n${CLIENT}`)).toMatchObject({ status: 'failed', line: 1 });
    expect(drill(`${CLIENT}\`false\``)).toMatchObject({ status: 'failed', line: 5 });
  });
});

describe('nstat', () => {
  const FULL = `${SERVER}+0 \`nstat -n\`\n+0 < S 1:1(0) win 60000\n+0 > . 1:1(0) ack 1\n`;

  it("tells how far the host's counters have come since the last look", () => {
    expect(outcome(`${FULL}+0 \`nstat | grep TcpExtTCPChallengeACK | grep -q " 1 "\``)).toBe('passed');
    expect(outcome(`${FULL}+0 \`nstat -s | grep -qE "TcpInSegs +1 +0.0"\`\n+0 \`nstat | grep -q TcpInSegs\``)).toBe(
      'passed',
    );
    expect(outcome(`${FULL}+0 \`nstat | grep -q TcpInSegs\`\n+0 \`nstat | grep -q TcpInSegs\``)).toMatch(
      /^failed, line 12/,
    );
  });

  it('has since when the host began with -a, zeros with -z, and patterns', () => {
    expect(outcome(`${FULL}+0 \`nstat -a | grep -q "TcpInSegs  *3 "\``)).toBe('passed');
    expect(outcome(`${FULL}+0 \`nstat -az TcpOutRsts | grep -q "TcpOutRsts  *0 "\``)).toBe('passed');
    expect(outcome(`${FULL}+0 \`nstat -z 'TcpExt*' | grep -q TcpInSegs\``)).toMatch(/^failed/);
    expect(outcome(`${FULL}+0 \`nstat | grep -q TcpOutRsts\``)).toMatch(/^failed/);
    expect(outcome(`${FULL}+0 \`nstat -az IpInReceives | grep -q "  3 "\``)).toBe('passed');
  });
});

describe('ip link set mtu', () => {
  const SENDS = `${SERVER.replace('mss 1000', 'mss 1460')}+0 write(4, ..., 1460) = 1460
+0   > P. 1:1461(1460) ack 1
+.1  < . 1:1(0) ack 1461 win 60000
+0   \`ip link set dev tun0 mtu 1000\`
+0   write(4, ..., 1460) = 1460
`;
  it('makes segments fit', () => {
    const after = '+0   > . 1461:2421(960) ack 1\n+0   > P. 2421:2921(500) ack 1\n';
    for (const ipVersion of ['ipv4', 'ipv6'] as const) {
      expect(drill(SENDS + after, { ipVersion, sameMss: true })).toMatchObject({ message: '', status: 'passed' });
    }
    expect(outcome(SENDS.replace(/.*ip link.*\n/, '') + after)).toMatch(/^failed/);
    expect(drill(`${CLIENT}+0 \`ip link set dev tun0 mtu 20\``).status).toBe('unsupported');
  });
});

describe('files and pipes', () => {
  it('are sent with sendfile, from where one says or where it stands', () => {
    expect(
      outcome(`\`rm -f /tmp/f; dd if=/dev/zero of=/tmp/f bs=1k count=2 status=none\`
${SERVER}+0 setsockopt(4, SOL_TCP, TCP_NODELAY, [1], 4) = 0
+0   open("/tmp/f", O_RDONLY) = 5
+0   sendfile(4, 5, [0], 5) = 5
+0   > P. 1:6(5) ack 1
+0   sendfile(4, 5, [2000], 1000) = 48
+0   > P. 6:54(48) ack 1
+0   sendfile(4, 5, NULL, 100) = 100
+0   > P. 54:154(100) ack 1
+0   sendfile(4, 5, NULL, 5000) = 1948
+0   > P. 154:2102(1948) ack 1
+0   sendfile(4, 5, NULL, 5000) = 0
+0   sendfile(4, 9, NULL, 1) = -1 EBADF (Bad file descriptor)`),
    ).toBe('passed');
    expect(drill(`${SERVER}+0 open("/etc/passwd", O_RDONLY) = 5`).status).toBe('unsupported');
  });

  it('are filled and emptied with splice, which stops at urgent data', () => {
    expect(
      outcome(`${SERVER}+0 setsockopt(4, SOL_TCP, TCP_NODELAY, [1], 4) = 0
+0   pipe([5, 6]) = 0
+0   splice(4, NULL, 6, NULL, 10, SPLICE_F_NONBLOCK) = -1 EAGAIN (nothing there)
+0   < P. 1:101(100) ack 1 win 60000
+0   > . 1:1(0) ack 101
+0   splice(4, NULL, 6, NULL, 99, 0) = 99
+0   splice(5, NULL, 4, NULL, 40, 0) = 40
+0   > P. 1:41(40) ack 101
+0   splice(5, NULL, 4, NULL, 100, 0) = 59
+0   > P. 41:100(59) ack 101
+0   splice(6, NULL, 4, NULL, 100, 0) = -1 EBADF (the wrong end)
+.1  < U. 101:201(100) ack 100 win 60000 urg 100
+0   splice(4, NULL, 6, NULL, 100, 0) = 100`),
    ).toBe('passed');
  });

  it('look at /proc/net/tcp: addresses as the machine has them in memory, states by their numbers', () => {
    const passes = (script: string): void => {
      const { status, line, message } = drill(script);
      expect(status, `${line}: ${message}`).toBe('passed');
    };
    passes(`${SERVER}+0 \`grep -q "0: 0100A8C0:1F90 00000000:0000 0A" /proc/net/tcp\`
+0 < P. 1:18(17) ack 1 win 60000
+0 > . 1:1(0) ack 18
+0 \`grep -q "1: 0100A8C0:1F90 010200C0:.* 01 00000000:00000011" /proc/net/tcp\`
+0 \`! grep -q 1F90 /proc/net/tcp6\``);
    passes(`--ip_version=ipv6\n${SERVER.replace('<mss 1460>', '<mss 1440>')}+0 \`grep " 0A " /proc/net/tcp /proc/net/tcp6 | grep -q ":1F90"\`
+0 \`! grep -q 1F90 /proc/net/tcp\``);
  });
});
