import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../src/observe/log/schema.ts';
import { lifeLine, livesLine, Summary } from '../../../src/views/summary/summary.ts';
import { lineText } from '../../../src/views/text/line.ts';
import { anyLog } from '../support/any-log.ts';
import { HandMadeLog } from '../support/log.ts';

function lives(log: HandMadeLog): string[] {
  const summary = new Summary();
  const ended = [...log.entries.flatMap((entry) => summary.push(entry)), ...summary.end()];
  return ended.map((life) => lineText(lifeLine(life)));
}

const opened = (): HandMadeLog =>
  new HandMadeLog('10.9.0.2:80', '10.9.0.1:40000', 'LISTEN')
    .connection('passively')
    .in('S 0')
    .state('SYN_RECEIVED', 'SYN received', 'RFC 9293, 3.10.7.2')
    .out('S. 0 ack 1')
    .in('. 1 ack 1')
    .state('ESTABLISHED', 'ACK of our SYN', 'RFC 9293, 3.10.7.4');

describe('a connection’s life in one line', () => {
  it('says who opened and closed it, what went each way, and where the TIME_WAIT is', () => {
    const log = opened().after(10).in('P. 1:78 ack 1').after(28).out('P. 1:164 ack 78');
    log.after(40).in('F. 78 ack 164').state('CLOSE_WAIT', 'FIN received', 'RFC 9293, 3.10.7.4');
    log.state('LAST_ACK', 'CLOSE by the user', 'RFC 9293, 3.10.4').out('F. 164 ack 79');
    log.after(41.8).in('. 79 ack 165').state('CLOSED', 'ACK of our FIN', 'RFC 9293, 3.10.7.4');
    expect(lives(log)).toEqual([
      '10.9.0.1:40000 → 10.9.0.2:80 (here)  41.8 ms  in 77 octets, out 163 octets  the peer closed first  ' +
        "TIME_WAIT at the peer's  ended: ACK of our FIN; RFC 9293 3.10.7.4",
    ]);
  });

  it('says what was sent again and dropped, what held it back, and counts each octet once', () => {
    const log = opened();
    const cause = { text: '', source: '' };
    for (let i = 0; i < 4; i++) log.out(`. ${1 + i * 1000}:${1001 + i * 1000} ack 1`);
    log.retransmit('RTO').out('. 1:1001 ack 1').retransmit('fast retransmit').out('. 1001:2001 ack 1');
    log.retransmit('fast retransmit').out('. 2001:3001 ack 1');
    // A hole, what fills it, and what is no part of the connection.
    log.in('. 101:201 ack 1').in('. 1:101 ack 1').in('. 900000:900100 ack 1');
    log.put({ type: 'drop', reason: 'OutsideWindow', because: log.entries.length, cause });
    log.after(1000).put({ type: 'hold', hold: 'cwnd', before: 'rwnd', lasted: 610_000, unsent: 1, cause });
    log.put({ type: 'hold', hold: 'idle', before: 'cwnd', lasted: 5000, unsent: 0, cause });
    log.in('R 201').state('CLOSED', 'RST received', 'RFC 9293, 3.10.7.4');
    expect(lives(log)).toEqual([
      '10.9.0.1:40000 → 10.9.0.2:80 (here)  1 s  in 200 octets, out 4000 octets  the peer reset it  ' +
        'sent again 3: 2 fast retransmit, 1 RTO  dropped 1: 1 OutsideWindow  held by rwnd 61%  ' +
        'ended: RST received; RFC 9293 3.10.7.4',
    ]);
  });

  it('waits for the end of TIME_WAIT, and tells at the log’s end what is not over', () => {
    const ends = { local: '10.9.0.1', localPort: 40000, remote: '10.9.0.2', remotePort: 80 };
    const cause = { text: '2MSL over', source: 'RFC 9293, 3.10.8' };
    const log = new HandMadeLog('10.9.0.1:40000', '10.9.0.2:80').connection('actively');
    log.state('FIN_WAIT_1', 'CLOSE by the user', 'RFC 9293, 3.10.4').state('TIME_WAIT', 'FIN received', '');
    log.put({ type: 'timeWait', action: 'enter', ...ends, state: 'TIME_WAIT', left: 60_000_000, cause });
    expect(lives(log)).toEqual([
      '10.9.0.1:40000 (here) → 10.9.0.2:80  0 µs  we closed first  TIME_WAIT here  is in TIME_WAIT',
    ]);
    log.after(60_000).put({ type: 'timeWait', action: 'leave', ...ends, state: 'TIME_WAIT', left: 0, cause });
    expect(lives(log)).toEqual([
      '10.9.0.1:40000 (here) → 10.9.0.2:80  1 min  we closed first  TIME_WAIT here  ended: 2MSL over; RFC 9293 3.10.8',
    ]);
  });

  it('is another one for the next incarnation, and none for what meets no connection', () => {
    const log = opened().after(5).connection('passively').after(6).in('S 0');
    log.put({ ...new HandMadeLog('10.9.0.2:81', '10.9.0.1:1').in('S 0').entries[0], connection: undefined });
    expect(lives(log)).toHaveLength(2);
  });

  it('of any log: each connection once, and nothing throws', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const summary = new Summary();
        const all = [...log.flatMap((entry) => summary.push(entry)), ...summary.end()];
        for (const life of all) expect(lineText(lifeLine(life))).not.toMatch(/NaN|undefined|null/);
        expect(lineText(livesLine(all))).toMatch(/^\d+ connections?(, \d+ reset)?$/);
        expect(summary.end()).toEqual([]);
      }),
    );
  });
});

describe('of a log of several hosts', () => {
  it('each end has a life, under the name of its host, whatever the numbers of connections are', () => {
    const client = new HandMadeLog('10.9.0.1:40000', '10.9.0.2:80').connection('actively').out('S 0').in('S. 0 ack 1');
    const server = new HandMadeLog('10.9.0.2:80', '10.9.0.1:40000', 'LISTEN').connection('passively').in('S 0');
    server.out('S. 0 ack 1').out('. 1:11 ack 1');
    const hosts = ['client', 'server'].map((name, i) => ({ name, addresses: [`10.9.0.${i + 1}`] }));
    const head = {
      id: 0,
      time: 0,
      type: 'log' as const,
      version: '1.1',
      program: 'tcpglass',
      addresses: [],
      hosts,
    } satisfies LogEntry;
    const summary = new Summary();
    summary.push(head);
    const own = client.entries.map((entry) => ({ ...entry, host: 0 }));
    const other = server.entries.map((entry) => ({ ...entry, host: 1 }));
    // Both hosts call it 1, and what they tell comes by turns.
    for (let i = 0; i < other.length; i++) {
      for (const entry of [own[i], other[i]]) if (entry !== undefined) summary.push(entry as LogEntry);
    }
    const lives = summary.end();
    expect(lives.map(({ host, out }) => [host, out])).toEqual([
      ['client', 0],
      ['server', 10],
    ]);
    expect(lineText(lifeLine(lives[1]!))).toMatch(/^10\.9\.0\.1:40000 → 10\.9\.0\.2:80 \(server\) /);
  });
});
