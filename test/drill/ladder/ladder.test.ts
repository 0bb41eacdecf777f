import { describe, expect, it } from 'vitest';
import { drill, reportText } from '../../../src/drill/index.ts';
import { underline } from '../../../src/drill/ladder/draw.ts';

const SCRIPT = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 60000 <mss 1000,sackOK,nop,nop>
+0 > S. 0:0(0) ack 1 <...>
+.1 < . 1:1(0) ack 1 win 60000
+0 accept(3, ..., ...) = 4
+0 write(4, ..., 3000) = 3000
+0 > . 1:1001(1000) ack 1
+0 > P. 1001:2001(1000) ack 1 win 64240
+0 > P. 2001:3001(1000) ack 1
+.1 < . 1:1(0) ack 3001 win 60000
+0 < P. 2:12(10) ack 3001 win 60000
+0 > . 3001:3001(0) ack 1 <nop,nop,sack 2:12>
`;

/** What a person sees of the script with one piece of it exchanged. */
function story(right: string, wrong: string, verbose = false): string[] {
  expect(SCRIPT.split(right)).toHaveLength(2);
  return reportText({ file: 'a.pkt', ...drill(SCRIPT.replace(right, () => wrong)) }, verbose);
}

describe('a script that fails is shown as a ladder', () => {
  it('with what is expected above what came, and the words that differ', () => {
    expect(story('ack 1 win 64240', 'ack 2 win 65000')).toEqual(
      `
FAILED       a.pkt:10: The acknowledgment number is wrong
       time  peer                                                         host
   0.000000   |                                                           |  socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
   0.000000   |                                                           |  bind(3, ..., ...) = 0
   0.000000   |                                                           |  listen(3, 1) = 0
   0.000000   |-- S 0:0(0) win 60000 <mss 1000,sackOK,nop,nop> ---------->|  -> SYN_RECEIVED: SYN received
   0.000000   |<-- S. 0:0(0) ack 1 win 64240 <mss 1460,nop,nop,sackOK> ---|
   0.100000   |-- . 1:1(0) ack 1 win 60000 ------------------------------>|  -> ESTABLISHED: ACK of our SYN
   0.100000   |                                                           |  accept(3, ..., ...) = 4
   0.100000   |                                                           |  write(4, ..., 3000) = 3000
   0.100000   |<-- . 1:1001(1000) ack 1 win 64240 ------------------------|
   0.100000   |<-- P. 1001:2001(1000) ack 2 win 65000 - - - - - - - - - - |  expected, line 10
   0.100000   |<-- P. 1001:2001(1000) ack 1 win 64240 --------------------|  came
              |                           ^     ^^^^^
   0.100000   |<-- P. 2001:3001(1000) ack 1 win 64240 --------------------|`
        .split('\n')
        .slice(1),
    );
  });

  it('and leaves out what the script leaves open', () => {
    const lines = story('> P. 2001:3001(1000) ack 1', '> F. 2001:3001(1000) ack 1');
    expect(lines.slice(-3).map((line) => line.slice(11))).toEqual([
      '   |<-- F. 2001:3001(1000) ack 1 - - - - - - - - - - - - - - - |  expected, line 11',
      '   |<-- P. 2001:3001(1000) ack 1 ------------------------------|  came',
      '   |    ^^',
    ]);
  });

  it('and tells of the IP header what the script asks', () => {
    const lines = story('> P. 2001:3001(1000) ack 1', '> [ect0,ttl 63] P. 2001:3001(1000) ack 1');
    expect(lines.slice(-2).map((line) => line.slice(11))).toEqual([
      '   |<-- [noecn,ttl 64] P. 2001:3001(1000) ack 1 ---------------|  came',
      '   |     ^^^^^     ^^',
    ]);
  });

  it('with what is missing, where nothing comes', () => {
    const lines = story(
      '+0 > . 3001:3001(0) ack 1 <nop,nop,sack 2:12>',
      '+0 > . 3001:3001(0) ack 1 <...>\n+.3 > F. 3001:3001(0) ack 1',
    );
    expect(lines[0]).toBe('FAILED       a.pkt:15: No packet comes');
    expect(lines.at(-4)).toMatch(/^ +0\.500000 {3}\|<-- F\. 3001:3001\(0\) ack 1 [- ]+\| {2}expected, line 15$/);
    expect(lines.at(-1)).toBe('    came      nothing until 0.537500 s');
  });

  it('with the times, where it is the time that is wrong', () => {
    const lines = story('+0 > . 3001:3001(0) ack 1 <nop,nop,sack 2:12>', '+.5~+.6 > . 3001:3001(0) ack 1 <...>');
    expect(lines[0]).toBe('FAILED       a.pkt:14: The packet comes at the wrong time');
    expect(lines.find((line) => line.endsWith('  expected, line 14'))).toMatch(/^ +0\.700000 /);
    expect(lines.find((line) => line.endsWith('  came'))).toMatch(/^ +0\.200000 /);
    expect(lines.at(-1)).toBe('    came      0.200000 s');
  });

  it('with call and result, where a call gives something else', () => {
    expect(story('= 3000', '= 2999').slice(-4)).toEqual([
      '   0.100000   |                                                           |  write(4, ..., 3000) = 2999; expected 2999, came 3000',
      '    script    +0 write(4, ..., 3000) = 2999',
      '    expected  2999',
      '    came      3000',
    ]);
  });

  it('whole, and with where the rules stand, to whom asks for much', () => {
    const lines = story('= 3000', '= 2999', true);
    expect(lines.join('\n')).toMatch(/-> ESTABLISHED: ACK of our SYN \(RFC 9293, 3\.10\.7\.4\)/);
    const passed = reportText({ file: 'a.pkt', ...drill(SCRIPT) }, true);
    expect(passed[0]).toBe('passed       a.pkt');
    expect(passed.at(-1)).toMatch(/<-- \. 3001:3001\(0\) ack 1 win \d+ <nop,nop,sack 2:12> -+\|$/);
    expect(reportText({ file: 'a.pkt', ...drill(SCRIPT) }, false)).toHaveLength(1);
  });

  it('says why a segment goes again, and why one is dropped', () => {
    const again = drill(
      `${SCRIPT}+0 write(4, ..., 10) = 10\n+0 > P. 3001:3011(10) ack 1 <...>\n+.25~+.35 > P. 3001:3011(10) ack 1 <...>`,
    );
    expect(again.ladder.at(-1)).toMatchObject({ direction: '>', notes: ['again: tail loss probe'] });
    const dropped = drill(`${SCRIPT}+0 < . 1:1(0) win 60000`.replace('. 1:1(0) win', '- 1:1(0) win'));
    expect(dropped.ladder.at(-1)?.notes.join()).toMatch(/^dropped: /);
  });
});

describe('underlining', () => {
  it.each([
    ['. 1:2(1) ack 1', '. 1:2(1) ack 1', ''],
    ['. 1:2(1) ack 1', 'P. 1:2(1) ack 1', '^^'],
    ['S 0:0(0) <mss 1460,sackOK>', 'S 0:0(0) <mss 1461,sackOK>', '              ^^^^'],
    ['S 0:0(0) <mss 1460,nop,nop>', 'S 0:0(0) <mss 1460>', '                   ^'],
    ['. 1:1(0) ack 1', '. 1:1(0) ack 1 <nop,nop>', '                ^^^ ^^^'],
  ])('%s, %s', (expected, came, marks) => {
    expect(underline(expected, came)).toBe(marks);
  });
});
