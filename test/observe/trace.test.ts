import { describe, expect, it } from 'vitest';
import { EntryText } from '../../src/observe/entry-text.ts';
import { traceTo } from '../../src/observe/trace.ts';
import { HandMadeLog } from '../views/support/log.ts';
import { RecordedHosts } from '../views/support/recorded.ts';

function lines(log: HandMadeLog): string[] {
  const text = new EntryText();
  return log.entries.map((entry) => text.line(entry)).filter((line) => line !== null);
}

describe('an entry in one line', () => {
  it('is a segment as tcpdump has it, with numbers from the SYNs on and windows in octets', () => {
    const log = new HandMadeLog('10.9.0.2:80', '10.9.0.1:40000', 'LISTEN').connection('passively');
    log.after(1.5).in('S 0', { options: { mss: 1460, sackPermitted: true, ts: [7, 0], wscale: 10 } });
    log.out('P. 1:2897 ack 78 win 65536', { count: 2, urgent: 3, options: { ts: [8, 7] } });
    log.in('. 78 ack 1 win 0', { options: { sack: [[1449, 2897]] } }).in('R. 78 ack 1 win 0');
    expect(lines(log)).toEqual([
      '   0.001500 < 10.9.0.1.40000 > 10.9.0.2.80: Flags [S], seq 0, win 64240, options [mss 1460,sackOK,TS val 7 ecr 0,wscale 10], length 0',
      '   0.001500 > 10.9.0.2.80 > 10.9.0.1.40000: Flags [P.], seq 1:2897, ack 78, win 65536, urg 3, options [TS val 8 ecr 7], length 2896, (2 segments)',
      '   0.001500 < 10.9.0.1.40000 > 10.9.0.2.80: Flags [.], ack 1, win 0, options [sack 1 {1449:2897}], length 0',
      '   0.001500 < 10.9.0.1.40000 > 10.9.0.2.80: Flags [R.], seq 78, ack 1, win 0, length 0',
    ]);
  });

  it('says what changed, why, and what happened on the way', () => {
    const ends = { local: '10.9.0.2', localPort: 80, remote: '10.9.0.1', remotePort: 40000 };
    const cause = { text: 'the peer sent its FIN again', source: 'RFC 9293, 3.10.7.4' };
    const log = new HandMadeLog('10.9.0.2:80', '10.9.0.1:40000', 'LISTEN').connection('passively');
    log.state('SYN_RECEIVED', 'SYN received', 'RFC 9293, 3.10.7.2').retransmit('RTO', { seq: 1, length: 100 });
    log.put({ type: 'drop', reason: 'Paws', cause }).put({ type: 'cwnd', cwnd: 1, ssthresh: 1, inFlight: 1, cause });
    log.put({ type: 'timeWait', action: 'enter', ...ends, state: 'TIME_WAIT', left: 1, cause });
    log.put({ type: 'timeWait', action: 'restart', ...ends, state: 'TIME_WAIT', left: 1, cause });
    log.path('in', 'held', 'hold FIN 3s in', { flags: 'F.', seq: 9, length: 0, delay: 3_000_000 });
    log.path('out', 'dropped', 'rate 1mbit', { reason: 'QueueFull', flags: '.', seq: 9, length: 5 });
    log.path('out', 'delayed', 'delay 20ms', { delay: 20_000 });
    expect(lines(log).map((line) => line.slice(12))).toEqual([
      '  * 10.9.0.2.80 - 10.9.0.1.40000 LISTEN -> SYN_RECEIVED: SYN received (RFC 9293, 3.10.7.2)',
      '  * 10.9.0.2.80 - 10.9.0.1.40000 sends again: seq 1, length 100 (RTO)',
      '  ! dropped: Paws',
      '  * 10.9.0.2.80 - 10.9.0.1.40000 2MSL begin anew: the peer sent its FIN again (RFC 9293, 3.10.7.4)',
      '~< held for 3 s by "hold FIN 3s in": 10.9.0.1.40000 > 10.9.0.2.80: Flags [F.], seq 9, length 0',
      '~> dropped (QueueFull) by "rate 1mbit": 10.9.0.2.80 > 10.9.0.1.40000: Flags [.], seq 9, length 5',
    ]);
  });
});

it('a trace of a host is those lines, until it is ended', () => {
  const world = new RecordedHosts();
  const said: string[] = [];
  const stop = traceTo(world.far.host, (line) => said.push(line));
  world.in(0, () => world.connect());
  world.wait(100);
  expect(said.map((line) => line.slice(12).replace(/, .*|: .*/, ''))).toEqual([
    '< 10.0.0.1.40000 > 10.0.0.2.80',
    '  * 10.0.0.2.80 - 10.0.0.1.40000 CLOSED -> SYN_RECEIVED',
    '> 10.0.0.2.80 > 10.0.0.1.40000',
    '< 10.0.0.1.40000 > 10.0.0.2.80',
    '  * 10.0.0.2.80 - 10.0.0.1.40000 SYN_RECEIVED -> ESTABLISHED',
  ]);
  stop();
  world.close('client');
  world.wait(100);
  expect(said).toHaveLength(5);
});
