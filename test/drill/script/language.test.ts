import { describe, expect, it } from 'vitest';
import { drill } from '../../../src/drill/index.ts';
import { parseScript } from '../../../src/drill/script/parser.ts';

const only = (text: string) => parseScript(text).events[0]!;

describe('times', () => {
  it('are absolute, relative, ranges, or any', () => {
    const times = parseScript('0 `true`\n+.1 `true`\n0.5~1 > . 1:1(0)\n+0~+.1 > . 1:1(0)\n* > . 1:1(0)\n1.25 `true`');
    expect(times.events.map((event) => event.time)).toEqual([
      { type: 'absolute', at: 0, until: null },
      { type: 'relative', at: 100_000, until: null },
      { type: 'absolute', at: 500_000, until: 1_000_000 },
      { type: 'relative', at: 0, until: 100_000 },
      { type: 'any' },
      { type: 'absolute', at: 1_250_000, until: null },
    ]);
    expect(times.events.map((event) => event.line)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('may not be ranges for what the script itself does', () => {
    expect(drill('* < . 1:1(0)')).toMatchObject({ status: 'invalid', line: 1 });
    expect(drill('0~1 close(3) = 0')).toMatchObject({ status: 'invalid' });
    expect(drill('0 `true`\n1~.5 > . 1:1(0)')).toMatchObject({ status: 'invalid', line: 2 });
  });

  it('begin at zero and do not run backwards', () => {
    expect(drill('0.1 `true`')).toMatchObject({ status: 'invalid', message: 'The first event must be at time 0' });
    expect(drill('0 `true`\n1 `true`\n0.5 `true`')).toMatchObject({ status: 'invalid', line: 3 });
  });
});

describe('packets', () => {
  it('have flags in all spellings', () => {
    const flags = ['S', 'S.', 'SEW', 'SEWA', '.', 'P.', 'F.', 'R', 'R.', 'PU.', '-', 'EW.', 'P.5', '.7', 'EAP.'];
    const parsed = flags.map((f) => only(`0 > ${f} 1:1(0)`).action);
    expect(parsed.map((a) => a.type === 'tcp' && [a.flags, a.ace])).toEqual([
      [0x02, null],
      [0x12, null],
      [0xc2, null],
      [0x1c2, null],
      [0x10, null],
      [0x18, null],
      [0x11, null],
      [0x04, null],
      [0x14, null],
      [0x38, null],
      [0, null],
      [0xd0, null],
      [0x18, 5],
      [0x10, 7],
      [0x158, null],
    ]);
  });

  it('have addresses, ECN, options and an urgent pointer', () => {
    const text =
      '0 > [ect0,flowlabel 0x5] 80>5000 PU. 1:3(2) ack 7 win 9 urg 2 <nop,nop,TS val 1 ecr 2,nop,nop,sack 3:4 5:6>';
    expect(only(text).action).toMatchObject({
      type: 'tcp',
      direction: 'out',
      ip: { ecn: 'ect0', tos: null, ttl: null, flowLabel: 5 },
      ports: { src: 80, dst: 5000 },
      seq: 1,
      length: 2,
      ack: 7,
      win: 9,
      urg: 2,
      options: [
        { type: 'nop' },
        { type: 'nop' },
        { type: 'TS', val: 1, ecr: 2 },
        { type: 'nop' },
        { type: 'nop' },
        {
          type: 'sack',
          blocks: [
            { left: 3, right: 4 },
            { left: 5, right: 6 },
          ],
        },
      ],
    });
    expect(only('0 > (tos 0x10) . 1:1(0) <...>').action).toMatchObject({ ip: { tos: 16 }, options: null });
    expect(only('0 < [ttl 3] S 0:0(0) <FO 0102030405060708,nop,nop>').action).toMatchObject({
      ip: { ttl: 3 },
      options: [{ type: 'raw', name: 'FO', bytes: [34, 10, 1, 2, 3, 4, 5, 6, 7, 8] }, { type: 'nop' }, { type: 'nop' }],
    });
    expect(only('0 < S. 0:0(0) ack 1 <ECN e1b 1 ceb 0 e0b 1,nop>').action).toMatchObject({
      options: [{ type: 'raw', bytes: [174, 11, 0, 0, 1, 0, 0, 0, 0, 0, 1] }, { type: 'nop' }],
    });
  });

  it('must be consistent', () => {
    expect(drill('0 < . 1:1000(1000)')).toMatchObject({ status: 'invalid', line: 1 });
    expect(drill('0 < S 0:0(0) <mss 1460,nop>')).toMatchObject({ status: 'invalid' });
    expect(drill('0 < X 0:0(0)')).toMatchObject({ status: 'invalid', message: '"X" in "X" is no TCP flag' });
    expect(drill('0 < . 1:1(0) win 65536')).toMatchObject({ status: 'invalid' });
    expect(drill('0 < . 1:1(0) <...>')).toMatchObject({ status: 'invalid' });
  });

  it('may be ICMP messages of any type', () => {
    const begin = '0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n';
    const sent = (text: string): string => drill(`${begin}+0 < icmp ${text}`).status;
    const codes =
      'net_unreachable host_unreachable protocol_unreachable port_unreachable source_route_failed net_unknown';
    for (const code of codes.split(' ')) expect(sent(`unreachable ${code}`), code).toBe('passed');
    const types = 'echo_reply source_quench redirect time_exceeded parameter_problem timestamp_request timestamp_reply';
    for (const type of types.split(' ')) expect(sent(type), type).toBe('passed');
    expect(sent('type_255 code_7')).toBe('passed');
    expect(sent('packet_too_big mtu 1280')).toBe('unsupported');
    expect(sent('no_such_type')).toBe('invalid');
    expect(sent('unreachable no_such_code')).toBe('invalid');
  });

  it('may be ICMP messages that quote a segment', () => {
    expect(only('0 < [1:1461(1460)] icmp unreachable frag_needed mtu 1200').action).toEqual(
      only('0 < icmp unreachable frag_needed mtu 1200 [1:1461(1460)]').action,
    );
    expect(only('0 < icmp unreachable frag_needed mtu 1200 [1:1461(1460)]').action).toEqual({
      type: 'icmp',
      direction: 'in',
      family: null,
      ip: { ecn: null, tos: null, ttl: null, flowLabel: null },
      typeName: 'unreachable',
      codeName: 'frag_needed',
      mtu: 1200,
      id: null,
      quoted: { protocol: 'tcp', seq: 1, length: 1460 },
    });
  });
});

describe('calls', () => {
  it('take every form of argument', () => {
    const text = `0...0.25 sendmsg(4, {msg_name(...)=..., msg_iov(2)=[{..., 10}, {"ab" "c"..., 5}],
      msg_flags=MSG_OOB|0x40}, 0) = -1 EAGAIN (Resource temporarily unavailable)`;
    const { action } = only(text);
    if (action.type !== 'call') throw new Error('not a call');
    expect(action).toMatchObject({ name: 'sendmsg', end: 250_000, errno: 'EAGAIN' });
    const header = action.args[1]!;
    if (header.type !== 'struct') throw new Error('not a structure');
    expect([...header.fields.keys()]).toEqual(['msg_name', 'msg_iov', 'msg_flags']);
    expect(header.fields.get('msg_iov')).toMatchObject({
      items: [{ type: 'group' }, { items: [{ text: 'abc' }, {}] }],
    });
  });

  it('have addresses that are written out', () => {
    const address = '{sa_family = AF_INET, sin_port = htons(8080), sin_addr = inet_addr("192.168.0.1")}';
    const script = `0 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ${address}, 16) = 0\n+0 listen(3, 1) = 0`;
    expect(drill(script).status).toBe('passed');
    expect(drill(script.replace('168.0.1', '168.0.9'))).toMatchObject({ status: 'failed', actual: '-1 EADDRNOTAVAIL' });
  });
});

describe('comments, definitions and options', () => {
  it('are understood', () => {
    const script = `#!/usr/bin/env packetdrill
--define=KIND=SOCK_STREAM // behind an option
--tolerance_usecs=5000
/* a comment
   over two lines */
0 socket(..., KIND, IPPROTO_TCP) = FD // and one here
`;
    expect(drill(script, { defines: new Map([['FD', '7']]) }).status).toBe('passed');
    expect(drill(script).status).toBe('unsupported'); // FD is no constant
    expect(drill('--no_such_option\n0 `true`')).toMatchObject({ status: 'invalid', line: 1 });
    expect(drill('0 `true`', { options: [{ name: 'mtu', value: 'x' }] }).status).toBe('invalid');
  });
});

describe('what is not there', () => {
  const unsupported = (script: string): void => {
    expect(drill(script), script).toMatchObject({ status: 'unsupported' });
  };

  it('is told, and never passed', () => {
    unsupported('0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3');
    unsupported('0 > udp (100)');
    unsupported('0 > gre: ipv4 1.2.3.4 > 5.6.7.8: . 1:1(0)');
    unsupported('0 `ip route add 1.2.3.4 via 5.6.7.8`');
    unsupported('0 `sysctl -q net.ipv4.tcp_no_such_knob=1`');
    unsupported('0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 setsockopt(3, SOL_TCP, TCP_REPAIR, [1], 4) = 0');
    unsupported('0 mmap(0, 1) = 0');
  });
});

describe('commands', () => {
  it('set knobs, in every spelling', () => {
    const passes = (command: string): void => {
      expect(drill(`\`${command}\`\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3`), command).toMatchObject({
        status: 'passed',
      });
    };
    passes('sysctl -q net.ipv4.tcp_syn_retries=3 net.ipv4.tcp_timestamps=0 > /dev/null 2>&1');
    passes('sysctl -w net.ipv4.tcp_rmem="4096 $((64*1024)) 1000000"');
    passes('../common/defaults.sh\n../common/set_sysctls.py /proc/sys/net/ipv4/tcp_syn_retries=3');
    passes('echo 4 > /proc/sys/net/ipv4/tcp_syn_retries; /tmp/sysctl_restore_$' + '{PPID}.sh');
    expect(drill('`sysctl -q net.ipv4.tcp_syn_retries=9999`\n0 `true`').status).toBe('invalid');
  });

  it('get the congestion control that they name, or are unsupported', () => {
    const script = (set: string): string => `\`${set}\`
 0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0   getsockopt(3, SOL_TCP, TCP_CONGESTION, "reno", [4]) = 0`;
    expect(drill(script('sysctl -q net.ipv4.tcp_congestion_control=reno')).status).toBe('passed');
    expect(drill(script('sysctl -q net.ipv4.tcp_congestion_control=vegas')).status).toBe('unsupported');
    expect(
      drill(
        `${script('sysctl -q net.ipv4.tcp_congestion_control=reno')}\n+0 setsockopt(3, SOL_TCP, TCP_CONGESTION, "vegas", 5) = 0`,
      ).status,
    ).toBe('unsupported');
    expect(drill(script('../common/defaults.sh').replace('reno', 'cubic')).status).toBe('passed');
  });

  it('show on the wire', () => {
    const script = (
      retries: number,
    ): string => `\`sysctl -q net.ipv4.tcp_syn_retries=${retries} net.ipv4.tcp_syn_linear_timeouts=0\`
 0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0...3 connect(3, ..., ...) = -1 ETIMEDOUT (Connection timed out)
+0   > S 0:0(0) <...>
+1   > S 0:0(0) <...>`;
    expect(drill(script(1)).status).toBe('passed');
    expect(drill(script(2)).status).toBe('failed');
  });
});
