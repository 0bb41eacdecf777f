import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SocketSnapshot } from '../../../src/observe/inspect/sockets.ts';
import { lineText } from '../../../src/views/text/line.ts';
import { findingsOf, oddness } from '../../../src/views/why/findings.ts';
import { candidateLines, type Visit, whyLines } from '../../../src/views/why/why.ts';
import { anyLog } from '../support/any-log.ts';
import { HandMadeLog } from '../support/log.ts';
import { details, healthy } from '../support/snapshots.ts';

const screen = (visit: Partial<Visit> & { socket: SocketSnapshot }, width = 80): string =>
  `\n${whyLines({ entries: [], now: 0, ...visit }, width)
    .map((line) => lineText(line))
    .join('\n')}\n`;

const found = (socket: SocketSnapshot, log?: HandMadeLog): string[] =>
  findingsOf(socket, log?.entries).map(({ text }) => text);
const server = (): HandMadeLog => new HandMadeLog('10.9.0.2:80', '10.9.0.1:40000', 'LISTEN');

describe('why', () => {
  it('is one screen about a connection that waits for an ACK', () => {
    const log = server().in('S 0').state('SYN_RECEIVED', 'SYN received', 'RFC 9293, 3.10.7.2');
    log.after(10.6).in('. 1 ack 1').state('ESTABLISHED', 'ACK of our SYN', 'RFC 9293, 3.10.7.4');
    log.after(1000).retransmit('RTO', { attempt: 2, limit: 15, length: 500 });
    const socket = healthy({
      sendQueue: 29_480,
      timers: [
        { name: 'delack', left: 40_000, retries: 0 },
        { name: 'on', left: 132_000, retries: 2 },
      ],
      details: details(
        { tcpi_unacked: 10, tcpi_total_retrans: 4, tcpi_last_ack_recv: 700, tcpi_rto: 840_000 },
        { sent: 14_480, unsent: 15_000 },
        { now: 'recovery', times: { cwnd: 400_000, rwnd: 610_000 } },
      ),
    });
    expect(screen({ socket, entries: log.entries, now: 1_100_000 })).toMatchInlineSnapshot(`
      "
      Connection 10.9.0.2:80 ↔ 10.9.0.1:40000, number 3
      State    ESTABLISHED for 12.3 s: both directions are open
      Before   1.1 s ago SYN_RECEIVED: SYN received; RFC 9293 3.10.7.2
               1.09 s ago ESTABLISHED: ACK of our SYN; RFC 9293 3.10.7.4
      Waits    the ACK of 14.5 kB in 10 segments
               15 kB wait to be sent for the first time
      Next     in 40 ms it sends the ACK that waits for data to ride on; RFC 9293
               3.8.6.3
               in 132 ms it sends what is not acknowledged again (time-out 3 of 15),
               unless the ACK comes; RFC 6298 5.4
      Limits   now recovery: the congestion window is full while losses are repaired;
               RFC 6675 5; RFC 5681 3.2
               of 1.01 s: rwnd 60%, cwnd 40%
               cwnd 14.5 kB (10 segments), the peer's window 64.5 kB, RTT 10.2 ms (at
               best 10.1 ms)
      Unusual  2 time-outs in a row without an ACK, the last ACK came 700 ms ago; the
               RTO has grown to 840 ms.
               4 segments sent again, 4.0% of them: the path loses packets.
      "
    `);
  });

  it('says that nothing happens by itself where the application has forgotten to close', () => {
    const socket = healthy({ state: 'CLOSE_WAIT', age: 300_000_000, recvQueue: 77 });
    expect(screen({ socket })).toMatchInlineSnapshot(`
      "
      Connection 10.9.0.2:80 ↔ 10.9.0.1:40000, number 3
      State    CLOSE_WAIT for 5 min: the peer has closed, we have not
      Waits    the application here to call close
               the application here to read 77 octets
      Next     nothing by itself: no timer runs
      Limits   now idle: everything is sent and acknowledged; RFC 9293 3.10.2
               of 12 s: idle 100%
               cwnd 14.5 kB (10 segments), the peer's window 64.5 kB, RTT 10.2 ms (at
               best 10.1 ms)
      Unusual  CLOSE_WAIT for 5 min: the peer has closed, the application here has
               not. It has to call close; no timer ends this.
               77 octets wait for the application here to read them.
      "
    `);
  });

  it('of a listener tells its queues, of TIME_WAIT when it ends', () => {
    const { details: _, ...listener } = healthy({ state: 'LISTEN', remote: null, remotePort: 0 });
    const full: SocketSnapshot = { ...listener, recvQueue: 4, sendQueue: 3, synQueue: 3 };
    expect(screen({ socket: full })).toMatchInlineSnapshot(`
      "
      Listener at 10.9.0.2:80, number 3
      State    LISTEN for 12.3 s: it waits for SYNs
      Waits    4 connections of 3 that may wait for accept, 3 handshakes under way
      Next     nothing by itself: no timer runs
      Unusual  The accept queue is full (4 of 3): the application does not call accept
               fast enough, handshakes are not completed.
               3 handshakes under way, as many as the backlog: a flood of SYNs, or a
               path that loses their ACKs.
      "
    `);
    const timers = [{ name: 'timewait' as const, left: 54_000_000, retries: 0 }];
    const waiting = healthy({ id: null, state: 'TIME_WAIT', age: 6_000_000, left: 54_000_000, timers });
    expect(screen({ socket: waiting })).toMatchInlineSnapshot(`
      "
      Connection 10.9.0.2:80 ↔ 10.9.0.1:40000
      State    TIME_WAIT for 6 s: both have closed; it waits for what may still be
               under way (2MSL)
      Waits    2MSL to pass
      Next     in 54 s TIME_WAIT is over, and nothing is left of it; RFC 9293 3.10.8
      Limits   now idle: everything is sent and acknowledged; RFC 9293 3.10.2
               of 12 s: idle 100%
               cwnd 14.5 kB (10 segments), the peer's window 64.5 kB, RTT 10.2 ms (at
               best 10.1 ms)
      Unusual  nothing
      "
    `);
  });

  it('says what keeps an idle connection: nothing', () => {
    expect(screen({ socket: healthy() })).toMatchInlineSnapshot(`
      "
      Connection 10.9.0.2:80 ↔ 10.9.0.1:40000, number 3
      State    ESTABLISHED for 12.3 s: both directions are open
      Waits    nothing: either end may send
      Next     nothing by itself: no timer runs
      Limits   now idle: everything is sent and acknowledged; RFC 9293 3.10.2
               of 12 s: idle 100%
               cwnd 14.5 kB (10 segments), the peer's window 64.5 kB, RTT 10.2 ms (at
               best 10.1 ms)
      Unusual  nothing
      "
    `);
  });

  it('of anything fits its width', () => {
    const micros = fc.nat({ max: 2 ** 40 });
    const states = fc.constantFrom(
      'LISTEN',
      'SYN_SENT',
      'ESTABLISHED',
      'FIN_WAIT_2',
      'CLOSE_WAIT',
      'TIME_WAIT',
    ) as fc.Arbitrary<SocketSnapshot['state']>;
    const timer = fc.record({
      name: fc.constantFrom(
        'on' as const,
        'persist' as const,
        'keepalive' as const,
        'timewait' as const,
        'delack' as const,
      ),
      left: micros,
      retries: fc.nat({ max: 20 }),
    });
    const sockets = fc
      .record({
        ...{ state: states, age: micros, recvQueue: micros, sendQueue: micros, synQueue: micros, orphan: fc.boolean() },
        ...{
          timers: fc.array(timer, { maxLength: 3 }),
          remote: fc.constantFrom('10.0.0.1', null, 'fd00:1:2:3:4:5:6:7'),
        },
      })
      .map((socket) => healthy(socket));
    fc.assert(
      fc.property(fc.array(sockets), anyLog, fc.integer({ min: 40, max: 120 }), (all, entries, width) => {
        const lines = [
          ...all.flatMap((socket) => whyLines({ socket, entries, now: 1e9 }, width)),
          ...candidateLines(all, width),
        ].map((line) => lineText(line));
        expect(lines.filter((line) => line.length > width)).toEqual([]);
        expect(lines.filter((line) => /undefined|NaN|null/.test(line))).toEqual([]);
      }),
    );
  });
});

describe('what is unusual', () => {
  it('is nothing about a connection that is well', () => {
    expect(found(healthy())).toEqual([]);
    expect(found(healthy({ state: 'CLOSE_WAIT', age: 2_000_000 }))).toEqual([]);
    expect(oddness(healthy())).toBe(0);
  });

  it.each<[string, SocketSnapshot, string]>([
    ['a SYN without an answer', healthy({ state: 'SYN_SENT', age: 3_000_000 }), 'No answer to our SYN for 3 s'],
    ['a SYN-ACK without', healthy({ state: 'SYN_RECEIVED', age: 3_000_000 }), 'No answer to our SYN-ACK for 3 s'],
    ['a FIN without', healthy({ state: 'LAST_ACK', age: 3_000_000 }), 'LAST_ACK for 3 s'],
    ['a half-closed one', healthy({ state: 'FIN_WAIT_2', age: 60_000_000 }), 'FIN_WAIT_2 for 1 min'],
    [
      'a shut window there',
      healthy({ timers: [{ name: 'persist', left: 1, retries: 3 }], details: details({}, { unsent: 5000 }) }),
      "The peer's window is shut: its application does not read, 5000 octets wait here. Window probes without an opening: 3.",
    ],
    ['a shut window here', healthy({ recvQueue: 9, details: details({ tcpi_rcv_wnd: 0 }) }), 'Our window is shut'],
    [
      'a path that loses',
      healthy({ details: details({ tcpi_total_retrans: 20, tcpi_data_segs_out: 1000 }) }),
      '20 segments sent again, 2.0% of them',
    ],
    ['a queue on the path', healthy({ details: details({ tcpi_rtt: 210_000 }) }), 'The RTT is 210 ms, and was 10.1 ms'],
    ['needless repetition', healthy({ details: details({ tcpi_dsack_dups: 2 }) }), '2 segments arrived twice'],
    ['an orphan with data', healthy({ orphan: true, sendQueue: 12 }), 'The application has closed it, and 12 octets'],
  ])('is %s', (_, socket, text) => {
    const [heaviest] = found(socket);
    expect(heaviest).toContain(text);
  });

  it('is a black hole where full segments vanish again and again, and shorter ones did not', () => {
    const socket = healthy({ timers: [{ name: 'on', left: 1, retries: 2 }] });
    const hole = /maybe the path takes no packets of that size/;
    expect(found(socket, server().retransmit('RTO', { length: 1448 }))[0]).toMatch(hole);
    expect(found(socket, server().retransmit('RTO', { length: 100 })).join()).not.toMatch(hole);
  });

  it('is what the log tells: drops, and Nagle’s algorithm against a delayed ACK', () => {
    const cause = { text: '', source: '' };
    const log = server().put({ type: 'drop', reason: 'Paws', cause }).put({ type: 'drop', reason: 'Paws', cause });
    const socket = healthy({ details: details({}, {}, { times: { nagle: 200_000 } }) });
    expect(found(socket, log)).toEqual([
      expect.stringContaining('Short segments waited 200 ms in all for ACKs'),
      'Segments that were dropped here lately: Paws 2.',
    ]);
  });
});

describe('connections to choose from', () => {
  it('are sorted by how odd they are', () => {
    const list = [
      healthy({ id: 1 }),
      healthy({ id: 2, state: 'CLOSE_WAIT', age: 300_000_000 }),
      healthy({ id: 3, recvQueue: 5 }),
    ];
    const lines = candidateLines(list, 80).map((line) => lineText(line));
    expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
      "
      #2       CLOSE_WAIT for 5 min  10.9.0.2:80 ↔ 10.9.0.1:40000
               CLOSE_WAIT for 5 min: the peer has closed, the application here has
               not. It has to call close; no timer ends this.
      #3       ESTABLISHED for 12.3 s  10.9.0.2:80 ↔ 10.9.0.1:40000
               5 octets wait for the application here to read them.
      #1       ESTABLISHED for 12.3 s  10.9.0.2:80 ↔ 10.9.0.1:40000
      "
    `);
  });
});
