import { describe, expect, it } from 'vitest';
import { Ladder, type LadderOptions, ladderOf } from '../../../src/views/ladder/ladder.ts';
import { type Line, lineText } from '../../../src/views/text/line.ts';
import { HandMadeLog } from '../support/log.ts';

const OPTIONS = { mss: 1460, sackPermitted: true, wscale: 7, ts: [7, 0] as [number, number] } as const;
const server = (): HandMadeLog => new HandMadeLog('10.9.0.2:80', '10.9.0.1:40000', 'LISTEN');
const client = (): HandMadeLog => new HandMadeLog('10.9.0.1:40000', '10.9.0.2:80');

function drawn(log: HandMadeLog, options: Partial<LadderOptions> = {}, other?: HandMadeLog): string {
  const lines = ladderOf(log.entries, { width: 80, ...options }, other?.entries);
  return `\n${lines.map((line) => lineText(line)).join('\n')}\n`;
}

/** A server's handshake, as its log has it. */
const opened = (): HandMadeLog =>
  server()
    .in('S 0', { options: OPTIONS })
    .connection('passively', { iss: 1000, irs: 5000 })
    .state('SYN_RECEIVED', 'SYN received', 'RFC 9293, 3.10.7.2')
    .out('S. 0 ack 1', { options: OPTIONS })
    .after(10.6)
    .in('. 1 ack 1 win 64512')
    .state('ESTABLISHED', 'ACK of our SYN', 'RFC 9293, 3.10.7.4');

describe('the ladder of one end’s log', () => {
  it('has the end that opened on the left, our states beside our rail, and the why at our side', () => {
    const log = opened()
      .after(10.7)
      .in('P. 1:78 ack 1 win 64512')
      .after(28)
      .out('P. 1:164 ack 78 win 65536')
      .after(39.5)
      .in('F. 78 ack 164 win 64512')
      .state('CLOSE_WAIT', 'FIN received', 'RFC 9293, 3.10.7.4')
      .after(40.7)
      .call('close')
      .state('LAST_ACK', 'CLOSE by the user', 'RFC 9293, 3.10.4')
      .out('F. 164 ack 79 win 65536')
      .after(41.8)
      .in('. 79 ack 165 win 64512')
      .state('CLOSED', 'ACK of our FIN', 'RFC 9293, 3.10.7.4');
    expect(drawn(log)).toMatchInlineSnapshot(`
      "
               10.9.0.1:40000                           10.9.0.2:80, here
             0 │── SYN seq 0 win 64240 mss 1460 sackOK wscale 7 ts ────►│ SYN_RECEIVED
               │                        SYN received; RFC 9293 3.10.7.2 │
               │◄── SYN+ACK seq 0 ack 1 win 64240 mss 1460 sackOK ──────│
               │    wscale 7 ts                                         │
       10.6 ms │── ACK ack 1 win 64512 ────────────────────────────────►│ ESTABLISHED
               │                      ACK of our SYN; RFC 9293 3.10.7.4 │
       10.7 ms │── PSH+ACK seq 1:78 (77) ack 1 win 64512 ──────────────►│
         28 ms │◄── PSH+ACK seq 1:164 (163) ack 78 win 65536 ───────────│
       39.5 ms │── FIN+ACK seq 78 ack 164 win 64512 ───────────────────►│ CLOSE_WAIT
               │                        FIN received; RFC 9293 3.10.7.4 │
       40.7 ms │                     CLOSE by the user; RFC 9293 3.10.4 │
               │◄── FIN+ACK seq 164 ack 79 win 65536 ───────────────────│ LAST_ACK
       41.8 ms │── ACK ack 165 win 64512 ──────────────────────────────►│ CLOSED
               │                      ACK of our FIN; RFC 9293 3.10.7.4 │
      "
    `);
  });

  it('has us on the left if we opened, and tells a time-out with the next one', () => {
    const log = client()
      .connection('actively')
      .call('connect')
      .state('SYN_SENT', 'active OPEN', 'RFC 9293, 3.10.1')
      .out('S 0', { options: OPTIONS })
      .put({ type: 'timer', timer: 'retransmit', action: 'set', deadline: 1_000_000, cause: { text: '', source: '' } })
      .after(1000)
      .put({
        type: 'timer',
        timer: 'retransmit',
        action: 'fired',
        deadline: 1_000_000,
        cause: { text: '', source: '' },
      })
      .put({ type: 'loss', action: 'marked', lost: 1, cause: { text: 'no ACK', source: '' } })
      .retransmit('SYN', { attempt: 1, limit: 6 })
      .out('S 0', { options: OPTIONS })
      .put({ type: 'timer', timer: 'retransmit', action: 'set', deadline: 3_000_000, cause: { text: '', source: '' } })
      .after(1020)
      .in('R. 0 ack 1 win 0')
      .state('CLOSED', 'RST in answer to our SYN', 'RFC 9293, 3.10.7.3');
    expect(drawn(log)).toMatchInlineSnapshot(`
      "
                            10.9.0.1:40000, here                           10.9.0.2:80
             0              │ active OPEN; RFC 9293 3.10.1                           │
                   SYN_SENT │── SYN seq 0 win 64240 mss 1460 sackOK wscale 7 ts ────►│
           1 s              │ RTO 1 of 6 after 1 s, next in 2 s; RFC 6298 5.5        │
                            │── SYN again seq 0 ────────────────────────────────────►│
        1.02 s       CLOSED │◄── RST+ACK seq 0 ack 1 win 0 ──────────────────────────│
                            │ RST in answer to our SYN; RFC 9293 3.10.7.3 (SYN_SENT  │
                            │ for 1.02 s)                                            │
      "
    `);
  });

  it('waits for what the path does to a segment that left', () => {
    const dropped = { flags: '.', seq: 1001, length: 1000 };
    const log = opened().after(20).out('. 1:1001 ack 1').after(25).in('. 1 ack 1 win 64512');
    const rows = drawn(log.after(38).path('out', 'dropped', 'loss 3%', dropped))
      .trimEnd()
      .split('\n')
      .slice(-3);
    expect(rows.map((row) => row.slice(9))).toEqual([
      '│     ✗── ACK seq 1:1001 (1000) ack 1 win 64240 ─────────│',
      '│              dropped on the way: loss 3%               │',
      '│── dup ACK 1 ack 1 win 64512 ──────────────────────────►│',
    ]);
  });

  it('tells what has come twice from what is missing', () => {
    const options = {
      sack: [
        [1, 78],
        [2001, 3001],
      ] as [number, number][],
    };
    expect(drawn(opened().after(20).out('. 1 ack 78', { options }))).toContain(' D-SACK 1:78 ');
    expect(drawn(opened().after(20).out('. 1 ack 78', { options }))).toContain(' sack 2001:3001 ');
  });

  it('shows what the path did: lost, held, twice, damaged', () => {
    const log = opened()
      .after(20)
      .out('. 1:1001 ack 1')
      .out('. 1001:2001 ack 1')
      .out('. 2001:3001 ack 1')
      .path('out', 'dropped', 'drop data 2 out', { flags: '.', seq: 2001, length: 1000 })
      .path('out', 'duplicated', 'duplicate 5%', { flags: '.', seq: 3001, length: 1000 })
      .after(30)
      .path('in', 'held', 'hold FIN 3s in', { flags: 'F.', seq: 5001, length: 0, delay: 3_000_000 })
      .after(31)
      .path('in', 'corrupted', 'corrupt data 1 in', { flags: 'P.', seq: 5001, length: 10 })
      .after(32)
      .path('in', 'dropped', 'loss 3%', { flags: '.', seq: 5001, length: 0 });
    expect(drawn(log)).toMatchInlineSnapshot(`
      "
               10.9.0.1:40000                           10.9.0.2:80, here
             0 │── SYN seq 0 win 64240 mss 1460 sackOK wscale 7 ts ────►│ SYN_RECEIVED
               │                        SYN received; RFC 9293 3.10.7.2 │
               │◄── SYN+ACK seq 0 ack 1 win 64240 mss 1460 sackOK ──────│
               │    wscale 7 ts                                         │
       10.6 ms │── ACK ack 1 win 64512 ────────────────────────────────►│ ESTABLISHED
               │                      ACK of our SYN; RFC 9293 3.10.7.4 │
         20 ms │◄── ACK seq 1:1001 (1000) ack 1 win 64240 ──────────────│
               │   ✗── ACK seq 1001:2001 (1000) ack 1 win 64240 ────────│
               │          dropped on the way: drop data 2 out           │
               │◄◄── ACK seq 2001:3001 (1000) ack 1 win 64240 ──────────│
               │          duplicated on the way: duplicate 5%           │
         30 ms │── FIN+ACK seq 1 ────────────────────────────────────···│
               │        held on the way for 3 s: hold FIN 3s in         │
         31 ms │── PSH+ACK seq 1:11 (10) ─≈─≈─≈─≈─≈─≈─≈─≈─≈─≈─≈─≈─≈─≈─≈►│
               │        corrupted on the way: corrupt data 1 in         │
         32 ms │── ACK seq 1 ────────────────────────────────✗          │
               │              dropped on the way: loss 3%               │
      "
    `);
  });

  it('says why a segment was dropped, on the arrow’s heels', () => {
    const log = opened().after(20).in('. 999999 ack 1');
    log.put({
      ...{ type: 'drop', reason: 'OutsideWindow', counter: 'TCPACKSkippedSeq', because: log.entries.length },
      cause: { text: 'outside of the receive window', source: 'RFC 9293, 3.10.7.4, first' },
    });
    log.out('. 1 ack 1', {
      cause: { text: 'ACK: the segment was outside of the window', source: 'RFC 9293, 3.10.7.4' },
    });
    expect(drawn(log)).toMatchInlineSnapshot(`
      "
               10.9.0.1:40000                           10.9.0.2:80, here
             0 │── SYN seq 0 win 64240 mss 1460 sackOK wscale 7 ts ────►│ SYN_RECEIVED
               │                        SYN received; RFC 9293 3.10.7.2 │
               │◄── SYN+ACK seq 0 ack 1 win 64240 mss 1460 sackOK ──────│
               │    wscale 7 ts                                         │
       10.6 ms │── ACK ack 1 win 64512 ────────────────────────────────►│ ESTABLISHED
               │                      ACK of our SYN; RFC 9293 3.10.7.4 │
         20 ms │── ACK ack 1 win 64240 ────────────────────────────────►│
               │  dropped, OutsideWindow (TCPACKSkippedSeq): outside of │
               │  the receive window; RFC 9293 3.10.7.4, first          │
               │   ACK: the segment was outside of the window; RFC 9293 │
               │   3.10.7.4                                             │
               │◄── dup ACK 1 ack 1 win 64240 ──────────────────────────│
      "
    `);
  });

  it('numbers duplicate ACKs, shows SACK blocks, and says a reason once', () => {
    const log = opened().after(20);
    for (let i = 0; i < 3; i++) log.out(`. ${1 + i * 1000}:${1001 + i * 1000} ack 1`);
    log.after(40).in('. 1 ack 1 win 64512', { options: { sack: [[1001, 2001]] } });
    log.after(41).in('. 1 ack 1 win 64512', { options: { sack: [[1001, 3001]] } });
    log
      .put({
        type: 'loss',
        action: 'marked',
        lost: 1,
        cause: { text: 'enough duplicate ACKs', source: 'RFC 5681, 3.2' },
      })
      .put({ type: 'cwnd', cwnd: 10, ssthresh: 5, inFlight: 3, cause: { text: 'a', source: '' } })
      .put({
        type: 'cwnd',
        cwnd: 5,
        ssthresh: 5,
        inFlight: 3,
        cause: { text: 'third duplicate ACK', source: 'RFC 5681, 3.2' },
      })
      .retransmit('fast retransmit', { cause: { text: 'fast retransmit', source: 'RFC 5681, 3.2' } })
      .out('. 1:1001 ack 1')
      .retransmit('fast retransmit', { cause: { text: 'fast retransmit', source: 'RFC 5681, 3.2' } })
      .out('. 1001:2001 ack 1');
    expect(drawn(log)).toMatchInlineSnapshot(`
      "
               10.9.0.1:40000                           10.9.0.2:80, here
             0 │── SYN seq 0 win 64240 mss 1460 sackOK wscale 7 ts ────►│ SYN_RECEIVED
               │                        SYN received; RFC 9293 3.10.7.2 │
               │◄── SYN+ACK seq 0 ack 1 win 64240 mss 1460 sackOK ──────│
               │    wscale 7 ts                                         │
       10.6 ms │── ACK ack 1 win 64512 ────────────────────────────────►│ ESTABLISHED
               │                      ACK of our SYN; RFC 9293 3.10.7.4 │
         20 ms │◄── ACK seq 1:1001 (1000) ack 1 win 64240 ──────────────│
               │◄── ACK seq 1001:2001 (1000) ack 1 win 64240 ───────────│
               │◄── ACK seq 2001:3001 (1000) ack 1 win 64240 ───────────│
         40 ms │── dup ACK 1 ack 1 win 64512 sack 1001:2001 ───────────►│
         41 ms │── dup ACK 2 ack 1 win 64512 sack 1001:3001 ───────────►│
               │   1 segment counts as lost: enough duplicate ACKs; RFC │
               │   5681 3.2                                             │
               │  cwnd 10 → 5, ssthresh 5, 3 in flight: third duplicate │
               │  ACK; RFC 5681 3.2                                     │
               │                          fast retransmit; RFC 5681 3.2 │
               │◄── ACK again seq 1:1001 (1000) ack 1 win 64240 ────────│
               │◄── ACK again seq 1001:2001 (1000) ack 1 win 64240 ─────│
      "
    `);
  });

  it('draws a heading again when another connection has its turn, and asides without rails', () => {
    const one = opened();
    const two = new HandMadeLog('10.9.0.2:81', '10.9.0.3:40001', 'LISTEN').after(20).in('S 0');
    two.put({ type: 'gap', connection: undefined, entries: 12 });
    two.after(21).in('S 0');
    const log = server().put({
      type: 'call',
      connection: undefined,
      call: 'listen',
      local: '10.9.0.2',
      localPort: 81,
      cause: { text: 'LISTEN', source: '' },
    });
    log.entries.push(...one.entries, ...two.entries.map((entry) => ({ ...entry, connection: undefined }) as never));
    expect(drawn(log)).toMatchInlineSnapshot(`
      "
      10.9.0.2:81 listen(): LISTEN
               10.9.0.1:40000                           10.9.0.2:80, here
             0 │── SYN seq 0 win 64240 mss 1460 sackOK wscale 7 ts ────►│ SYN_RECEIVED
               │                        SYN received; RFC 9293 3.10.7.2 │
               │◄── SYN+ACK seq 0 ack 1 win 64240 mss 1460 sackOK ──────│
               │    wscale 7 ts                                         │
       10.6 ms │── ACK ack 1 win 64512 ────────────────────────────────►│ ESTABLISHED
               │                      ACK of our SYN; RFC 9293 3.10.7.4 │

               10.9.0.3:40001                           10.9.0.2:81, here
             0 │── SYN seq 0 win 64240 ────────────────────────────────►│
      ··· 12 entries are missing: this reader was too slow ···
               10.9.0.3:40001                           10.9.0.2:81, here
          1 ms │── SYN seq 0 win 64240 ────────────────────────────────►│
      "
    `);
  });

  it('with `verbose` says all, with numbers and the variables after each segment', () => {
    const tcb = {
      sndUna: 1,
      sndNxt: 101,
      sndWnd: 64512,
      rcvNxt: 1,
      rcvWnd: 65536,
      cwnd: 10,
      ssthresh: 0x7fffffff,
      inFlight: 1,
      rto: 204_000,
    };
    const log = opened()
      .after(20)
      .out('P. 1:101 ack 1', {
        because: 3,
        tcb,
        options: { ts: [8, 9] },
        cause: { text: 'new data', source: 'RFC 9293, 3.10.2' },
      })
      .put({
        type: 'timer',
        timer: 'retransmit',
        action: 'set',
        deadline: 224_000,
        because: 7,
        cause: { text: 'data is on its way', source: 'RFC 6298, 5.1' },
      });
    expect(drawn(log, { verbose: true, ascii: true })).toMatchInlineSnapshot(`
      "
               10.9.0.1:40000                           10.9.0.2:80, here
             0 |-- SYN seq 0 win 64240 mss 1460 sackOK wscale 7 ------->| SYN_RECEIVED
               |    ts 7 ecr 0 #1                                       |
               |         SYN received; RFC 9293 3.10.7.2 #3, because #1 |
               |<-- SYN+ACK seq 0 ack 1 win 64240 mss 1460 sackOK ------|
               |    wscale 7 ts 7 ecr 0 #4                              |
       10.6 ms |-- ACK ack 1 win 64512 #5 ----------------------------->| ESTABLISHED
               |       ACK of our SYN; RFC 9293 3.10.7.4 #6, because #5 |
               |       (SYN_RECEIVED for 10.6 ms)                       |
         20 ms |                              new data; RFC 9293 3.10.2 |
               |<-- PSH+ACK seq 1:101 (100) ack 1 win 64240 ------------|
               |    ts 8 ecr 9 #7, because #3                           |
               |  snd.una 1 snd.nxt 101 snd.wnd 64512 rcv.nxt 1 rcv.wnd |
               |  65536 cwnd 10 ssthresh - flight 1 rto 204 ms          |
               |  retransmit timer set, fires in 204 ms: data is on its |
               |  way; RFC 6298 5.1 #8, because #7                      |
      "
    `);
  });
});

describe('bulk', () => {
  const bulk = (): HandMadeLog => {
    const log = opened().after(20);
    for (let i = 0; i < 40; i++) {
      log.after(20 + i).out(`. ${1 + i * 14480}:${14481 + i * 14480} ack 1`, { count: 10 });
      if (i % 4 === 3) log.in(`. 1 ack ${14481 + i * 14480}`);
    }
    return log;
  };

  it('folds into one row between its first and its last', () => {
    expect(drawn(bulk())).toMatchInlineSnapshot(`
      "
               10.9.0.1:40000                           10.9.0.2:80, here
             0 │── SYN seq 0 win 64240 mss 1460 sackOK wscale 7 ts ────►│ SYN_RECEIVED
               │                        SYN received; RFC 9293 3.10.7.2 │
               │◄── SYN+ACK seq 0 ack 1 win 64240 mss 1460 sackOK ──────│
               │    wscale 7 ts                                         │
       10.6 ms │── ACK ack 1 win 64512 ────────────────────────────────►│ ESTABLISHED
               │                      ACK of our SYN; RFC 9293 3.10.7.4 │
         20 ms │◄── ACK seq 1:14481 (10 segments) ack 1 win 64240 ──────│
         21 ms │◄── ACK seq 14481:28961 (10 segments) ──────────────────│
         22 ms │    ··· 380 segments, 9 ACKs, 550.2 kB in 37 ms ···     │
         59 ms │── ACK ack 579201 win 64240 ───────────────────────────►│
      "
    `);
  });

  it('is never folded over what is notable', () => {
    const log = bulk();
    log.after(61).retransmit('RTO', { attempt: 1, limit: 15 }).out('. 1:1449 ack 1');
    log.after(62).in('. 1 ack 579201 win 0');
    for (let i = 0; i < 10; i++)
      log
        .after(70 + i)
        .in(`. ${1 + i * 100}:${101 + i * 100} ack 579201`)
        .out(`. 579201 ack ${101 + i * 100}`);
    expect(drawn(log).split('\n').slice(10).join('\n')).toMatchInlineSnapshot(`
      "   22 ms │    ··· 380 segments, 9 ACKs, 550.2 kB in 37 ms ···     │
         59 ms │── ACK ack 579201 win 64240 ───────────────────────────►│
         61 ms │                              RTO 1 of 15; RFC 6298 5.5 │
               │◄── ACK again seq 1:1449 (1448) ack 1 win 64240 ────────│
         62 ms │── ACK ack 579201 win 0 ───────────────────────────────►│
         70 ms │── ACK seq 1:101 (100) ack 579201 win 64240 ───────────►│
               │◄── ACK ack 101 win 64240 ──────────────────────────────│
         71 ms │     ··· 9 segments, 8 ACKs, 900 octets in 8 ms ···     │
         79 ms │◄── ACK ack 1001 win 64240 ─────────────────────────────│
      "
    `);
  });

  it('that the log has only counted is a row, too', () => {
    const counts = { segmentsIn: 12, segmentsOut: 380, octetsIn: 0, octetsOut: 550_000 };
    const log = opened()
      .after(59)
      .put({ type: 'bulk', since: 20_000, ...counts });
    expect(drawn(log)).toContain('   20 ms │     ··· 380 segments, 12 ACKs, 550 kB in 39 ms ···     │\n');
  });

  it('unfolds with `verbose`', () => {
    expect(drawn(bulk(), { verbose: true }).match(/seq \d+:/g)).toHaveLength(40);
    expect(drawn(bulk(), { verbose: true })).not.toContain('···');
  });

  it('that pauses is another bulk, whose row comes when the pause does', () => {
    const ladder = new Ladder({ width: 80 });
    const isFolded = (lines: readonly Line[]): boolean => lines.some((line) => lineText(line).includes('segments,'));
    expect(isFolded(bulk().entries.flatMap((entry) => ladder.push(entry)))).toBe(false);
    const folded: number[] = [];
    for (let at = ladder.deadline; at !== Number.POSITIVE_INFINITY; at = ladder.deadline) {
      if (isFolded(ladder.advance(at))) folded.push(at);
    }
    // A fifth of a second after the last arrow, which comes at 59 ms.
    expect(folded).toEqual([expect.closeTo(259_001, -3)]);
    expect(ladder.end()).toEqual([]);
  });
});

describe('the ladder of both ends’ logs', () => {
  const pair = (): [HandMadeLog, HandMadeLog] => [client().connection('actively'), server().after(10)];

  it('is one row for a segment and its arrival, with the time that it took and both states', () => {
    const [a, b] = pair();
    a.state('SYN_SENT', 'active OPEN', 'RFC 9293, 3.10.1').out('S 0');
    b.in('S 0').connection('passively').state('SYN_RECEIVED', 'SYN received', 'RFC 9293, 3.10.7.2').out('S. 0 ack 1');
    a.after(20).in('S. 0 ack 1').state('ESTABLISHED', 'SYN-ACK received', 'RFC 9293, 3.10.7.3').out('. 1 ack 1');
    b.after(30.5).in('. 1 ack 1').state('ESTABLISHED', 'ACK of our SYN', 'RFC 9293, 3.10.7.4');
    expect(drawn(a, {}, b)).toMatchInlineSnapshot(`
      "
                            10.9.0.1:40000                    10.9.0.2:80
             0              │ active OPEN; RFC 9293 3.10.1              │
                   SYN_SENT │── SYN seq 0 win 64240 ────────── 10 ms ──►│ SYN_RECEIVED
         10 ms              │           SYN received; RFC 9293 3.10.7.2 │
                ESTABLISHED │◄── SYN+ACK seq 0 ack 1 ────────── 10 ms ──│
                            │    win 64240                              │
         20 ms              │ SYN-ACK received; RFC 9293 3.10.7.3       │
                            │── ACK ack 1 win 64240 ──────── 10.5 ms ──►│ ESTABLISHED
       30.5 ms              │         ACK of our SYN; RFC 9293 3.10.7.4 │
      "
    `);
  });

  it('is two rows where something happens at the receiver in between', () => {
    const [a, b] = pair();
    a.state('SYN_SENT', 'active OPEN', 'RFC 9293, 3.10.1').out('S 0');
    b.after(2).connection('actively').state('SYN_SENT', 'active OPEN', 'RFC 9293, 3.10.1').out('S 0');
    b.after(10).in('S 0').state('SYN_RECEIVED', 'SYN received while our own was out', 'RFC 9293, 3.5, figure 7');
    a.after(12).in('S 0').state('SYN_RECEIVED', 'SYN received while our own was out', 'RFC 9293, 3.5, figure 7');
    expect(drawn(a, {}, b)).toMatchInlineSnapshot(`
      "
                            10.9.0.1:40000                    10.9.0.2:80
             0              │ active OPEN; RFC 9293 3.10.1              │
                   SYN_SENT │── SYN seq 0 win 64240 ─────────────────···│
          2 ms              │              active OPEN; RFC 9293 3.10.1 │
                            │···── SYN seq 0 win 64240 ─────────────────│ SYN_SENT
         10 ms              │···── SYN seq 0 win 64240 ─────── 10 ms ──►│ SYN_RECEIVED
                            │   SYN received while our own was out; RFC │
                            │   9293 3.5, figure 7                      │
         12 ms SYN_RECEIVED │◄── SYN seq 0 win 64240 ─────── 10 ms ──···│
                            │ SYN received while our own was out; RFC   │
                            │ 9293 3.5, figure 7                        │
      "
    `);
  });

  it('shows what is lost, overtaken, twice, and what is cut on the way', () => {
    const [a, b] = pair();
    a.out('. 1:1001 ack 1').out('. 1001:2001 ack 1').out('. 2001:3001 ack 1').out('. 3001:6001 ack 1', { count: 3 });
    a.path('out', 'dropped', 'loss 3%', { flags: '.', seq: 1001, length: 1000 });
    b.in('. 2001:3001 ack 1').in('. 2001:3001 ack 1');
    b.after(12).in('. 3001:4001 ack 1').in('. 4001:6001 ack 1', { count: 2 });
    b.after(15).in('. 1:1001 ack 1').out('. 1 ack 1001');
    expect(drawn(a, {}, b)).toMatchInlineSnapshot(`
      "
                            10.9.0.1:40000                    10.9.0.2:80
             0              │── ACK seq 1:1001 (1000) ack 1 ─────────···│
                            │── ACK seq 1001:2001 (1000) ─────────────✗ │
                            │        dropped on the way: loss 3%        │
                            │── ACK seq 2001:3001 (1000) ───── 10 ms ──►│
                            │── ACK seq 3001:6001 (3 segments) ──────···│
         10 ms              │···── ACK seq 2001:3001 (1000) ───────────►│
         12 ms              │···── ACK seq 3001:6001 (3 segments) ─────►│
         15 ms              │···── ACK seq 1:1001 (1000) ack 1 ────────►│
                            │···── ACK ack 1001 win 64240 ──────────────│
      "
    `);
  });

  it('does not wait for ever for what may never arrive, if it is told so', () => {
    const [a, b] = pair();
    a.out('S 0').after(300).out('. 1 ack 1');
    b.after(310).in('S 0');
    expect(drawn(a, { lookAhead: 200_000 }, b)).toMatchInlineSnapshot(`
      "
                            10.9.0.1:40000                    10.9.0.2:80
             0              │── SYN seq 0 win 64240 ─────────────────···│
        300 ms              │── ACK ack 1 win 64240 ─────────────────···│
        310 ms              │···── SYN seq 0 win 64240 ────── 310 ms ──►│
      "
    `);
  });
});
