import { describe, expect, it } from 'vitest';
import { drill } from '../../../src/drill/index.ts';
import { twins } from '../right-and-wrong.ts';

const SERVER = `--tcp_ts_tick_usecs=1000
 0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0   setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0
+0   bind(3, ..., ...) = 0
+0   listen(3, 1) = 0
+0.1 < S 0:0(0) win 32792 <mss 1000,sackOK,TS val 500 ecr 0,nop,wscale 7>
+0   > S. 0:0(0) ack 1 win 64240 <mss 1460,sackOK,TS val 100 ecr 500,nop,wscale 10>
+0.1 < . 1:1(0) ack 1 win 320 <nop,nop,TS val 600 ecr 100>
+0   accept(3, ..., ...) = 4
+0   fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0   read(4, ..., 100) = -1 EAGAIN (nothing)
+0   write(4, ..., 2976) = 2976
+0   > P. 1:2977(2976) ack 1 <nop,nop,TS val 200 ecr 600>
+.05 < . 1:1(0) ack 2977 win 319 <nop,nop,TS val 650 ecr 200>
+0   %{ assert tcpi_unacked == 0 and tcpi_snd_mss == 988, tcpi_snd_mss }%
+0   < P. 2001:3001(1000) ack 2977 win 318 <nop,nop,TS val 650 ecr 200>
+0   > . 2977:2977(0) ack 1 <nop,nop,TS val 250 ecr 650,nop,nop,sack 2001:3001>
+.5  < P. 1:2001(2000) ack 2977 win 317 <nop,nop,TS val 1150 ecr 250>
+0   > . 2977:2977(0) ack 3001 <nop,nop,TS val 750 ecr 1150>
+0   ioctl(4, SIOCINQ, [3000]) = 0
+0   read(4, ..., 3000) = 3000
+0   getsockopt(4, SOL_TCP, TCP_NODELAY, [0], [4]) = 0
+0   poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLOUT}], 1, 0) = 1
+0   write(4, ..., 100) = 100
+0   > P. 2977:3077(100) ack 3001 <nop,nop,TS val 750 ecr 1150>
+.294 > P. 2977:3077(100) ack 3001 <nop,nop,TS val 1044 ecr 1150>
+.1  < . 3001:3001(0) ack 3077 win 316 <nop,nop,TS val 1650 ecr 1044>
+0   close(4) = 0
+0   > F. 3077:3077(0) ack 3001 <nop,nop,TS val 1144 ecr 1650>
`;

twins('a server', SERVER, [
  ['window of a SYN-ACK', 'win 64240', 'win 64241'],
  ['MSS', 'mss 1460', 'mss 1461'],
  ['window scale', '100 ecr 500,nop,wscale 10', '100 ecr 500,nop,wscale 8'],
  ['order of options', '<mss 1460,sackOK,TS val 100 ecr 500', '<mss 1460,TS val 100 ecr 500,sackOK'],
  ['option that is missing', '<mss 1460,sackOK,TS val 100 ecr 500,nop,wscale 10>', '<mss 1460,nop,nop,sackOK>'],
  ['option that is too much', '> . 2977:2977(0) ack 3001 <', '> . 2977:2977(0) ack 3001 <nop,nop,nop,nop,'],
  ['place of the padding', 'ecr 650,nop,nop,sack 2001:3001', 'ecr 650,sack 2001:3001,nop,nop'],
  ['echoed timestamp', '<nop,nop,TS val 200 ecr 600>', '<nop,nop,TS val 200 ecr 601>'],
  ['timestamp', '<nop,nop,TS val 200 ecr 600>', '<nop,nop,TS val 206 ecr 600>'],
  ['edge of a SACK block', 'sack 2001:3001', 'sack 2001:3002'],
  ['flag too much', '> P. 1:2977(2976)', '> PF. 1:2977(2976)'],
  ['flag that is missing', '+0   > P. 2977:3077(100)', '+0   > . 2977:3077(100)'],
  ['ECN flag', '> F. 3077:3077(0)', '> FE. 3077:3077(0)'],
  ['AccECN counter', '> F. 3077:3077(0)', '> F.5 3077:3077(0)'],
  ['sequence number', '> P. 1:2977(2976)', '> P. 2:2978(2976)'],
  ['length, too long', '> P. 1:2977(2976)', '> P. 1:2978(2977)'],
  ['length, too short', '> P. 1:2977(2976)', '> P. 1:2976(2975)'],
  ['acknowledgment number', '> . 2977:2977(0) ack 3001', '> . 2977:2977(0) ack 3002'],
  ['urgent pointer', '> F. 3077:3077(0) ack 3001', '> F. 3077:3077(0) ack 3001 urg 1'],
  ['time, too early', '+.294 > P.', '+.2 > P.'],
  ['time, too late', '+.294 > P.', '+.4 > P.'],
  ['range of time', '+.294 > P.', '+.1~+.2 > P.'],
  ['ECN field', '> F. 3077:3077(0)', '> [ect0] F. 3077:3077(0)'],
  ['TOS', '> F. 3077:3077(0)', '> [tos 0x10] F. 3077:3077(0)'],
  ['TTL', '> F. 3077:3077(0)', '> [ttl 63] F. 3077:3077(0)'],
  ['port', '> F. 3077:3077(0)', '> 8081>43000 F. 3077:3077(0)'],
  ['errno', '-1 EAGAIN', '-1 ECONNRESET'],
  ['failure of a call that succeeds', 'write(4, ..., 2976) = 2976', 'write(4, ..., 2976) = -1 EPIPE (x)'],
  ['success of a call that fails', '= -1 EAGAIN (nothing)', '= 0'],
  ['result of a read', 'read(4, ..., 3000) = 3000', 'read(4, ..., 3000) = 2999'],
  ['value of an ioctl', '[3000]', '[3001]'],
  ['value of a socket option', 'TCP_NODELAY, [0]', 'TCP_NODELAY, [1]'],
  ['set of poll events', 'revents=POLLOUT', 'revents=POLLIN'],
  ['number of ready descriptors', 'revents=POLLOUT}], 1, 0) = 1', 'revents=POLLOUT}], 1, 0) = 0'],
  ['assertion', 'tcpi_snd_mss == 988', 'tcpi_snd_mss == 987'],
  ['assertion with and', 'tcpi_unacked == 0 and', 'tcpi_unacked == 1 and'],
  ['packet that never comes', '+0   getsockopt(4', '+0   > . 2977:2977(0) ack 3001\n+0   getsockopt(4'],
  ['packet that no line expects', '+0   > . 2977:2977(0) ack 3001 <nop,nop,TS val 750 ecr 1150>\n', ''],
  ['call that never blocks', '+0   read(4, ..., 3000)', '+0...0.3 read(4, ..., 3000)'],
]);

twins(
  'a client that blocks',
  ` 0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.05 connect(3, ..., ...) = 0
+0   > S 0:0(0) win 64240 <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 10>
+.05 < S. 0:0(0) ack 1 win 5000 <mss 1000>
+0   > . 1:1(0) ack 1
+0...0.2 read(3, ..., 100) = 10
+.2  < P. 1:11(10) ack 1 win 5000
+0   > . 1:1(0) ack 11
+0   write(3, ..., 1500) = 1500
+0   > P. 1:1501(1500) ack 11
`,
  [
    ['end of a blocking connect', '+0...0.05 connect', '+0...0.1 connect'],
    ['end of a blocking read', '+0...0.2 read', '+0...0.1 read'],
    ['result of a blocking read', '= 10', '= 11'],
    ['call that blocks and should not', '+0...0.2 read', '+0 read'],
    ['SYN flag', '> S 0:0(0)', '> S. 0:0(0)'],
    ['last packet left out of the last write', '1:1501(1500) ack 11', '1:1001(1000) ack 11'],
  ],
);

twins(
  'a packet too many',
  ` 0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0   bind(3, ..., ...) = 0
+0   listen(3, 1) = 0
+0   < S 0:0(0) win 5000 <mss 1000>
+0   > S. 0:0(0) ack 1 <mss 1460>
+0.1 < . 1:1(0) ack 1 win 5000
+0   accept(3, ..., ...) = 4
+0   write(4, ..., 2000) = 2000
+0   > . 1:1001(1000) ack 1
+0   > P. 1001:2001(1000) ack 1
+0.1 < . 1:1(0) ack 2001 win 5000
+0   < P. 2:3(1) ack 2001 win 5000
+0   < P. 4:5(1) ack 2001 win 5000
+0   > . 2001:2001(0) ack 1
+0   > . 2001:2001(0) ack 1
`,
  [
    ['middle: one segment is not expected', '+0   > P. 1001:2001(1000) ack 1\n', ''],
    ['end: one ACK is not expected', '+0   > . 2001:2001(0) ack 1\n+0   > .', '+0   > .'],
  ],
);

describe('pieces of a packet', () => {
  const script = (options: string, expected: string): string => `${options}
 0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0   bind(3, ..., ...) = 0
+0   listen(3, 1) = 0
+0   < S 0:0(0) win 50000 <mss 1000>
+0   > S. 0:0(0) ack 1 <mss 1460>
+0.1 < . 1:1(0) ack 1 win 50000
+0   accept(3, ..., ...) = 4
+0   write(4, ..., 4500) = 4500
${expected}`;
  const one = '+0 > P. 1:4501(4500) ack 1\n';
  const five =
    '+0 > . 1:1001(1000) ack 1\n+0 > P. 1001:2001(1000) ack 1\n+0 > . 2001:3001(1000) ack 1\n' +
    '+0 > P. 3001:4001(1000) ack 1\n+0 > P. 4001:4501(500) ack 1\n';

  it('are put together as packetdrill does, or told one by one', () => {
    expect(drill(script('', one)).status).toBe('passed');
    expect(drill(script('', five)).status).toBe('passed');
    expect(drill(script('', '+0 > P. 1:2001(2000) ack 1\n+0 > P. 2001:4501(2500) ack 1\n')).status).toBe('passed');
  });

  it('must fit the lengths that the script has', () => {
    expect(drill(script('', '+0 > . 1:1501(1500) ack 1\n+0 > P. 1501:4501(3000) ack 1\n')).status).toBe('failed');
    expect(drill(script('', '+0 > P. 1:1001(1000) ack 1\n+0 > P. 1001:4501(3500) ack 1\n')).status).toBe('failed');
  });

  it('may have a PSH or none where there are several: super-segments have had it only since Linux 5.4', () => {
    expect(drill(script('', '+0 > . 1:2001(2000) ack 1\n+0 > . 2001:4501(2500) ack 1\n')).status).toBe('passed');
    expect(drill(script('', '+0 > P. 1:2001(2000) ack 1\n+0 > P. 2001:4501(2500) ack 1\n')).status).toBe('passed');
  });

  it('are super-segments with --strict_segments: of two segments each, where the rate is as low as here (tcp_min_tso_segs)', () => {
    const twos = '+0 > P. 1:2001(2000) ack 1\n+0 > P. 2001:4001(2000) ack 1\n+0 > P. 4001:4501(500) ack 1\n';
    expect(drill(script('--strict_segments', twos)).status).toBe('passed');
    expect(drill(script('--strict_segments', one)).status).toBe('failed');
    expect(drill(script('--strict_segments', five)).status).toBe('failed');
  });
});
