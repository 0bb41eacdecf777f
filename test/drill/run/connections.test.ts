import { describe, expect, it } from 'vitest';
import { drill } from '../../../src/drill/index.ts';
import { twins } from '../right-and-wrong.ts';

const LISTENING = ` 0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0   bind(3, ..., ...) = 0
+0   listen(3, 1) = 0
`;
const ACCEPTED = `${LISTENING}+0   < S 100:100(0) win 60000 <mss 1000>
+0   > S. 0:0(0) ack 101 <mss 1460>
+.1  < . 1:1(0) ack 1 win 60000
+0   accept(3, ..., ...) = 4
`;

/** How a script came out, in a line. */
function outcome(script: string): string {
  const { status, line, message, actual } = drill(script);
  return status === 'passed' ? status : `${status}, line ${line}: ${message}: ${actual}`;
}

describe('a later SYN does not move what the numbers count from', () => {
  it('while the connection lives', () => {
    expect(
      outcome(`${ACCEPTED}+.1  < S 5000:5000(0) win 60000 <mss 1000>
+0   > . 1:1(0) ack 1
+.1  < P. 1:11(10) ack 1 win 60000
+0   > . 1:1(0) ack 11`),
    ).toBe('passed');
  });

  it('in TIME_WAIT, be it an old one', () => {
    expect(
      outcome(`${ACCEPTED}+0   close(4) = 0
+0   > F. 1:1(0) ack 1
+.1  < F. 1:1(0) ack 2 win 60000
+0   > . 2:2(0) ack 2
+1   < S 50:50(0) win 60000 <mss 1000>
+0   > . 2:2(0) ack 2
+1   < . 2:2(0) ack 2 win 60000`),
    ).toBe('passed');
  });

  it('nor does the SYN-ACK that a client gets once more', () => {
    expect(
      outcome(` 0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0...0.1 connect(3, ..., ...) = 0
+0   > S 0:0(0) <...>
+.1  < S. 100:100(0) ack 1 win 60000 <mss 1000>
+0   > . 1:1(0) ack 1
+.1  < S. 7000:7000(0) ack 1 win 60000 <mss 1000>
+0   > . 1:1(0) ack 1
+.1  < P. 1:11(10) ack 1 win 60000
+0   > . 1:1(0) ack 11`),
    ).toBe('passed');
  });

  it('when the connection is gone; but our own new number is learned', () => {
    expect(
      outcome(`${ACCEPTED}+.1  < R. 1:1(0) ack 1 win 0
+.1  < S 1000:1000(0) win 60000 <mss 1000>
+0   > S. 0:0(0) ack 1001 <mss 1460>
+.1  < . 901:901(0) ack 1 win 60000
+0   close(4) = 0
+0   accept(3, ..., ...) = 5`),
    ).toBe('passed');
  });
});

describe('packets of other connections', () => {
  const TWO = `${ACCEPTED}+0   write(4, ..., 100) = 100
+0   > P. 1:101(100) ack 1
+0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 5
+0...0.3 connect(5, ..., ...) = 0
+0   > S 0:0(0) <...>
+.3  < S. 0:0(0) ack 1 win 60000 <mss 1000>
+0   > . 1:1(0) ack 1
`;

  it('are passed over, and counted', () => {
    const verdict = drill(TWO);
    expect(verdict).toMatchObject({ status: 'passed', message: '' });
    expect(verdict.notes).toContain('1 packets of other connections left, and were passed over');
  });

  it('are named where nothing else comes', () => {
    expect(drill(`${TWO}+0   > . 1:1(0) ack 1`)).toMatchObject({
      status: 'failed',
      actual: expect.stringMatching(/^nothing until/),
    });
    const waits = drill(`${TWO}+1   > . 1:1(0) ack 1`);
    expect(waits.actual).toMatch(/passed over: one of 8080>43000/);
  });

  it('are not passed over when the script names their ports', () => {
    expect(outcome(TWO.replace('+.3  < S.', '+.3  > 8080>43000 P. 1:101(100) ack 1\n+0   < S.'))).toBe('passed');
  });

  it('do not hide that one of its own is too many', () => {
    expect(drill(`${TWO}+0   write(5, ..., 10) = 10\n+.2  > F. 1:1(0) ack 1`).status).toBe('failed');
  });
});

twins(
  'a client',
  ` 0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0   fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0   connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0   > S 0:0(0) <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 10>
`,
  [['timestamp echoed in a SYN', 'ecr 0', 'ecr 777']],
);

describe('AccECN counters', () => {
  it.each(['P5.', 'P.5', '5P.'])('may stand on either side of the point: %s', (flags) => {
    expect(outcome(`${ACCEPTED}+.1  < ${flags} 1:11(10) ack 1 win 60000\n+0   > . 1:1(0) ack 11`)).toBe('passed');
  });

  it.each(['P55.', 'PE5.', 'P8.', 'P5.5'])('must be one digit, without the flags that it stands for: %s', (flags) => {
    expect(drill(`${ACCEPTED}+.1  < ${flags} 1:11(10) ack 1 win 60000`).status).toBe('invalid');
  });

  it('are three flags on the wire, to us as in what we expect', () => {
    expect(
      outcome(`${ACCEPTED}+.1  < 0. 1:1(0) ack 1 win 60000\n+.1  < F. 1:1(0) ack 1 win 60000\n+0   > 0. 1:1(0) ack 2`),
    ).toBe('passed');
    expect(drill(`${ACCEPTED}+.1  < F. 1:1(0) ack 1 win 60000\n+0   > 4. 1:1(0) ack 2`)).toMatchObject({
      status: 'failed',
      message: 'The set of ECN flags is wrong',
    });
  });
});

describe('errors by their names', () => {
  const REFUSED = ` 0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0   fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0   connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0   > S 0:0(0) <...>
`;
  const GIVES = (name: string): string => `+0   getsockopt(3, SOL_SOCKET, SO_ERROR, [${name}], [4]) = 0`;

  it.each([
    ['+.1 < R. 0:0(0) ack 1 win 0', 'ECONNREFUSED'],
    ['+.1 < icmp unreachable protocol_unreachable [0:0(0)]', 'ENOPROTOOPT'],
  ])('%s gives %s', (packet, name) => {
    expect(outcome(`${REFUSED}${packet}\n${GIVES(name)}`)).toBe('passed');
    expect(drill(`${REFUSED}${packet}\n${GIVES('ECONNRESET')}`).status).toBe('failed');
    expect(drill(`${REFUSED}${packet}\n${GIVES('0')}`).status).toBe('failed');
  });
});

describe('tcp_info of a socket without a connection', () => {
  it('says that it is closed, or listens with so many in the queue', () => {
    expect(
      outcome(` 0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0   %{ assert tcpi_state == TCP_CLOSE and tcpi_snd_ssthresh == TCP_INFINITE_SSTHRESH and tcpi_unacked == 0 }%
+0   bind(3, ..., ...) = 0
+0   listen(3, 5) = 0
+0   %{ assert tcpi_state == TCP_LISTEN and tcpi_unacked == 0 and tcpi_sacked == 5, tcpi_sacked }%
+0   getsockopt(3, SOL_TCP, TCP_INFO, {tcpi_state=TCP_LISTEN, tcpi_sacked=5}, [200]) = 0`),
    ).toBe('passed');
    expect(drill(`${LISTENING}+0 %{ assert tcpi_state == TCP_CLOSE }%`).status).toBe('failed');
    expect(drill('0 %{ assert tcpi_state == 7 }%').status).toBe('invalid');
  });

  it('has every field that a connection has', () => {
    const names = (script: string): string => drill(script).status;
    for (const name of ['tcpi_min_rtt', 'tcpi_rcv_space', 'tcpi_bytes_acked', 'tcpi_reord_seen']) {
      expect(names(`0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 %{ assert ${name} == 0, ${name} }%`)).toBe(
        'passed',
      );
    }
  });
});
