import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../src/observe/log/schema.ts';
import { type LadderOptions, ladderOf } from '../../../src/views/ladder/ladder.ts';
import { lineText } from '../../../src/views/text/line.ts';
import { RecordedHosts } from '../support/recorded.ts';

const text = (lines: ReturnType<typeof ladderOf>): string => `\n${lines.map((line) => lineText(line)).join('\n')}\n`;
const text80 = (log: readonly LogEntry[], options: Partial<LadderOptions> = {}): string =>
  text(ladderOf(log, { width: 80, ...options }));
const far = (world: RecordedHosts, options: Partial<LadderOptions> = {}): string => text80(world.logs.far, options);
const both = (world: RecordedHosts, options: Partial<LadderOptions> = {}): string =>
  text(ladderOf(world.logs.near, { width: 80, ...options }, world.logs.far));

/** A request, its answer, and the end, the server's first. */
function request(world: RecordedHosts, answer: number): RecordedHosts {
  world.in(0, () => world.connect());
  world.in(25, () => world.write('client', 77));
  world.in(50, () => world.write('server', answer));
  world.in(400, () => world.close('server'));
  world.in(450, () => world.close('client'));
  world.wait(70_000);
  return world;
}

describe('the ladder of a real host', () => {
  it('shows a request, its answer, and the end', () => {
    expect(far(request(new RecordedHosts(), 163))).toMatchInlineSnapshot(`
      "
      *:80 listen(): the user listens; RFC 9293 3.10.1
               10.0.0.1:40000                           10.0.0.2:80, here
             0 │── SYN seq 0 win 64240 mss 1460 sackOK wscale 10 ts ───►│ SYN_RECEIVED
               │                        SYN received; RFC 9293 3.10.7.2 │
               │◄── SYN+ACK seq 0 ack 1 win 64240 mss 1460 sackOK ──────│
               │    wscale 10 ts                                        │
         20 ms │── ACK ack 1 win 64512 ────────────────────────────────►│ ESTABLISHED
               │                      ACK of our SYN; RFC 9293 3.10.7.4 │
         25 ms │── PSH+ACK seq 1:78 (77) ack 1 win 64512 ──────────────►│
               │◄── ACK ack 78 win 64512 ───────────────────────────────│
         40 ms │◄── PSH+ACK seq 1:164 (163) ack 78 win 64512 ───────────│
         60 ms │── ACK ack 164 win 65536 ──────────────────────────────►│
        390 ms │                     CLOSE by the user; RFC 9293 3.10.4 │
               │◄── FIN+ACK seq 164 ack 78 win 64512 ───────────────────│ FIN_WAIT_1
        450 ms │── ACK ack 165 win 65536 ──────────────────────────────►│ FIN_WAIT_2
               │                      ACK of our FIN; RFC 9293 3.10.7.4 │
               │── FIN+ACK seq 78 ack 165 win 65536 ───────────────────►│ TIME_WAIT
               │◄── ACK ack 79 win 64512 ───────────────────────────────│
               │                        FIN received; RFC 9293 3.10.7.4 │
               │                                TIME_WAIT ends in 1 min │
         1m00s │          TIME_WAIT is over: 2MSL over; RFC 9293 3.10.8 │ CLOSED
      "
    `);
  });

  it('of both ends', () => {
    expect(both(request(new RecordedHosts(), 163))).toMatchInlineSnapshot(`
      "
      *:80 listen(): the user listens; RFC 9293 3.10.1
                            10.0.0.1:40000                    10.0.0.2:80
             0              │ active OPEN; RFC 9293 3.10.1              │
                   SYN_SENT │── SYN seq 0 win 64240 ────────── 10 ms ──►│ SYN_RECEIVED
                            │    mss 1460 sackOK wscale 10              │
                            │    ts                                     │
         10 ms              │           SYN received; RFC 9293 3.10.7.2 │
                ESTABLISHED │◄── SYN+ACK seq 0 ack 1 ────────── 10 ms ──│
                            │    win 64240 mss 1460 sackOK              │
                            │    wscale 10 ts                           │
         20 ms              │ SYN-ACK received; RFC 9293 3.10.7.3       │
                            │── ACK ack 1 win 64512 ────────── 10 ms ──►│ ESTABLISHED
         25 ms              │── PSH+ACK seq 1:78 (77) ───────────────···│
         30 ms              │         ACK of our SYN; RFC 9293 3.10.7.4 │
         35 ms              │···── PSH+ACK seq 1:78 (77) ───── 10 ms ──►│
                            │◄── ACK ack 78 win 64512 ───────── 10 ms ──│
         50 ms              │◄── PSH+ACK seq 1:164 (163) ────── 10 ms ──│
         60 ms              │── ACK ack 164 win 65536 ──────── 10 ms ──►│
        400 ms              │        CLOSE by the user; RFC 9293 3.10.4 │
                 CLOSE_WAIT │◄── FIN+ACK seq 164 ack 78 ─────── 10 ms ──│ FIN_WAIT_1
        410 ms              │ FIN received; RFC 9293 3.10.7.4           │
        450 ms              │ ACK: the delayed-ACK timer fired; RFC     │
                            │ 9293 3.8.6.3                              │
                            │── ACK ack 165 win 65536 ──────── 10 ms ──►│ FIN_WAIT_2
                            │ CLOSE by the user; RFC 9293 3.10.4        │
                   LAST_ACK │── FIN+ACK seq 78 ack 165 ─────── 10 ms ──►│ TIME_WAIT
        460 ms              │         ACK of our FIN; RFC 9293 3.10.7.4 │
                     CLOSED │◄── ACK ack 79 win 64512 ───────── 10 ms ──│
                            │           FIN received; RFC 9293 3.10.7.4 │
                            │                   TIME_WAIT ends in 1 min │
        470 ms              │ ACK of our FIN; RFC 9293 3.10.7.4         │
         1m00s              │    TIME_WAIT is over: 2MSL over; RFC 9293 │ CLOSED
                            │    3.10.8                                 │
      "
    `);
  });

  it('folds a long answer', () => {
    const world = new RecordedHosts({ offload: true });
    world.in(0, () => world.connect());
    for (let i = 0; i < 30; i++) world.in(45 + 20 * i, () => world.write('server', 60_000));
    world.wait(2000);
    const text = far(world);
    expect(text).toMatch(/│ +··· \d+ segments, \d+ ACKs, [\d.]+ MB in \d+ ms ··· +│\n/);
    expect(text.split('\n').length).toBeLessThan(25);
  });

  it('shows what a path that is dead for a while does', () => {
    const narrow = { from: 45, until: 1000, mtu: 0, told: null };
    const text = far(request(new RecordedHosts({ narrow }), 3000));
    expect(text).toMatch(/│ RTO 1 of 15 after 2\d\d ms, next in 4\d\d ms; RFC 6298 5\.4 │\n/);
    expect(text).toMatch(/│◄── ACK again seq 1:1449 \(1448\) ack 78 win 64512 ─+│\n/);
  });

  it('shows losses, and how they are repaired', () => {
    const text = far(request(new RecordedHosts({ loss: 6, seed: 4 }), 40_000));
    expect(text).toMatch(/│── dup ACK 1 ack \d+ win \d+ sack \d+:\d+ ─+►│\n/);
    expect(text).toMatch(/1 segment counts as lost: /);
    expect(text).toMatch(/cwnd \d+ → \d+, ssthresh \d+, \d+ in flight: each ACK/);
    expect(text).toMatch(/│◄── ACK again seq \d+:\d+ \(1448\)/);
  });

  it('says all, each with its number and that of its cause', () => {
    const log = request(new RecordedHosts({}, true), 163).logs.far;
    const text = text80(log, { verbose: true });
    const shown = new Set([...text.matchAll(/#(\d+)/g)].map(([, id]) => Number(id)));
    const silent = new Set(['log', 'connection', 'queue']);
    const missing = log.filter(
      ({ id, type, connection }) => connection !== undefined && !silent.has(type) && !shown.has(id),
    );
    expect(missing).toEqual([]);
    expect(text).toMatch(/snd\.una 0 snd\.nxt 1 snd\.wnd 64240 rcv\.nxt 1 rcv\.wnd/);
    expect(text).toMatch(/RTT 20 ms: srtt 20 ms, rttvar 10 ms, RTO 220 ms;/);
  });
});
