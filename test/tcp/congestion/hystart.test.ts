import { describe, expect, it } from 'vitest';
import { cubic } from '../../../src/tcp/congestion/cubic.ts';
import { rttThreshold } from '../../../src/tcp/congestion/hystart-plus-plus.ts';
import { newReno } from '../../../src/tcp/congestion/newreno.ts';
import { type Cause, causes } from '../../../src/tcp/terms/causes.ts';
import { type TcpSysctls, tcpSysctls } from '../../../src/tcp/terms/sysctls.ts';
import { AckSample } from '../../../src/tcp/variables/ack-sample.ts';
import {
  type CongestionControl,
  CongestionWindow,
  NO_THRESHOLD,
} from '../../../src/tcp/variables/congestion-control.ts';
import { knobDefaults } from '../../../src/time/knobs.ts';

/** A sender in slow start, one segment an octet, whose ACKs of one segment each come as the test says. */
class Sender {
  readonly w = new CongestionWindow();
  readonly ack = new AckSample();
  now = 0;
  /** Where the round ends (RFC 9406, section 4.2: windowEnd), and what the algorithm has said. */
  end = 1;
  readonly told = new Set<Cause>();
  private readonly algorithm: CongestionControl;

  constructor(algorithm: CongestionControl, sysctls: Partial<TcpSysctls>) {
    this.algorithm = algorithm;
    this.w.sysctls = { ...knobDefaults(tcpSysctls), ...sysctls };
    this.w.cwndLimited = true;
    algorithm.start(this.w, 0);
    this.ack.nxt = this.w.cwnd;
  }

  /**
   * A round is acknowledged segment by segment, `gap` apart, with these round trips (the last one for all further). A host that
   * finds its ACKs in batches finds so many at once.
   */
  round(rtts: readonly number[], gap = 1, batch = 1): void {
    const { w, ack, end } = this;
    for (let i = 0; ack.una < end; i++) {
      ack.una++;
      ack.rtt = rtts[Math.min(i, rtts.length - 1)]!;
      ack.delivered = 1;
      this.now += gap;
      if ((ack.una - 1) % batch === 0) ack.now = this.now + (batch - 1) * gap;
      w.cause = null;
      this.algorithm.onAck(w, ack);
      if (w.cause !== null) this.told.add(w.cause);
      this.end = ack.nxt;
      ack.nxt = ack.una + w.cwnd;
    }
  }
}

const ms = (value: number): number => value * 1000;

/** Round trips of a train that left in half of the time in which its ACKs come, `gap` milliseconds apart: each waits longer. */
const spread = (rtt: number, gap: number): number[] => Array.from({ length: 500 }, (_, i) => ms(rtt + (i * gap) / 2));

describe('HyStart++ (RFC 9406)', () => {
  it('RttThresh is an eighth of the RTT, from 4 to 16 ms (section 4.2)', () => {
    expect([1, 32, 40, 100, 128, 1000].map((rtt) => rttThreshold(ms(rtt)) / 1000)).toEqual([4, 4, 5, 12.5, 16, 16]);
  });

  const senders: [string, () => Sender][] = [
    ['CUBIC', () => new Sender(cubic, { tcp_cubic_hystart: 2 })],
    ['Reno', () => new Sender(newReno, { tcp_reno_hystart: 2 })],
  ];

  describe.each(senders)('with %s', (_, make) => {
    it('lets slow start alone while the RTT stays', () => {
      const sender = make();
      for (let i = 0; i < 7; i++) sender.round([ms(100), ms(112)]);
      expect(sender.w.ssthresh).toBe(NO_THRESHOLD);
      expect(sender.w.cwnd).toBeGreaterThan(300);
    });

    it('slows down to a quarter when eight samples are longer by RttThresh, and ends after five rounds', () => {
      const sender = make();
      sender.round([ms(100)]);
      sender.round([ms(100)]);
      sender.round([ms(100)]);
      const before = sender.w.cwnd;
      const start = sender.ack.una;
      sender.round([ms(113)]);
      // Seven ACKs count fully, before the eighth sample; all others for a quarter.
      const { cwnd } = sender.w;
      const acks = sender.ack.una - start;
      expect(acks).toBeGreaterThan(30);
      expect(cwnd).toBe(before + 7 + Math.floor((acks - 7) / 4));
      expect(sender.told).toEqual(new Set([causes.conservativeSlowStart]));
      sender.round([ms(113)]);
      expect(sender.w.cwnd / cwnd).toBeCloseTo(1.25, 1);
      expect(sender.w.ssthresh).toBe(NO_THRESHOLD);
      sender.round([ms(113)]);
      sender.round([ms(113)]);
      expect(sender.w.ssthresh).toBe(NO_THRESHOLD);
      sender.round([ms(113)]);
      // The partial round counts: five in all.
      expect(sender.w.ssthresh).toBeLessThanOrEqual(sender.w.cwnd);
      expect(sender.told).toContain(causes.conservativeSlowStartOver);
      const atEnd = sender.w.cwnd;
      sender.round([ms(113)]);
      expect(sender.w.cwnd).toBeLessThan(atEnd * 1.06);
    });

    it('goes on with slow start when the RTT falls below the one it slowed down at', () => {
      const sender = make();
      sender.round([ms(100)]);
      sender.round([ms(100)]);
      sender.round([ms(100)]);
      sender.round([ms(120)]);
      const { cwnd } = sender.w;
      const start = sender.ack.una;
      sender.round([ms(100)]);
      // Seven ACKs still count for a quarter, beside what was left of the last one.
      const whole = sender.ack.una - start - 7;
      expect([whole + 1, whole + 2]).toContain(sender.w.cwnd - cwnd);
      expect(sender.told).toContain(causes.slowStartResumed);
      expect(sender.w.ssthresh).toBe(NO_THRESHOLD);
    });

    it('asks for eight samples in a round', () => {
      const sender = make();
      sender.round([ms(100)]);
      sender.round([ms(100)]);
      sender.round([ms(100)]);
      sender.round([ms(150), ms(150), ms(150), ms(150), ms(150), ms(150), ms(150), -1]);
      expect(sender.told.size).toBe(0);
    });

    it('leaves later slow starts, which know a threshold, alone (section 4.3)', () => {
      const sender = make();
      sender.w.ssthresh = 1000;
      sender.round([ms(100)]);
      sender.round([ms(100)]);
      sender.round([ms(200)]);
      sender.round([ms(200)]);
      expect(sender.w.cwnd).toBe(10 + sender.ack.una);
    });
  });
});

describe('HyStart (net/ipv4/tcp_cubic.c, hystart_update)', () => {
  const make = (sysctls: Partial<TcpSysctls> = {}): Sender => new Sender(cubic, { tcp_cubic_hystart: 1, ...sysctls });

  it('ends slow start when the ninth sample of a round shows an eighth more than the least RTT', () => {
    for (const [rtt, ends] of [
      [112, false],
      [113, true],
    ] as const) {
      const sender = make();
      sender.round([ms(100)], ms(5));
      for (let i = 0; i < 4; i++) sender.round([ms(rtt)], ms(5));
      expect(sender.told.has(causes.hystartDelay), `${rtt} ms`).toBe(ends);
      expect(sender.w.ssthresh < NO_THRESHOLD).toBe(ends);
    }
  });

  it('ends it when ACKs come in a row for half of the least RTT', () => {
    for (const [gap, ends] of [
      [2, true],
      [2.1, false],
    ] as const) {
      const sender = make();
      for (let i = 0; i < 5; i++) sender.round(spread(40, gap), ms(gap));
      expect(sender.told.has(causes.hystartTrain), `${gap} ms`).toBe(ends);
      // (40 + 1) / 2 ms, 2 ms apart: the eleventh ACK behind the first of the round, in the first round of 16 segments and more.
      if (ends) expect(sender.w.ssthresh).toBeLessThan(32);
    }
  });

  it('takes ACKs in a row for a train only after a whole round trip, where pacing spreads what is sent over half of one', () => {
    for (const isPaced of [false, true]) {
      const sender = make({ tcp_cubic_hystart_detect: 1 });
      sender.w.isPaced = isPaced;
      for (let i = 0; i < 3; i++) sender.round(spread(40, 2), ms(2));
      // 20 ms of ACKs are half of the round trip; 40 ms of them are in no round of so few segments.
      expect(sender.told.has(causes.hystartTrain)).toBe(!isPaced);
    }
  });

  it('has eight samples of a round before it judges by the next', () => {
    for (const [samples, ends] of [
      [8, false],
      [9, true],
    ] as const) {
      const { w, ack, told } = make();
      let rounds = 0;
      let left = samples;
      // A round ends when what was out at its beginning is acknowledged, and more (`after(ack, end_seq)`). The first has 16 segments.
      for (let end = -1; rounds < 4; ack.nxt = ack.una + w.cwnd) {
        ack.una++;
        if (w.cwnd >= 16 && ack.una > end) {
          rounds++;
          end = ack.nxt;
        }
        ack.rtt = rounds < 3 ? ms(100) : left-- > 0 ? ms(150) : -1;
        ack.delivered = 1;
        ack.now += ms(5);
        w.cause = null;
        cubic.onAck(w, ack);
        if (w.cause !== null) told.add(w.cause);
      }
      expect(told.has(causes.hystartDelay), `${samples} samples`).toBe(ends);
    }
  });

  it('looks at what `hystart_detect` says, and at no small window', () => {
    const train = make({ tcp_cubic_hystart_detect: 1 });
    for (let i = 0; i < 3; i++) train.round([ms(40), ms(100)], ms(5));
    expect(train.w.ssthresh).toBe(NO_THRESHOLD);
    const delay = make({ tcp_cubic_hystart_detect: 2 });
    const jitter = Array.from({ length: 500 }, (_, i) => ms(i % 2 === 0 ? 40 : 60));
    for (let i = 0; i < 4; i++) delay.round(jitter, ms(1));
    expect(delay.w.ssthresh).toBe(NO_THRESHOLD);
    const small = make({ tcp_cubic_hystart_low_window: 1000 });
    small.round([ms(40)], ms(1));
    for (let i = 0; i < 3; i++) small.round([ms(100)], ms(1));
    expect(small.w.ssthresh).toBe(NO_THRESHOLD);
  });

  it('ends it so, too, when the host is late, and finds ten of them each 18 ms; not when two come each 18 ms', () => {
    for (const [gap, batch, ends] of [
      [1.8, 10, true],
      [9, 2, false],
    ] as const) {
      const sender = make();
      for (let i = 0; i < 5; i++) sender.round(spread(100, gap), ms(gap), batch);
      expect(sender.told.has(causes.hystartTrain), `${batch} at once`).toBe(ends);
    }
  });

  it('does not end it by a train as long as the host has sent it, which meets no queue', () => {
    const slow = make();
    for (let i = 0; i < 5; i++) slow.round([ms(40)], ms(1));
    expect(slow.w.ssthresh).toBe(NO_THRESHOLD);
    // That a host was late shows in all of a batch but the last.
    const late = make();
    for (let i = 0; i < 5; i++)
      late.round(
        [49, 48, 47, 46, 45, 44, 43, 42, 41, 40].flatMap((rtt) => ms(rtt)),
        ms(1),
        10,
      );
    expect(late.told.has(causes.hystartTrain)).toBe(false);
  });

  it('takes ACKs that a host finds at once, since it was late, for one sample of the round trip', () => {
    const sender = make({ tcp_cubic_hystart_detect: 2 });
    sender.round([ms(100)], ms(5));
    // Twenty waited for 50 ms, and then the host is back in time.
    for (let i = 0; i < 3; i++) sender.round([...Array.from({ length: 20 }, () => ms(150)), ms(100)], ms(2), 20);
    expect(sender.w.ssthresh).toBe(NO_THRESHOLD);
    for (let i = 0; i < 2; i++) sender.round([ms(150)], ms(2), 20);
    expect(sender.told.has(causes.hystartDelay)).toBe(true);
  });

  it('looks again after a time-out only', () => {
    const sender = make();
    sender.round([ms(100)], ms(5));
    for (let i = 0; i < 4; i++) sender.round([ms(150)], ms(5));
    const { w } = sender;
    expect(w.ssthresh).toBeLessThan(NO_THRESHOLD);
    expect(cubic.watch!(w).hystart).toBe('found');
    cubic.onCongestion(w, 10, 'timeout');
    expect(cubic.watch!(w).hystart).toBe('looking');
  });
});
