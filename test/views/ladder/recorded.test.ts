import { describe, expect, it } from 'vitest';
import { type LadderOptions, ladderOf } from '../../../src/views/ladder/ladder.ts';
import { lineText } from '../../../src/views/text/line.ts';
import { RecordedHosts } from '../support/recorded.ts';

const text = (lines: ReturnType<typeof ladderOf>): string => `\n${lines.map((line) => lineText(line)).join('\n')}\n`;
const far = (world: RecordedHosts, options: Partial<LadderOptions> = {}): string =>
  text(ladderOf(world.logs.far, { width: 80, ...options }));
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
             0 │── SYN seq 0 win 64240 mss 1460 sackOK wscale 7 ts ────►│ SYN_RECEIVED
               │                        SYN received; RFC 9293 3.10.7.2 │
               │◄── SYN+ACK seq 0 ack 1 win 64240 mss 1460 sackOK ──────│
               │    wscale 7 ts                                         │
         20 ms │── ACK ack 1 win 65536 ────────────────────────────────►│ ESTABLISHED
               │                      ACK of our SYN; RFC 9293 3.10.7.4 │
         25 ms │── PSH+ACK seq 1:78 (77) ack 1 win 65536 ──────────────►│
               │◄── ACK ack 78 win 65536 ───────────────────────────────│
         40 ms │◄── PSH+ACK seq 1:164 (163) ack 78 win 65536 ───────────│
         60 ms │── ACK ack 164 win 65536 ──────────────────────────────►│
        390 ms │                     CLOSE by the user; RFC 9293 3.10.4 │
               │◄── FIN+ACK seq 164 ack 78 win 65536 ───────────────────│ FIN_WAIT_1
        450 ms │── ACK ack 165 win 65536 ──────────────────────────────►│ FIN_WAIT_2
               │                      ACK of our FIN; RFC 9293 3.10.7.4 │
               │── FIN+ACK seq 78 ack 165 win 65536 ───────────────────►│ TIME_WAIT
               │◄── ACK ack 79 win 65536 ───────────────────────────────│
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
                            │    mss 1460 sackOK wscale 7               │
                            │    ts                                     │
         10 ms              │           SYN received; RFC 9293 3.10.7.2 │
                ESTABLISHED │◄── SYN+ACK seq 0 ack 1 ────────── 10 ms ──│
                            │    win 64240 mss 1460 sackOK              │
                            │    wscale 7 ts                            │
         20 ms              │ SYN-ACK received; RFC 9293 3.10.7.3       │
                            │── ACK ack 1 win 65536 ────────── 10 ms ──►│ ESTABLISHED
         25 ms              │── PSH+ACK seq 1:78 (77) ───────────────···│
         30 ms              │         ACK of our SYN; RFC 9293 3.10.7.4 │
         35 ms              │···── PSH+ACK seq 1:78 (77) ───── 10 ms ──►│
                            │◄── ACK ack 78 win 65536 ───────── 10 ms ──│
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
                     CLOSED │◄── ACK ack 79 win 65536 ───────── 10 ms ──│
                            │           FIN received; RFC 9293 3.10.7.4 │
                            │                   TIME_WAIT ends in 1 min │
        470 ms              │ ACK of our FIN; RFC 9293 3.10.7.4         │
         1m00s              │    TIME_WAIT is over: 2MSL over; RFC 9293 │ CLOSED
                            │    3.10.8                                 │
      "
    `);
  });

  it('folds a long answer', () => {
    expect(far(request(new RecordedHosts({ offload: true }), 80_000))).toMatchInlineSnapshot(`
      "
      *:80 listen(): the user listens; RFC 9293 3.10.1
               10.0.0.1:40000                           10.0.0.2:80, here
             0 │── SYN seq 0 win 64240 mss 1460 sackOK wscale 7 ts ────►│ SYN_RECEIVED
               │                        SYN received; RFC 9293 3.10.7.2 │
               │◄── SYN+ACK seq 0 ack 1 win 64240 mss 1460 sackOK ──────│
               │    wscale 7 ts                                         │
         20 ms │── ACK ack 1 win 65536 ────────────────────────────────►│ ESTABLISHED
               │                      ACK of our SYN; RFC 9293 3.10.7.4 │
         25 ms │── PSH+ACK seq 1:78 (77) ack 1 win 65536 ──────────────►│
               │◄── ACK ack 78 win 65536 ───────────────────────────────│
         40 ms │◄── ACK seq 1:14481 (10 segments) ack 78 win 65536 ─────│
         60 ms │── ACK ack 14481 win 65536 ────────────────────────────►│
               │◄── PSH+ACK seq 14481:28961 (10 segments) ──────────────│
         80 ms │── ACK ack 28961 win 65536 ────────────────────────────►│
        390 ms │                     CLOSE by the user; RFC 9293 3.10.4 │
               │ cwnd 20 → 10, ssthresh ∞, 0 in flight: idle for longer │
               │ than an RTO; RFC 5681 4.1                              │
               │◄── FIN+ACK seq 28961 ack 78 win 65536 ─────────────────│ FIN_WAIT_1
        450 ms │── ACK ack 28962 win 65536 ────────────────────────────►│ FIN_WAIT_2
               │                      ACK of our FIN; RFC 9293 3.10.7.4 │
               │── FIN+ACK seq 78 ack 28962 win 65536 ─────────────────►│ TIME_WAIT
               │◄── ACK ack 79 win 65536 ───────────────────────────────│
               │                        FIN received; RFC 9293 3.10.7.4 │
               │                                TIME_WAIT ends in 1 min │
         1m00s │          TIME_WAIT is over: 2MSL over; RFC 9293 3.10.8 │ CLOSED
      "
    `);
  });

  it('shows what a path that is dead for a while does', () => {
    const narrow = { from: 45, until: 1000, mtu: 0, told: null };
    expect(far(request(new RecordedHosts({ narrow }), 3000))).toMatchInlineSnapshot(`
      "
      *:80 listen(): the user listens; RFC 9293 3.10.1
               10.0.0.1:40000                           10.0.0.2:80, here
             0 │── SYN seq 0 win 64240 mss 1460 sackOK wscale 7 ts ────►│ SYN_RECEIVED
               │                        SYN received; RFC 9293 3.10.7.2 │
               │◄── SYN+ACK seq 0 ack 1 win 64240 mss 1460 sackOK ──────│
               │    wscale 7 ts                                         │
         20 ms │── ACK ack 1 win 65536 ────────────────────────────────►│ ESTABLISHED
               │                      ACK of our SYN; RFC 9293 3.10.7.4 │
         25 ms │── PSH+ACK seq 1:78 (77) ack 1 win 65536 ──────────────►│
               │◄── ACK ack 78 win 65536 ───────────────────────────────│
         40 ms │◄── ACK seq 1:1449 (1448) ack 78 win 65536 ─────────────│
               │◄── ACK seq 1449:2897 (1448) ack 78 win 65536 ──────────│
               │◄── PSH+ACK seq 2897:3001 (104) ack 78 win 65536 ───────│
        260 ms │ RTO 1 of 15 after 220 ms, next in 440 ms; RFC 6298 5.4 │
               │◄── ACK again seq 1:1449 (1448) ack 78 win 65536 ───────│
        390 ms │                     CLOSE by the user; RFC 9293 3.10.4 │
               │◄── FIN+ACK seq 3001 ack 78 win 65536 ──────────────────│ FIN_WAIT_1
        700 ms │  RTO 2 of 8 after 440 ms, next in 880 ms; RFC 6298 5.4 │
               │◄── ACK again seq 1:1449 (1448) ack 78 win 65536 ───────│
        1.11 s │── FIN+ACK seq 78 ack 1 win 65536 ─────────────────────►│ CLOSING
               │                        FIN received; RFC 9293 3.10.7.4 │
               │◄── ACK ack 79 win 65536 ───────────────────────────────│
        1.58 s │  RTO 3 of 8 after 880 ms, next in 1.76 s; RFC 6298 5.4 │
               │◄── ACK again seq 1:1025 (1024) ack 79 win 65536 ───────│
         1.6 s │── RST seq 79 win 0 ───────────────────────────────────►│ CLOSED
               │   RST received; RFC 9293 3.10.7.4 (CLOSING for 490 ms) │
      "
    `);
  });

  it('shows losses, and how they are repaired', () => {
    expect(far(request(new RecordedHosts({ loss: 6, seed: 4 }), 40_000))).toMatchInlineSnapshot(`
      "
      *:80 listen(): the user listens; RFC 9293 3.10.1
               10.0.0.1:40000                           10.0.0.2:80, here
             0 │── SYN seq 0 win 64240 mss 1460 sackOK wscale 7 ts ────►│ SYN_RECEIVED
               │                        SYN received; RFC 9293 3.10.7.2 │
               │◄── SYN+ACK seq 0 ack 1 win 64240 mss 1460 sackOK ──────│
               │    wscale 7 ts                                         │
         20 ms │── ACK ack 1 win 65536 ────────────────────────────────►│ ESTABLISHED
               │                      ACK of our SYN; RFC 9293 3.10.7.4 │
         25 ms │── PSH+ACK seq 1:78 (77) ack 1 win 65536 ──────────────►│
               │◄── ACK ack 78 win 65536 ───────────────────────────────│
         40 ms │◄── ACK seq 1:1449 (1448) ack 78 win 65536 ─────────────│
               │          ··· 8 segments, 11.6 kB at once ···           │
               │◄── ACK seq 13033:14481 (1448) ack 78 win 65536 ────────│
         60 ms │── ACK ack 4345 win 61312 sack 5793:7241 ──────────────►│
               │── dup ACK 1 ack 4345 win 61312 sack 5793:8689 ────────►│
               │── dup ACK 2 ack 4345 win 61312 sack 5793:10137 ───────►│
               │  cwnd 14 → 3, ssthresh 3, 4 in flight: third duplicate │
               │  ACK; RFC 5681 3.2                                     │
               │   1 segment counts as lost: enough later segments have │
               │   arrived (SACK); RFC 6675 4, IsLost()                 │
               │── ACK ack 4345 win 65536 sack 5793:14481 ─────────────►│
               │              fast retransmit; RFC 5681 3.2; RFC 6675 5 │
               │◄── ACK again seq 4345:5793 (1448) ack 78 win 65536 ────│
               │◄── ACK seq 14481:15929 (1448) ack 78 win 65536 ────────│
               │◄── ACK seq 15929:17377 (1448) ack 78 win 65536 ────────│
         80 ms │    ··· 6 segments, 2 ACKs, 8688 octets in 20 ms ···    │
        100 ms │◄── ACK seq 26065:27513 (1448) ack 78 win 65536 ────────│
        120 ms │── ACK ack 23169 win 64128 sack 24617:26065 ───────────►│
               │── dup ACK 1 ack 23169 win 64128 sack 24617:27513 ─────►│
               │    new data on a duplicate ACK (limited transmit); RFC │
               │    3042                                                │
               │◄── PSH+ACK seq 27513:28961 (1448) ack 78 win 65536 ────│
        140 ms │── ACK ack 23169 win 65536 sack 24617:28961 ───────────►│
               │   cwnd 4 → 2, ssthresh 2, 1 in flight: third duplicate │
               │   ACK; RFC 5681 3.2                                    │
               │   1 segment counts as lost: enough later segments have │
               │   arrived (SACK); RFC 6675 4, IsLost()                 │
               │              fast retransmit; RFC 5681 3.2; RFC 6675 5 │
               │◄── ACK again seq 23169:24617 (1448) ───────────────────│
        160 ms │── ACK ack 28961 win 65536 ────────────────────────────►│
        390 ms │                     CLOSE by the user; RFC 9293 3.10.4 │
               │◄── FIN+ACK seq 28961 ack 78 win 65536 ─────────────────│ FIN_WAIT_1
        450 ms │── ACK ack 28962 win 65536 ────────────────────────────►│ FIN_WAIT_2
               │                      ACK of our FIN; RFC 9293 3.10.7.4 │
               │                               FIN_WAIT_2 ends in 1 min │
        670 ms │── FIN+ACK seq 78 ack 28962 win 512 ───────────────────►│
               │      1 min begin anew: FIN received; RFC 9293 3.10.7.4 │
               │         ACK: in TIME_WAIT; RFC 9293 3.10.7.4; RFC 1337 │
               │◄── ACK ack 79 win 512 ─────────────────────────────────│
         1m01s │          TIME_WAIT is over: 2MSL over; RFC 9293 3.10.8 │ CLOSED
      "
    `);
  });

  it('says all', () => {
    expect(far(request(new RecordedHosts({}, true), 163), { verbose: true })).toMatchInlineSnapshot(`
      "
      *:80 listen(): the user listens; RFC 9293 3.10.1
      *:80 SYN queue 1, accept queue 0 of 4096: a SYN was answered; RFC 9293 3.10.7.2
               10.0.0.1:40000                           10.0.0.2:80, here
             0 │── SYN seq 0 win 64240 mss 1460 sackOK wscale 7 ───────►│ SYN_RECEIVED
               │    ts 1073741823 ecr 0 #2                              │
               │         SYN received; RFC 9293 3.10.7.2 #3, because #2 │
               │                       answers a SYN; RFC 9293 3.10.7.2 │
               │◄── SYN+ACK seq 0 ack 1 win 64240 mss 1460 sackOK ──────│
               │    wscale 7 ts 1073741833 ecr 1073741823 #5,           │
               │    because #2                                          │
               │    snd.una 0 snd.nxt 1 snd.wnd 64240 rcv.nxt 1 rcv.wnd │
               │    64240 cwnd 10 ssthresh ∞ flight 1 rto 1 s           │
               │     retransmit timer set, fires in 1 s: data is on its │
               │     way; RFC 6298 5.1 #6, because #2                   │
      *:80 SYN queue 0, accept queue 1 of 4096: a handshake is complete; RFC 9293
      3.10.7.4
      *:80 SYN queue 0, accept queue 0 of 4096: the user accepted a connection; RFC
      9293 3.10.1
         20 ms │── ACK ack 1 win 65536 ts 1073741843 ecr 1073741833 ───►│ ESTABLISHED
               │    #7                                                  │
               │    snd.una 0 snd.nxt 1 snd.wnd 64240 rcv.nxt 1 rcv.wnd │
               │    64240 cwnd 10 ssthresh ∞ flight 1 rto 1 s           │
               │       ACK of our SYN; RFC 9293 3.10.7.4 #8, because #7 │
               │       (SYN_RECEIVED for 20 ms)                         │
               │ RTT 20 ms: srtt 20 ms, rttvar 10 ms, RTO 220 ms; the   │
               │ time from a segment to its ACK; RFC 6298 3 #9, because │
               │ #7                                                     │
               │        retransmit timer cancelled: all that was out is │
               │        acknowledged; RFC 6298 5.2 #10, because #7      │
               │   accept(): the user takes a connection; accept(2) #12 │
         25 ms │── PSH+ACK seq 1:78 (77) ack 1 win 65536 ──────────────►│
               │    ts 1073741848 ecr 1073741833 #14                    │
               │    snd.una 1 snd.nxt 1 snd.wnd 65536 rcv.nxt 1 rcv.wnd │
               │    64240 cwnd 10 ssthresh ∞ flight 0 rto 220 ms        │
               │ read(77): the user reads; RFC 9293 3.10.3 #15, because │
               │ #14                                                    │
               │                  ACK: quick ACK mode; tcp_input.c,     │
               │                  tcp_enter_quickack_mode; TCP_QUICKACK │
               │◄── ACK ack 78 win 65536 ───────────────────────────────│
               │    ts 1073741858 ecr 1073741848 #16, because #14       │
               │   snd.una 1 snd.nxt 1 snd.wnd 65536 rcv.nxt 78 rcv.wnd │
               │   65536 cwnd 10 ssthresh ∞ flight 0 rto 220 ms         │
         40 ms │       write(163): the user writes; RFC 9293 3.10.2 #17 │
               │                              new data; RFC 9293 3.10.2 │
               │◄── PSH+ACK seq 1:164 (163) ack 78 win 65536 ───────────│
               │    ts 1073741873 ecr 1073741848 #18, because #17       │
               │ snd.una 1 snd.nxt 164 snd.wnd 65536 rcv.nxt 78 rcv.wnd │
               │ 65536 cwnd 10 ssthresh ∞ flight 1 rto 220 ms           │
               │  retransmit timer set, fires in 220 ms: data is on its │
               │  way; RFC 6298 5.1 #19, because #18                    │
               │ hold: idle for 40 ms, now application: the application │
               │ has written nothing more; RFC 7661 4.1 #20, because    │
               │ #18                                                    │
         60 ms │── ACK ack 164 win 65536 ──────────────────────────────►│
               │    ts 1073741883 ecr 1073741873 #21                    │
               │ snd.una 1 snd.nxt 164 snd.wnd 65536 rcv.nxt 78 rcv.wnd │
               │ 65536 cwnd 10 ssthresh ∞ flight 1 rto 220 ms           │
               │  RTT 20 ms: srtt 20 ms, rttvar 7.5 ms, RTO 220 ms; the │
               │  time from a segment to its ACK; RFC 6298 3 #22,       │
               │  because #21                                           │
               │        retransmit timer cancelled: all that was out is │
               │        acknowledged; RFC 6298 5.2 #23, because #21     │
               │   hold: application for 20 ms, now idle: everything is │
               │   sent and acknowledged; RFC 9293 3.10.2 #24, because  │
               │   #21                                                  │
        390 ms │    CLOSE by the user; RFC 9293 3.10.4 #26, because #25 │
               │    (ESTABLISHED for 370 ms)                            │
               │              FIN: the user has closed; RFC 9293 3.10.4 │
               │◄── FIN+ACK seq 164 ack 78 win 65536 ───────────────────│ FIN_WAIT_1
               │    ts 1073742223 ecr 1073741883 #27, because #25       │
               │   snd.una 164 snd.nxt 165 snd.wnd 65536 rcv.nxt 78     │
               │   rcv.wnd 65536 cwnd 10 ssthresh ∞ flight 1 rto 220 ms │
               │  retransmit timer set, fires in 220 ms: data is on its │
               │  way; RFC 6298 5.1 #28, because #27                    │
               │     hold: idle for 330 ms, now application: the        │
               │     application has written nothing more; RFC 7661 4.1 │
               │     #29, because #27                                   │
        450 ms │── ACK ack 165 win 65536 ──────────────────────────────►│ FIN_WAIT_2
               │    ts 1073742273 ecr 1073742223 #30                    │
               │   snd.una 164 snd.nxt 165 snd.wnd 65536 rcv.nxt 78     │
               │   rcv.wnd 65536 cwnd 10 ssthresh ∞ flight 1 rto 220 ms │
               │    RTT 60 ms: srtt 25 ms, rttvar 15.63 ms, RTO 225 ms; │
               │    the time from a segment to its ACK; RFC 6298 3 #31, │
               │    because #30                                         │
               │        retransmit timer cancelled: all that was out is │
               │        acknowledged; RFC 6298 5.2 #32, because #30     │
               │     ACK of our FIN; RFC 9293 3.10.7.4 #33, because #30 │
               │     (FIN_WAIT_1 for 60 ms)                             │
               │── FIN+ACK seq 78 ack 165 win 65536 ───────────────────►│ TIME_WAIT
               │    ts 1073742273 ecr 1073742223 #34                    │
               │   snd.una 165 snd.nxt 165 snd.wnd 65536 rcv.nxt 78     │
               │   rcv.wnd 65536 cwnd 10 ssthresh ∞ flight 0 rto 225 ms │
               │               ACK: of a FIN; RFC 9293 3.10.7.4, eighth │
               │◄── ACK ack 79 win 65536 ───────────────────────────────│
               │    ts 1073742283 ecr 1073742273 #35, because #34       │
               │   snd.una 165 snd.nxt 165 snd.wnd 65536 rcv.nxt 79     │
               │   rcv.wnd 65536 cwnd 10 ssthresh ∞ flight 0 rto 225 ms │
               │       FIN received; RFC 9293 3.10.7.4 #36, because #34 │
               │   hold: application for 60 ms, now idle: everything is │
               │   sent and acknowledged; RFC 9293 3.10.2 #37, because  │
               │   #34                                                  │
               │               TIME_WAIT ends in 1 min #38, because #34 │
         1m00s │      TIME_WAIT is over: 2MSL over; RFC 9293 3.10.8 #39 │ CLOSED
      "
    `);
  });
});
