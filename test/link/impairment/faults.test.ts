import { describe, expect, it } from 'vitest';
import { plainSum } from '../../support/octets.ts';
import { transportSum } from '../fake-device.ts';
import { BadPath, FLAGS, segmentBytes } from '../support/bad-path.ts';

/** Sends packets with the numbers 1 to `count`, one each `gap` ms. */
function sendMany(path: BadPath, count: number, gap = 0, length = 0): void {
  for (let seq = 1; seq <= count; seq++) {
    path.send({ seq, length });
    if (gap > 0) path.wait(gap);
  }
}

describe('delay', () => {
  it('is exact, for each direction its own', () => {
    const path = new BadPath('out: delay 20ms; in: delay 500us');
    path.send();
    path.send({ direction: 'in' });
    path.wait(100);
    expect(path.arrivals.map(({ at, direction }) => [at, direction])).toEqual([
      [0.5, 'in'],
      [20, 'out'],
    ]);
    expect(path.told).toEqual(['delayed out by delay 20ms until 20', 'delayed in by delay 500us until 0.5']);
  });

  it('leaves packets as they were, garbage included', () => {
    const path = new BadPath('delay 1ms; drop FIN; corrupt checksum of DATA 99');
    const packets = [
      segmentBytes({ length: 100 }),
      segmentBytes({ version: 6, length: 7 }),
      ...[[], [0x45], [0x60, 1, 2], [0xff, 0xff], Array<number>(20).fill(0x45), Array<number>(60).fill(0x65)].map((b) =>
        Uint8Array.from(b),
      ),
    ];
    for (const bytes of packets) path.sendBytes(bytes.slice());
    path.wait(2);
    expect(path.arrivals.map(({ bytes }) => [...bytes])).toEqual(packets.map((bytes) => [...bytes]));
  });

  it('with jitter lies between its bounds, uses all of them, and lets no packet overtake', () => {
    const path = new BadPath('out: delay 20ms jitter 5ms');
    sendMany(path, 1000, 50);
    path.wait(100);
    const delays = path.times.map((at, i) => at - i * 50);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(15);
    expect(Math.min(...delays)).toBeLessThan(15.1);
    expect(Math.max(...delays)).toBeLessThanOrEqual(25.001);
    expect(Math.max(...delays)).toBeGreaterThan(24.9);
    const mean = delays.reduce((sum, delay) => sum + delay) / delays.length;
    expect(mean).toBeCloseTo(20, 0);

    const dense = new BadPath('out: delay 20ms jitter 5ms');
    sendMany(dense, 1000, 0.1);
    dense.wait(100);
    expect(dense.seqs).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
  });
});

describe('loss', () => {
  const count = 20_000;
  /** Which of many packets are lost. */
  function lost(text: string, seed = 1): boolean[] {
    const path = new BadPath(`out: ${text}`, seed);
    sendMany(path, count);
    const arrived = new Set(path.seqs);
    const all = Array.from({ length: count }, (_, i) => !arrived.has(i + 1));
    expect(path.impairment.counters('out')).toMatchObject({ packets: count, passed: arrived.size });
    expect(path.drops()).toEqual({ Loss: count - arrived.size });
    return all;
  }
  const share = (all: readonly boolean[]): number => all.filter(Boolean).length / all.length;
  /** The mean length of a row of losses. */
  const burst = (all: readonly boolean[]): number =>
    all.filter(Boolean).length / all.filter((isLost, i) => isLost && !all[i - 1]).length;

  it('by chance is as much as asked for, and losses know nothing of each other', () => {
    const all = lost('loss 3%');
    expect(share(all)).toBeCloseTo(0.03, 2);
    expect(burst(all)).toBeCloseTo(1 / 0.97, 1);
  });

  it('in bursts has the same mean, and the length asked for', () => {
    const all = lost('loss 3% burst 4');
    expect(share(all)).toBeGreaterThan(0.027);
    expect(share(all)).toBeLessThan(0.033);
    expect(burst(all)).toBeGreaterThan(3.8);
    expect(burst(all)).toBeLessThan(4.2);
  });

  it('by Gilbert and Elliott has the mean that theory says', () => {
    // Bad for p / (p + r) = 1/11 of all packets, of which 70 % are lost; 0.1 % of the others.
    const all = lost('loss gemodel 1% 10% 70% 0.1%');
    expect(share(all)).toBeGreaterThan(0.9 * (0.7 / 11 + 0.01 / 11));
    expect(share(all)).toBeLessThan(1.1 * (0.7 / 11 + 0.01 / 11));
  });

  it('repeats with the seed, and differs with another', () => {
    expect(lost('loss 5% burst 3', 7)).toEqual(lost('loss 5% burst 3', 7));
    expect(lost('loss 5% burst 3', 7)).not.toEqual(lost('loss 5% burst 3', 8));
  });

  it('in one direction is the same whatever happens in the other', () => {
    const alone = new BadPath('loss 30%', 3);
    sendMany(alone, 200);
    const both = new BadPath('loss 30%', 3);
    for (let seq = 1; seq <= 200; seq++) {
      both.send({ seq });
      if (seq % 3 === 0) both.send({ direction: 'in' });
    }
    const outward = both.arrivals.filter(({ direction }) => direction === 'out').length;
    expect(alone.arrivals.length).toBe(outward);
  });

  it('of all packets, and of none', () => {
    const path = new BadPath('out: loss 100%; in: loss 0%');
    sendMany(path, 10);
    for (let i = 0; i < 10; i++) path.send({ direction: 'in' });
    expect(path.arrivals.length).toBe(10);
    expect(path.drops()).toEqual({ Loss: 10 });
    expect(path.told[0]).toBe('dropped out by loss 100% (Loss)');
  });

  it('marks instead, with ecn, what is ECN-capable, in both families', () => {
    const path = new BadPath('loss 100% ecn');
    path.send({ tos: 2 });
    path.send({ tos: 1, version: 6 });
    path.send({ tos: 0 });
    expect(path.arrivals.length).toBe(2);
    const [v4, v6] = path.arrivals.map(({ bytes }) => bytes) as [Uint8Array, Uint8Array];
    expect(v4[1]! & 3).toBe(3);
    expect(plainSum(v4.subarray(0, 20))).toBe(0xffff);
    expect((v6[1]! >> 4) & 3).toBe(3);
    for (const bytes of [v4, v6]) expect(transportSum(bytes)).toBe(0xffff);
    expect(path.told).toEqual([
      'marked out by loss 100% ecn',
      'marked out by loss 100% ecn',
      'dropped out by loss 100% ecn (Loss)',
    ]);
  });
});

describe('duplicate', () => {
  it('makes a second one, and each is then on its own', () => {
    const path = new BadPath('out: duplicate 100%, delay 10ms');
    path.send({ seq: 5, length: 10 });
    path.wait(20);
    expect(path.seqs).toEqual([5, 5]);
    expect(path.arrivals[0]!.bytes).toEqual(path.arrivals[1]!.bytes);
    expect(path.arrivals[0]!.bytes).not.toBe(path.arrivals[1]!.bytes);
    expect(path.impairment.counters('out')).toMatchObject({ packets: 1, duplicated: 1, passed: 2 });
  });
});

describe('reorder', () => {
  it('behind 2 lets two packets by', () => {
    const path = new BadPath('reorder 30% behind 2', 5);
    sendMany(path, 12);
    path.wait(200);
    const late = path.events.flatMap(({ action, packet }, i) => (action === 'reordered' ? [[i, packet]] : []));
    expect(late.length).toBeGreaterThan(0);
    expect([...path.seqs].sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(path.seqs).not.toEqual([...path.seqs].sort((a, b) => a - b));
  });

  it('behind more packets than come ends after 100 ms', () => {
    const path = new BadPath('out: reorder 100% behind 3, delay 10ms');
    path.send();
    path.wait(1000);
    expect(path.times).toEqual([110]);
  });

  it('by a time delays the chosen ones by it', () => {
    const path = new BadPath('out: reorder 100% by 7ms, delay 10ms');
    path.send();
    path.wait(100);
    expect(path.times).toEqual([17]);
    expect(path.told).toEqual(['reordered out by reorder 100% by 7ms until 17']);
  });
});

describe('corrupt', () => {
  it('flips exactly one bit, anywhere', () => {
    const whole = segmentBytes({ length: 40 });
    const path = new BadPath('corrupt 100%');
    for (let i = 0; i < 500; i++) path.sendBytes(whole.slice());
    const places = path.arrivals.map(({ bytes }) => {
      const flipped = [...bytes].map((octet, i) => octet ^ whole[i]!);
      const octet = flipped.findIndex((bits) => bits !== 0);
      expect(flipped.filter((bits) => bits !== 0)).toHaveLength(1);
      expect(Math.log2(flipped[octet]!) % 1).toBe(0);
      return octet * 8 + 7 - Math.log2(flipped[octet]!);
    });
    expect(path.events.map((e) => (e.action === 'corrupted' ? e.octet * 8 + e.bit : -1))).toEqual(places);
    expect(new Set(places.map((place) => place >> 3)).size).toBe(whole.length);
  });

  it('completes a checksum that was left to others before, so that it is wrong by one bit and no more', () => {
    const right = segmentBytes({ length: 40 });
    const partial = right.slice();
    partial[36] = partial[37] = 0; // never computed
    const path = new BadPath('corrupt payload of DATA');
    path.sendBytes(partial, 'in', true);
    const [{ bytes, trusted }] = path.arrivals as [(typeof path.arrivals)[0]];
    expect(trusted).toBe(false);
    expect([...bytes.subarray(0, 40)]).toEqual([...right.subarray(0, 40)]);
    expect(transportSum(bytes)).not.toBe(0xffff);
  });
});

describe('truncate', () => {
  it('cuts to the length that is given, or to a random one', () => {
    const path = new BadPath('truncate 100% to 30 bytes');
    path.send({ length: 100 });
    path.sendBytes(Uint8Array.from([1, 2, 3]));
    expect(path.arrivals.map(({ bytes }) => bytes.length)).toEqual([30, 3]);
    expect(path.impairment.counters('out').truncated).toBe(1);
    const random = new BadPath('truncate 100%');
    for (let i = 0; i < 500; i++) random.send({ length: 20 });
    const lengths = new Set(random.arrivals.map(({ bytes }) => bytes.length));
    expect([...lengths].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => 20 + i));
  });
});

describe('a path that is changed while packets are on it', () => {
  it('lets them arrive when they would have, and none overtake them', () => {
    const path = new BadPath('delay 100ms; drop FIN');
    path.send({ seq: 1 });
    path.send({ seq: 9, flags: FLAGS.F });
    path.wait(50);
    path.set('delay 10ms');
    path.send({ seq: 2 });
    path.send({ seq: 9, flags: FLAGS.F });
    path.wait(1000);
    expect(path.times).toEqual([100, 100, 100]);
    expect(path.seqs).toEqual([1, 2, 9]);
    path.send({ seq: 3 });
    path.wait(1000);
    expect(path.times.at(-1)).toBe(1060);
  });

  it('empties its queue at the new rate', () => {
    // 1,000 bytes at 1 mbit: 8 ms each.
    const path = new BadPath('rate 1mbit');
    sendMany(path, 4, 0, 960);
    path.wait(10);
    path.set('rate 10mbit queue 0');
    path.wait(100);
    expect(path.times).toEqual([8, 10.8, 11.6, 12.4]);
    path.set('');
    path.send({ seq: 5 });
    expect(path.times.at(-1)).toBe(110);
  });

  it('and cleared, hands over everything with the next advance, in its order', () => {
    const path = new BadPath('out: delay 1s, rate 1mbit; hold FIN 60s; hold RST behind 9');
    sendMany(path, 3, 0, 960);
    path.send({ seq: 8, flags: FLAGS.R });
    path.send({ seq: 9, flags: FLAGS.F });
    path.wait(9);
    path.clear();
    expect(path.arrivals).toEqual([]);
    path.send({ seq: 10 });
    path.wait(0);
    expect(path.seqs).toEqual([1, 2, 3, 8, 9, 10]);
    expect(path.times.every((at) => at === 9)).toBe(true);
    expect(path.impairment.isEmpty).toBe(true);
    expect(path.impairment.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('what is held back', () => {
  it('is bounded: beyond it packets are dropped, with a reason', () => {
    const path = new BadPath('out: delay 1min');
    const long = new Uint8Array(65_000);
    for (let i = 0; i < 1100; i++) path.sendBytes(long.slice());
    const { TooMuchHeld = 0 } = path.drops();
    expect(TooMuchHeld).toBe(1100 - Math.floor((64 * 1024 * 1024) / 65_256));
    path.wait(60_000);
    expect(path.arrivals.length).toBe(1100 - TooMuchHeld);
    expect(path.impairment.isEmpty).toBe(true);
  });
});
